import Policies

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a restriction asks of any kind of token once its signature holds.
struct TokenRules {
    private let issuer: String
    private let audience: String
    /// In seconds since 1970.
    private let now: Double
    /// In seconds, never negative.
    private let skew: Double

    /// The range of a time in a token, in seconds since 1970: what a double holds to the second.
    static let times: ClosedRange<Double> = 0...9_007_199_254_740_992

    init(_ restriction: TokenRestriction, now: Date) {
        issuer = restriction.issuer
        audience = restriction.audience
        self.now = now.timeIntervalSince1970
        skew = Double(max(restriction.clockSkew, 0))
    }

    /// The issuer as the token names it (RFC 7519, 4.1.1): byte for byte the policy's, which may not be empty.
    func checkIssuer(_ claimed: String?) throws(TokenRejection) -> String {
        guard let claimed, !issuer.isEmpty, claimed.utf8.elementsEqual(issuer.utf8) else { throw .issuerMismatch }
        return claimed
    }

    /// The audiences that the token names (RFC 7519, 4.1.3): one is byte for byte the policy's.
    func checkAudience(_ claimed: [String]) throws(TokenRejection) {
        guard !audience.isEmpty, claimed.contains(where: { $0.utf8.elementsEqual(audience.utf8) }) else {
            throw .audienceMismatch
        }
    }

    /// The period of validity (RFC 7519, 4.1.4 and 4.1.5), in seconds since 1970: from `notBefore` until just before
    /// `expires`, wider on both sides by the clock skew.
    func checkTime(expires: Double?, notBefore: Double?) throws(TokenRejection) -> Date {
        guard let expires, Self.times.contains(expires) else { throw .expiryMissing }
        guard now < expires + skew else { throw .expired }
        if let notBefore, now < notBefore - skew { throw .notYetValid }
        return Date(timeIntervalSince1970: expires)
    }
}
