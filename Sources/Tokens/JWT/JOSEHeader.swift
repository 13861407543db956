import Policies

/// The header of a JWS (RFC 7515, 4): it says which algorithm the token claims and may name a key, but not bring one nor
/// change what is signed.
struct JOSEHeader {
    let algorithm: SignatureAlgorithm
    /// `kid` (4.1.4): which of the keys that the issuer publishes; it never leads to a key from elsewhere. The names of
    /// certificates, `x5t` and `x5t#S256` (4.1.7, 4.1.8), which some issuers write as well, are not looked at.
    let keyID: String?

    /// Parameters that bring a key or say where to get one (RFC 7515, 4.1.2, 4.1.3, 4.1.5, 4.1.6), that must be
    /// understood (4.1.11; RFC 7797), or that belong to encryption (RFC 7516, 4.1).
    private static let refused: Set<String> = ["jwk", "jku", "x5u", "x5c", "crit", "b64", "zip", "enc"]
    /// In bytes.
    private static let longestKeyID = 1024

    /// `typ` values of a JWT (RFC 7519, 5.1; RFC 9068, 2.1), in lower case and without `application/`.
    private static let types: Set<String> = ["jwt", "at+jwt"]

    init(_ bytes: [UInt8]) throws(TokenRejection) {
        guard let members = try? JSONReader.read(bytes).members else { throw .malformed }
        let names = members.keys
        guard !names.contains(where: Self.refused.contains) else {
            throw .headerParameterNotAllowed
        }
        // RFC 8725, 3.1: letter case counts, so that `nOnE` and `hs256` are no algorithms either.
        guard let algorithm = members["alg"]?.string.flatMap(SignatureAlgorithm.init) else {
            throw .algorithmNotAllowed
        }
        guard Self.isTokenType(members["typ"]) else { throw .malformed }
        keyID = members["kid"]?.string
        guard members["kid"] == nil || keyID.map({ $0.utf8.count <= Self.longestKeyID }) == true else {
            throw .malformed
        }
        self.algorithm = algorithm
    }

    private static func isTokenType(_ value: JSONValue?) -> Bool {
        guard let value else { return true }
        guard let text = value.string?.lowercased() else { return false }
        let prefix = "application/"
        return types.contains(text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text)
    }
}
