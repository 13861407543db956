/// Where an issuer publishes the keys that verify its tokens.
public struct KeySetLocation: Sendable, Hashable, Codable {
    /// What is found there.
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        /// A JWK Set (RFC 7517, 5).
        case keySet = "jwks"
        /// A discovery document (OpenID Connect Discovery 1.0, 3) that names one.
        case discovery = "openid"
    }

    public var kind: Kind
    /// `https://…`; on this machine alone also `http://`.
    @Exact public var url: String

    public init(_ kind: Kind, url: String) {
        self.kind = kind
        self.url = url
    }
}

extension TokenRestriction {
    /// Where its issuers publish keys.
    public var publishedKeySets: [KeySetLocation] {
        verificationKeys.compactMap { key in
            if case .published(let location) = key.source { location } else { nil }
        }
    }
}
