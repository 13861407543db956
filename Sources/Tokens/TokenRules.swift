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
    /// In seconds; nil for any time.
    private let longest: Double?

    /// The range of a time in a token, in seconds since 1970: what a double holds to the second.
    static let times: ClosedRange<Double> = 0...9_007_199_254_740_992

    init(_ restriction: TokenRestriction, now: Date) {
        issuer = restriction.issuer
        audience = restriction.audience
        self.now = now.timeIntervalSince1970
        skew = Double(max(restriction.clockSkew, 0))
        longest = restriction.maximumLifetime.map(Double.init)
    }

    /// The issuer as the token names it (RFC 7519, 4.1.1): byte for byte the policy's, which may not be empty.
    func checkIssuer(_ claimed: String?) throws(TokenRejection) -> String {
        guard let claimed, !issuer.isEmpty, claimed.isExactly(issuer) else { throw .issuerMismatch }
        return claimed
    }

    /// The audiences that the token names (RFC 7519, 4.1.3): one is byte for byte the policy's.
    func checkAudience(_ claimed: [String]) throws(TokenRejection) {
        guard !audience.isEmpty, claimed.contains(where: { $0.isExactly(audience) }) else {
            throw .audienceMismatch
        }
    }

    /// The issuer of a discovery document must be the policy's, so that no other issuer's keys verify its tokens (OpenID
    /// Connect Discovery 1.0, 4.3). One with a place for a tenant is a form for many, of which the policy names one.
    static func publishes(_ publisher: String?, _ issuer: String) -> Bool {
        guard let publisher else { return true }
        if publisher.isExactly(issuer) { return true }
        let parts = publisher.components(separatedBy: "{tenantid}")
        guard parts.count == 2, issuer.utf8.count > parts[0].utf8.count + parts[1].utf8.count,
            issuer.utf8.starts(with: parts[0].utf8), issuer.utf8.reversed().starts(with: parts[1].utf8.reversed())
        else { return false }
        let tenant = issuer.utf8.dropFirst(parts[0].utf8.count).dropLast(parts[1].utf8.count)
        return !tenant.contains(UInt8(ascii: "/"))
    }

    /// The period of validity (RFC 7519, 4.1.4 to 4.1.6): from `notBefore` until just before `expires`, wider on both
    /// sides by the clock skew, and no longer than the policy allows.
    func checkTimes(_ times: TokenTimes) throws(TokenRejection) {
        guard now < times.expires + skew else { throw .expired }
        if let notBefore = times.notBefore, now < notBefore - skew { throw .notYetValid }
        guard let longest else { return }
        // What says when it was issued may not put that off into the future.
        guard times.expires <= min(now, times.issued ?? now) + longest + skew else { throw .livesTooLong }
    }
}

/// A token's times, in seconds since 1970.
struct TokenTimes: Sendable, Hashable {
    var expires: Double
    var notBefore: Double?
    var issued: Double?

    /// - Throws: when it does not say when it expires, or not within the range of times.
    init(expires: Double?, notBefore: Double? = nil, issued: Double? = nil) throws(TokenRejection) {
        guard let expires, TokenRules.times.contains(expires) else { throw .expiryMissing }
        self.expires = expires
        self.notBefore = notBefore
        self.issued = issued
    }
}
