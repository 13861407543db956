/// Signature algorithms (RFC 7518, 3.1; RFC 8037, 3.1). An algorithm belongs to a verification key, never to a token.
public enum SignatureAlgorithm: String, Sendable, Hashable, Codable, CaseIterable {
    case hs256 = "HS256"
    case hs384 = "HS384"
    case hs512 = "HS512"
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
    case ps256 = "PS256"
    case ps384 = "PS384"
    case ps512 = "PS512"
    case es256 = "ES256"
    case es384 = "ES384"
    case es512 = "ES512"
    /// Of EdDSA's curves, Ed25519.
    case edDSA = "EdDSA"

    /// What kind of key an algorithm takes.
    public enum KeyKind: Sendable, Hashable, CaseIterable {
        /// Held by who issues and who verifies.
        case secret
        case rsa
        case p256
        case p384
        case p521
        case ed25519
    }

    /// The only kind of key that verifies this algorithm.
    public var keyKind: KeyKind {
        switch self {
        case .hs256, .hs384, .hs512: .secret
        case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512: .rsa
        case .es256: .p256
        case .es384: .p384
        case .es512: .p521
        case .edDSA: .ed25519
        }
    }
}

extension SignatureAlgorithm.KeyKind {
    /// Every algorithm that such a key can verify.
    public var algorithms: Set<SignatureAlgorithm> {
        Set(SignatureAlgorithm.allCases.filter { $0.keyKind == self })
    }

    /// What such a key is for when nothing else is said.
    public var usualAlgorithm: SignatureAlgorithm {
        switch self {
        case .secret: .hs256
        case .rsa: .rs256
        case .p256: .es256
        case .p384: .es384
        case .p521: .es512
        case .ed25519: .edDSA
        }
    }
}
