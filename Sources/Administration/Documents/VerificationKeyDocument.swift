import Cryptography
import Foundation
import Policies
import Tokens

/// One item of `verificationKeys`: where the key is, and the only algorithms that it may verify.
extension DocumentNode {
    private static let sources = ["pem", "rsa", "jwk", "secret", "jwks", "openid"]

    func verificationKey(kind: TokenKind?, _ references: inout [DocumentReference]) -> VerificationKey? {
        let known = Self.sources + ["algorithms"]
        guard let fields = DocumentFields(self, of: "a verification key", known: known) else { return nil }
        let sources = Self.sources.filter { fields[$0] != nil }
        guard let source = sources.first, let node = fields[source], sources.count == 1 else {
            let names = Self.sources.map { "'\($0)'" }.joined(separator: ", ")
            report(
                sources.isEmpty ? "a verification key needs one of \(names)" : "a verification key has one source")
            return nil
        }
        if kind == .swt, source != "secret" {
            node.report("a token of type 'swt' is signed with a secret, not with a public key")
            return nil
        }
        switch source {
        case "secret": return node.secretKey(fields.algorithms(kind: kind), &references)
        case "pem": return node.publicKey(fields.algorithms(kind: kind), node.pem())
        case "rsa": return node.publicKey(fields.algorithms(kind: kind), node.rsaNumbers())
        case "jwk": return node.publicKey(fields.algorithms(kind: kind), node.webKey())
        default: return node.publishedKeys(source, fields["algorithms"])
        }
    }

    /// `{ secret: NAME, algorithms: [HS256] }`.
    private func secretKey(
        _ algorithms: Set<SignatureAlgorithm>?, _ references: inout [DocumentReference]
    ) -> VerificationKey? {
        guard let name = name("secret") else { return nil }
        references.append(DocumentReference(.secret, name, at: position))
        guard let algorithms else { return nil }
        for algorithm in algorithms.inOrder where algorithm.keyKind != .secret {
            report(
                "\(algorithm.rawValue) verifies with a public key, not with a secret: a secret goes with HS256, HS384 "
                    + "or HS512")
        }
        return VerificationKey(source: .secret(name), algorithms: algorithms)
    }

    /// `{ pem: PATH, algorithms: [RS256] }`, and the same key in its other forms.
    private func publicKey(_ algorithms: Set<SignatureAlgorithm>?, _ key: PublicKeyPEM?) -> VerificationKey? {
        guard let key, let algorithms else { return nil }
        for algorithm in algorithms.inOrder where algorithm.keyKind != key.kind {
            if algorithm.keyKind == .secret {
                report("\(algorithm.rawValue) is keyed with a secret: under a public key everyone could sign")
            } else {
                report("\(algorithm.rawValue) does not go with \(key.kind.words)")
            }
        }
        return VerificationKey(source: .pem(key.text), algorithms: algorithms)
    }

    /// `{ jwks: URL }` and `{ openid: URL }`: each published key says its algorithm, unless the policy does.
    private func publishedKeys(_ source: String, _ algorithms: DocumentNode?) -> VerificationKey? {
        var allowed: Set<SignatureAlgorithm> = []
        if let algorithms {
            allowed = algorithms.choices(SignatureAlgorithm.self, "algorithms") ?? []
            for algorithm in allowed.inOrder where algorithm.keyKind == .secret {
                algorithms.report("\(algorithm.rawValue) is keyed with a secret: published keys are public")
            }
        }
        guard let kind = KeySetLocation.Kind(rawValue: source), let text = text(source) else { return nil }
        do throws(KeySetAddress.Problem) {
            let address = try KeySetAddress(text)
            if let hosts = scope.keySetHosts, !address.isAllowed(by: hosts) {
                report(
                    "'\(source)': \(address.host) may not be asked for keys: add it to 'keySets.hosts' of the "
                        + "configuration (there is \(hosts.isEmpty ? "none" : hosts.joined(separator: ", ")))")
            }
            return VerificationKey(
                source: .published(KeySetLocation(kind, url: address.description)), algorithms: allowed)
        } catch {
            report("'\(source)' \(error.reason)")
            return nil
        }
    }

    /// `{ rsa: { modulus: BASE64, exponent: BASE64 } }`, as Azure Media Services writes RSA keys.
    private func rsaNumbers() -> PublicKeyPEM? {
        guard let fields = DocumentFields(self, of: "'rsa'", known: ["modulus", "exponent"]) else { return nil }
        guard let modulus = fields.required("modulus")?.base64("modulus"),
            let exponent = fields.required("exponent")?.base64("exponent")
        else { return nil }
        return publicKey("'rsa'") { () throws(PublicKeyError) in
            try PublicKeyPEM { () throws(CryptographyError) in
                try PublicKey(rsaModulus: modulus, exponent: exponent)
            }
        }
    }

    /// `{ jwk: { kty: EC, crv: P-256, x: …, y: … } }` (RFC 7517). Names and uses are taken from the policy alone.
    private func webKey() -> PublicKeyPEM? {
        let known = ["kty", "n", "e", "crv", "x", "y", "kid", "alg", "use", "key_ops", "x5t", "x5t#S256", "x5c"]
        let secret = JSONWebKey.secretMembers
        guard let fields = DocumentFields(self, of: "'jwk'", known: known + secret) else { return nil }
        if let member = secret.first(where: { fields[$0] != nil }) {
            report("'jwk' has the private member '\(member)': it must not lie with policies; give the public half")
            return nil
        }
        do throws(KeySetError) {
            let key = try JSONWebKey.publicKey { fields[$0]?.scalarText }
            return publicKey("'jwk'") { () throws(PublicKeyError) in
                try PublicKeyPEM { () throws(CryptographyError) in key }
            }
        } catch {
            report("'jwk': \(error.description)")
            return nil
        }
    }

    /// A path, or the PEM block itself.
    private func pem() -> PublicKeyPEM? {
        if let block = scalarText, block.hasPrefix("-----BEGIN ") {
            guard block.utf8.count <= PublicKeyFile.maximumSize else {
                report("'pem' is larger than \(PublicKeyFile.maximumSize >> 10) KiB")
                return nil
            }
            return publicKey("'pem'") { () throws(PublicKeyError) in try PublicKeyPEM(text: block) }
        }
        guard let path = text("pem") else { return nil }
        return publicKey("'pem' \(path.quoted)") { () throws(PublicKeyError) in
            try PublicKeyPEM(text: try scope.publicKeys.read(path))
        }
    }

    private func publicKey(_ what: String, _ read: () throws(PublicKeyError) -> PublicKeyPEM) -> PublicKeyPEM? {
        do throws(PublicKeyError) {
            return try read()
        } catch {
            report("\(what) \(error.reason)")
            return nil
        }
    }

    /// Bytes in base64 or base64url (RFC 4648), padded or not.
    private func base64(_ field: String) -> [UInt8]? {
        guard let text = text(field, limit: 4096) else { return nil }
        let standard = text.replacing("-", with: "+").replacing("_", with: "/")
        let bare = standard.prefix { $0 != "=" }
        let padded = bare + String(repeating: "=", count: (4 - bare.count % 4) % 4)
        guard standard.count - bare.count <= 2, let bytes = Data(base64Encoded: String(padded)), !bytes.isEmpty else {
            report("'\(field)' is not base64")
            return nil
        }
        return Array(bytes)
    }
}

extension DocumentFields {
    /// SWT knows one algorithm, so it may go unsaid there.
    fileprivate func algorithms(kind: TokenKind?) -> Set<SignatureAlgorithm>? {
        guard let node = self["algorithms"] else {
            if kind == .swt { return [.hs256] }
            report("a verification key needs the field 'algorithms'")
            return nil
        }
        let algorithms = node.choices(SignatureAlgorithm.self, "algorithms", unavailable: ["ES256K"])
        if kind == .swt, let algorithms, algorithms != [.hs256] {
            node.report("a token of type 'swt' is signed by HS256")
        }
        return algorithms
    }
}

extension Set<SignatureAlgorithm> {
    fileprivate var inOrder: [SignatureAlgorithm] { sorted { $0.rawValue < $1.rawValue } }
}
