import Foundation
import Policies

/// A public key in PEM: one block `PUBLIC KEY` (RFC 7468, 13) with nothing around it.
struct PublicKeyPEM: Equatable {
    /// In the one spelling that RFC 7468 asks generators for: 64 characters a line.
    let text: String
    /// The one algorithm of this version that goes with the key.
    let algorithm: SignatureAlgorithm

    /// - Throws: `PublicKeyError` for any other block, first of all a private key, and for a key of another kind.
    init(text: String) throws(PublicKeyError) {
        guard !text.contains("PRIVATE KEY") else {
            throw PublicKeyError(
                "is a private key: it must not lie with policies; give the public half (openssl pkey -pubout)")
        }
        let lines = text.split(whereSeparator: \.isNewline).map { $0.trimmingSuffix { $0 == " " || $0 == "\t" } }
            .filter { !$0.isEmpty }
        guard let first = lines.first, let last = lines.last, lines.count >= 3 else {
            throw PublicKeyError("holds no PEM block")
        }
        guard first == "-----BEGIN PUBLIC KEY-----", last == "-----END PUBLIC KEY-----" else {
            throw PublicKeyError(Self.whyNot(text))
        }
        let base64 = lines.dropFirst().dropLast().joined()
        guard let der = Data(base64Encoded: base64), der.base64EncodedString() == base64 else {
            throw PublicKeyError("is damaged: it is not base64 between its BEGIN and END lines")
        }
        algorithm = try SubjectPublicKey.algorithm(of: Array(der))
        self.text = Self.armoured(base64)
    }

    private static func whyNot(_ text: String) -> String {
        if text.contains("BEGIN CERTIFICATE") {
            return "is a certificate: give its public key (openssl x509 -pubkey -noout)"
        }
        if text.contains("BEGIN RSA PUBLIC KEY") {
            return "is a PKCS #1 key: give the form PUBLIC KEY (openssl rsa -RSAPublicKey_in -pubout)"
        }
        return "is not exactly one PEM block 'PUBLIC KEY'"
    }

    private static func armoured(_ base64: String) -> String {
        let characters = Array(base64)
        let lines = stride(from: 0, to: characters.count, by: 64).map {
            String(characters[$0..<min($0 + 64, characters.count)])
        }
        return (["-----BEGIN PUBLIC KEY-----"] + lines + ["-----END PUBLIC KEY-----"]).joined(separator: "\n") + "\n"
    }
}

extension Substring {
    fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> Substring {
        var end = endIndex
        while end > startIndex, predicate(self[index(before: end)]) { end = index(before: end) }
        return self[..<end]
    }
}
