/// How a public key verifies a signature.
public enum SignatureScheme: Sendable, Hashable {
    /// RSASSA-PKCS1-v1_5 (RFC 8017, 8.2).
    case rsaPKCS1(HashAlgorithm)
    /// RSASSA-PSS with MGF1 of the same hash and a salt as long as its digest (RFC 8017, 8.1; RFC 7518, 3.5).
    case rsaPSS(HashAlgorithm)
    /// ECDSA on the curve that goes with the hash: P-256, P-384, P-521 (FIPS 186-5; RFC 7518, 3.4). The signature is
    /// r ‖ s, each as long as the curve's numbers.
    case ecdsa(HashAlgorithm)
    /// Ed25519 (RFC 8032, 5.1).
    case ed25519

    /// The only kind of key that can verify it.
    public var keyKind: PublicKey.Kind {
        switch self {
        case .rsaPKCS1, .rsaPSS: .rsa
        case .ecdsa(.sha256): .ecP256
        case .ecdsa(.sha384): .ecP384
        case .ecdsa(.sha512): .ecP521
        case .ed25519: .ed25519
        }
    }
}
