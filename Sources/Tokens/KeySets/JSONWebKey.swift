public import Cryptography
public import Policies

/// The public half of a JSON Web Key (RFC 7517; RFC 7518, 6; RFC 8037, 2).
public enum JSONWebKey {
    /// Members that only a private or a symmetric key has.
    public static let secretMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"]

    /// - Parameter member: the text of a member; nil when it is not there or no text.
    /// - Throws: for a key of another kind or curve, numbers that are not base64url without padding, and weak keys. Names
    ///   members, never their values.
    public static func publicKey(_ member: (String) -> String?) throws(KeySetError) -> PublicKey {
        func number(_ name: String) throws(KeySetError) -> [UInt8] {
            guard let text = member(name), let bytes = Base64.decode(text.utf8, .urlUnpadded) else {
                throw KeySetError("'\(name)' is not base64url")
            }
            return bytes
        }
        switch member("kty") {
        case "RSA":
            let (modulus, exponent) = (try number("n"), try number("e"))
            return try usable { () throws(CryptographyError) in
                try PublicKey(rsaModulus: modulus, exponent: exponent)
            }
        case "EC":
            let curves: [String: PublicKey.Kind] = ["P-256": .ecP256, "P-384": .ecP384, "P-521": .ecP521]
            guard let curve = member("crv").flatMap({ curves[$0] }) else {
                throw KeySetError("'crv' is none of P-256, P-384, P-521")
            }
            let (x, y) = (try number("x"), try number("y"))
            return try usable { () throws(CryptographyError) in try PublicKey(curve: curve, x: x, y: y) }
        case "OKP":
            guard member("crv") == "Ed25519" else { throw KeySetError("'crv' is not Ed25519") }
            let x = try number("x")
            return try usable { () throws(CryptographyError) in try PublicKey(ed25519: x) }
        default: throw KeySetError("'kty' is none of RSA, EC, OKP")
        }
    }

    private static func usable(_ key: () throws(CryptographyError) -> PublicKey) throws(KeySetError) -> PublicKey {
        do { return try key() } catch {
            throw KeySetError("cannot be used: \(error.operation.replacing("public key: ", with: ""))")
        }
    }
}

extension PublicKey.Kind {
    /// The kind as policies name it.
    public var algorithmKind: SignatureAlgorithm.KeyKind {
        switch self {
        case .rsa: .rsa
        case .ecP256: .p256
        case .ecP384: .p384
        case .ecP521: .p521
        case .ed25519: .ed25519
        }
    }
}
