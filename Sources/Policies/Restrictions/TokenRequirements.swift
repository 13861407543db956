import ContentKeys
import Foundation

/// What a token that verifies gives under a restriction.
enum TokenCheck {
    /// The claims are met; the limit of uses, nil for none.
    case holds(UseLimit?)
    case fails(DenialReason)
}

extension TokenRestriction {
    /// Holds a verified token against the claims and the limit of uses.
    func check(_ token: VerifiedToken, for keyID: KeyID, at now: Date) -> TokenCheck {
        for required in requiredClaims {
            if let reason = required.refusal(of: token, for: keyID) { return .fails(reason) }
        }
        return limit(of: token, at: now)
    }

    private func limit(of token: VerifiedToken, at now: Date) -> TokenCheck {
        var maximum = maximumUses
        var unusedBefore: Date?
        if let values = token.values(of: RequiredClaim.azureMaximumUses) {
            guard let claimed = UseLimit.parse(values) else {
                return .fails(DenialReason(.useLimitInvalid, detail: RequiredClaim.azureMaximumUses))
            }
            // Azure Media Services, token replay prevention: such a token lives at most one hour.
            guard token.expires <= now.addingTimeInterval(UseLimit.longestLife) else {
                return .fails(DenialReason(.useLimitInvalid, detail: "the token lives longer than an hour"))
            }
            maximum = min(maximum ?? claimed, claimed)
            unusedBefore = token.expires.addingTimeInterval(-UseLimit.longestLife)
        }
        guard let maximum else { return .holds(nil) }
        guard maximum > 0, !token.identity.isEmpty else {
            return .fails(DenialReason(.useLimitInvalid, detail: "maximumUses"))
        }
        // Not before the token's last moment, which the verifier sees later by the skew.
        let forgotten = token.expires.addingTimeInterval(TimeInterval(max(clockSkew, 0)))
        return .holds(
            UseLimit(
                tokenIdentity: token.identity, maximum: maximum, expires: forgotten,
                unusedBefore: UseLimit.later(issue(of: token), unusedBefore)))
    }

    /// The earliest time at which this restriction can have held for the token: when it was issued, or when it had no longer
    /// left than a token may live.
    private func issue(of token: VerifiedToken) -> Date? {
        let skew = TimeInterval(max(clockSkew, 0))
        let issued = token.kind == .jwt ? token.values(of: "iat")?.first.flatMap(Double.init) : nil
        let life = maximumLifetime.map { token.expires.addingTimeInterval(-TimeInterval($0) - skew) }
        return UseLimit.later(issued.map { Date(timeIntervalSince1970: $0 - skew) }, life)
    }
}

extension UseLimit {
    /// In seconds: how long a token that limits its own uses may have left.
    static let longestLife: TimeInterval = 3600

    /// Both limits in one: the smaller count, remembered for the longer time.
    func joined(with other: UseLimit?) -> UseLimit {
        guard let other else { return self }
        return UseLimit(
            tokenIdentity: tokenIdentity, maximum: min(maximum, other.maximum), expires: max(expires, other.expires),
            unusedBefore: Self.later(unusedBefore, other.unusedBefore))
    }

    /// The limits of grants for one request, as they are counted: once, up to the largest, each grant then held against its
    /// own. What one of them may have counted before, all may.
    public static func counted(_ limits: [UseLimit]) -> UseLimit? {
        guard var all = limits.first else { return nil }
        for limit in limits.dropFirst() {
            let known = [all.unusedBefore, limit.unusedBefore].compactMap(\.self)
            all = UseLimit(
                tokenIdentity: all.tokenIdentity, maximum: max(all.maximum, limit.maximum),
                expires: max(all.expires, limit.expires), unusedBefore: known.count == 2 ? known.min() : nil)
        }
        return all
    }

    /// The later of two times, of which either may be unknown.
    static func later(_ left: Date?, _ right: Date?) -> Date? {
        guard let left, let right else { return left ?? right }
        return max(left, right)
    }

    /// One positive decimal integer, written as a string or a number.
    static func parse(_ values: [String]) -> Int? {
        guard values.count == 1, let text = values.first, text.utf8.count <= 18,
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = Int(text), value > 0
        else { return nil }
        return value
    }
}

extension RequiredClaim {
    /// Why a token does not meet the claim; nil when it does. Names the claim, never a value.
    func refusal(of token: VerifiedToken, for keyID: KeyID) -> DenialReason? {
        guard let values = token.values(of: name) else { return DenialReason(.claimMissing, detail: name) }
        let meets =
            switch expectation {
            case .equals(let expected): values.contains { $0.isExactly(expected) }
            case .oneOf(let expected):
                values.contains { value in expected.contains { $0.isExactly(value) } }
            case .present: !values.isEmpty
            case .requestedKeyID: values.contains { KeyID($0) == keyID }
            }
        return meets ? nil : DenialReason(.claimMismatch, detail: name)
    }
}

extension VerifiedToken {
    /// A claim's values by its exact name: `String` equality would also take names that Unicode calls equivalent.
    func values(of name: String) -> [String]? {
        guard let position = claims.index(forKey: name), claims[position].key.isExactly(name) else {
            return nil
        }
        return claims[position].value
    }
}
