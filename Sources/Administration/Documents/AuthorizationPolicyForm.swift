public import Policies

/// An authorization policy as a document declares it: what is shown, and what can be put back.
public struct AuthorizationPolicyForm: Codable, Sendable, Hashable {
    public struct Option: Codable, Sendable, Hashable {
        public var name: String
        public var delivery: [String]
        public var restrictions: [Restriction]
        /// False where it is; left out where it is not.
        public var enabled: Bool?
        public var notBefore: String?
        public var notAfter: String?
    }

    /// Exactly one member is there.
    public struct Restriction: Codable, Sendable, Hashable {
        public struct Open: Codable, Sendable, Hashable {}
        public struct Addresses: Codable, Sendable, Hashable {
            public var allow: [String]
            public var deny: [String]?
        }
        public struct Unknown: Codable, Sendable, Hashable {
            public var kind: String
        }
        public var open: Open?
        public var ip: Addresses?
        public var token: Token?
        /// Written by a newer version: it denies here.
        public var unknown: Unknown?
    }

    public struct Token: Codable, Sendable, Hashable {
        public var type: String
        public var issuer: String
        public var audience: String
        public var verificationKeys: [Key]
        public var requiredClaims: [String: Claim]?
        public var maxUses: Int?
        public var maxLifetime: String?
        public var clockSkew: String
    }

    /// A text, a list of texts, or `{"present":true}`.
    public enum Claim: Codable, Sendable, Hashable {
        case value(String)
        case oneOf([String])
        case present

        private struct Presence: Codable {
            var present: Bool
        }

        public init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                self = .value(text)
            } else if let texts = try? container.decode([String].self) {
                self = .oneOf(texts)
            } else {
                _ = try container.decode(Presence.self)
                self = .present
            }
        }

        public func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .value(let text): try container.encode(text)
            case .oneOf(let texts): try container.encode(texts)
            case .present: try container.encode(Presence(present: true))
            }
        }
    }

    public struct Key: Codable, Sendable, Hashable {
        /// The PEM block itself.
        public var pem: String?
        public var secret: String?
        public var jwks: String?
        public var openid: String?
        /// Left out where each published key says its own.
        public var algorithms: [String]?
    }

    public var kind: String
    public var name: String
    public var options: [Option]
    /// False where it is; left out where it is not.
    public var enabled: Bool?
    public var notBefore: String?
    public var notAfter: String?

    public init(_ policy: AuthorizationPolicy) {
        kind = Document.Kind.authorizationPolicy.rawValue
        name = policy.name
        options = policy.options.map { option in
            Option(
                name: option.name, delivery: option.delivery.map(\.rawValue).sorted(),
                restrictions: option.restrictions.map(Restriction.init),
                enabled: option.availability.isEnabled ? nil : false,
                notBefore: option.availability.notBefore?.documentText,
                notAfter: option.availability.notAfter?.documentText)
        }
        enabled = policy.availability.isEnabled ? nil : false
        notBefore = policy.availability.notBefore?.documentText
        notAfter = policy.availability.notAfter?.documentText
    }
}

extension AuthorizationPolicyForm.Restriction {
    fileprivate init(_ restriction: Restriction) {
        switch restriction {
        case .open: open = Open()
        case .ip(let addresses):
            ip = Addresses(
                allow: addresses.allow.map(\.description),
                deny: addresses.deny.isEmpty ? nil : addresses.deny.map(\.description))
        case .token(let restriction): token = AuthorizationPolicyForm.Token(restriction)
        case .unknown(let kind): unknown = Unknown(kind: kind)
        }
    }
}

extension AuthorizationPolicyForm.Token {
    fileprivate init(_ restriction: TokenRestriction) {
        type = restriction.kind.rawValue
        issuer = restriction.issuer
        audience = restriction.audience
        verificationKeys = restriction.verificationKeys.map(AuthorizationPolicyForm.Key.init)
        let claims = restriction.requiredClaims.map { claim -> (String, AuthorizationPolicyForm.Claim) in
            switch claim.expectation {
            case .equals(let value): (claim.name, .value(value))
            case .oneOf(let values): (claim.name, .oneOf(values))
            case .present: (claim.name, .present)
            case .requestedKeyID: (claim.name, .value("{kid}"))
            }
        }
        requiredClaims = claims.isEmpty ? nil : Dictionary(claims) { first, _ in first }
        maxUses = restriction.maximumUses
        maxLifetime = restriction.maximumLifetime.map(DurationText.text)
        clockSkew = DurationText.text(restriction.clockSkew)
    }
}

extension AuthorizationPolicyForm.Key {
    fileprivate init(_ key: VerificationKey) {
        switch key.source {
        case .pem(let text): pem = text
        case .secret(let name): secret = name
        case .published(let location):
            switch location.kind {
            case .keySet: jwks = location.url
            case .discovery: openid = location.url
            }
        }
        algorithms = key.algorithms.isEmpty ? nil : key.algorithms.map(\.rawValue).sorted()
    }
}
