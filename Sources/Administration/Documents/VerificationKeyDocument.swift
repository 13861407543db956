import Policies

/// One item of `verificationKeys`: where the key is, and the only algorithms that it may verify.
extension DocumentNode {
    func verificationKey(kind: TokenKind?, _ references: inout [DocumentReference]) -> VerificationKey? {
        let known = ["pem", "secret", "jwks", "openid", "algorithms"]
        guard let fields = DocumentFields(self, of: "a verification key", known: known) else { return nil }
        for field in ["jwks", "openid"] {
            fields[field]?.report("'\(field)' is not available in this version: name a 'pem' file or a 'secret'")
        }
        let sources = known.dropLast().compactMap { fields[$0] }
        guard sources.count == 1 else {
            report(
                sources.isEmpty ? "a verification key needs 'pem' or 'secret'" : "a verification key has one source")
            return nil
        }
        let algorithms = fields.algorithms(kind: kind)
        if let node = fields["secret"] { return node.secretKey(algorithms, &references) }
        if let node = fields["pem"] { return node.publicKey(algorithms, kind: kind) }
        return nil
    }

    /// `{ secret: NAME, algorithms: [HS256] }`.
    private func secretKey(
        _ algorithms: Set<SignatureAlgorithm>?, _ references: inout [DocumentReference]
    ) -> VerificationKey? {
        guard let name = name("secret") else { return nil }
        references.append(DocumentReference(.secret, name, at: position))
        guard let algorithms else { return nil }
        for algorithm in algorithms.sorted(by: { $0.rawValue < $1.rawValue }) where algorithm != .hs256 {
            report("\(algorithm.rawValue) verifies with a public key, not with a secret: a secret goes with HS256")
        }
        return VerificationKey(source: .secret(name), algorithms: algorithms)
    }

    /// `{ pem: PATH, algorithms: [RS256] }`.
    private func publicKey(_ algorithms: Set<SignatureAlgorithm>?, kind: TokenKind?) -> VerificationKey? {
        if kind == .swt {
            report("a token of type 'swt' is signed with a secret, not with a public key")
            return nil
        }
        guard let key = pem(), let algorithms else { return nil }
        for algorithm in algorithms.sorted(by: { $0.rawValue < $1.rawValue }) {
            switch (algorithm, key.algorithm) {
            case (.rs256, .rs256), (.es256, .es256): break
            case (.hs256, _):
                report("HS256 is keyed with a secret: under a public key everyone could sign")
            default:
                report("\(algorithm.rawValue) does not go with \(key.algorithm == .rs256 ? "an RSA" : "a P-256") key")
            }
        }
        return VerificationKey(source: .pem(key.text), algorithms: algorithms)
    }

    /// A path, or the PEM block itself.
    private func pem() -> PublicKeyPEM? {
        if let block = scalarText, block.hasPrefix("-----BEGIN ") {
            guard block.utf8.count <= PublicKeyFile.maximumSize else {
                report("'pem' is larger than \(PublicKeyFile.maximumSize >> 10) KiB")
                return nil
            }
            return publicKey("'pem'") { () throws(PublicKeyError) in block }
        }
        guard let path = text("pem") else { return nil }
        return publicKey("'pem' \(path.quoted)") { () throws(PublicKeyError) in try scope.publicKeys.read(path) }
    }

    private func publicKey(_ what: String, _ text: () throws(PublicKeyError) -> String) -> PublicKeyPEM? {
        do throws(PublicKeyError) {
            return try PublicKeyPEM(text: text())
        } catch {
            report("\(what) \(error.reason)")
            return nil
        }
    }
}

extension DocumentFields {
    /// Algorithms of the standards that this version has no verifier for.
    private static let unavailable = [
        "HS384", "HS512", "RS384", "RS512", "PS256", "PS384", "PS512", "ES384", "ES512", "ES256K", "EdDSA",
    ]

    /// SWT knows one algorithm, so it may go unsaid there.
    fileprivate func algorithms(kind: TokenKind?) -> Set<SignatureAlgorithm>? {
        guard let node = self["algorithms"] else {
            if kind == .swt { return [.hs256] }
            report("a verification key needs the field 'algorithms'")
            return nil
        }
        return node.choices(SignatureAlgorithm.self, "algorithms", unavailable: Self.unavailable)
    }
}
