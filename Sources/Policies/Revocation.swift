/// What can be taken back although its signature and time are good.
public enum RevokedThing: Sendable, Hashable {
    /// One token, by `VerifiedToken.identity`.
    case token(identity: [UInt8])
    /// Tokens with this `jti`, of one issuer or of any.
    case tokenID(String, issuer: String?)
    /// Tokens of this subject (`sub`), of one issuer or of any.
    case subject(String, issuer: String?)
    /// Tokens that this key verifies: a public key's SHA-256 fingerprint.
    case key(fingerprint: [UInt8])
    /// Tokens that the key verifies which an issuer publishes under this `kid`, of one issuer or of any.
    case keyID(String, issuer: String?)
}

extension RevokedThing {
    public static func == (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.token(let left), .token(let right)), (.key(let left), .key(let right)): left == right
        case (.tokenID(let left, let issuer), .tokenID(let right, let other)),
            (.subject(let left, let issuer), .subject(let right, let other)),
            (.keyID(let left, let issuer), .keyID(let right, let other)):
            left.isExactly(right) && issuer.isExactly(other)
        case (.token, _), (.tokenID, _), (.subject, _), (.key, _), (.keyID, _): false
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .token(let bytes), .key(let bytes): hasher.combine(bytes)
        case .tokenID(let name, let issuer), .subject(let name, let issuer), .keyID(let name, let issuer):
            name.hashExactly(into: &hasher)
            issuer.hashExactly(into: &hasher)
        }
    }
}

/// Knows what was revoked, by every process on the same catalog within a second.
public protocol RevocationSource: Sendable {
    /// Whether any of these was revoked; nil when that cannot be told, which counts as revoked.
    func isAnyRevoked(_ things: () -> [RevokedThing]) -> Bool?
}

/// Nothing was revoked: for tests, and for evaluations that hold no token.
public struct NoRevocations: RevocationSource {
    public init() {}
    public func isAnyRevoked(_ things: () -> [RevokedThing]) -> Bool? { false }
}

extension VerifiedToken {
    /// Everything by which this token can have been revoked.
    var revocableThings: [RevokedThing] {
        var things: [RevokedThing] = [.token(identity: identity)]
        if let fingerprint = signer.fingerprint { things.append(.key(fingerprint: fingerprint)) }
        for issuer in [issuer, nil] {
            if let tokenID { things.append(.tokenID(tokenID, issuer: issuer)) }
            if let subject { things.append(.subject(subject, issuer: issuer)) }
            if let keyID = signer.keyID { things.append(.keyID(keyID, issuer: issuer)) }
        }
        return things
    }

    /// Why the token is not to be taken any more; nil when it is.
    func refusal(by revocations: any RevocationSource) -> DenialReason? {
        switch revocations.isAnyRevoked({ revocableThings }) {
        case false?: nil
        case true?: DenialReason(.tokenRevoked)
        case nil: DenialReason(.tokenRevoked, detail: "not known: the catalog cannot be read")
        }
    }
}
