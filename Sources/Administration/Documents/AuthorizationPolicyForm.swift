public import Policies

/// An authorization policy as a document declares it: what is shown, and what can be put back.
public struct AuthorizationPolicyForm: Codable, Sendable, Hashable {
    public struct Option: Codable, Sendable, Hashable {
        public var name: String
        public var delivery: [String]
        public var restrictions: [Restriction]
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
        public var requiredClaims: [String: String]?
        public var maxUses: Int?
        public var clockSkew: String
    }

    public struct Key: Codable, Sendable, Hashable {
        /// The PEM block itself.
        public var pem: String?
        public var secret: String?
        public var algorithms: [String]
    }

    public var kind: String
    public var name: String
    public var options: [Option]

    public init(_ policy: AuthorizationPolicy) {
        kind = Document.Kind.authorizationPolicy.rawValue
        name = policy.name
        options = policy.options.map { option in
            Option(
                name: option.name, delivery: option.delivery.map(\.rawValue).sorted(),
                restrictions: option.restrictions.map(Restriction.init))
        }
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
        let claims = restriction.requiredClaims.map { claim -> (String, String) in
            switch claim.expectation {
            case .equals(let value): (claim.name, value)
            case .requestedKeyID: (claim.name, "{kid}")
            }
        }
        requiredClaims = claims.isEmpty ? nil : Dictionary(claims) { first, _ in first }
        maxUses = restriction.maximumUses
        clockSkew = DurationText.text(restriction.clockSkew)
    }
}

extension AuthorizationPolicyForm.Key {
    fileprivate init(_ key: VerificationKey) {
        switch key.source {
        case .pem(let text): pem = text
        case .secret(let name): secret = name
        }
        algorithms = key.algorithms.map(\.rawValue).sorted()
    }
}
