import Cryptography
import Foundation
import Policies
import Tokens

/// A public key in PEM: one block `PUBLIC KEY` (RFC 7468, 13) or `CERTIFICATE` (RFC 7468, 5) with nothing around it. Of a
/// certificate only the key is used: who names it trusts it, so that neither its dates nor its signer count.
struct PublicKeyPEM: Equatable {
    /// The key as `PUBLIC KEY`, in the one spelling that RFC 7468 asks generators for: 64 characters a line.
    let text: String
    let kind: SignatureAlgorithm.KeyKind

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
        let label = ["PUBLIC KEY", "CERTIFICATE"].first { first == "-----BEGIN \($0)-----" }
        guard let label, last == "-----END \(label)-----" else { throw PublicKeyError(Self.whyNot(text)) }
        let base64 = lines.dropFirst().dropLast().joined()
        guard let der = Data(base64Encoded: base64), der.base64EncodedString() == base64 else {
            throw PublicKeyError("is damaged: it is not base64 between its BEGIN and END lines")
        }
        try self.init { () throws(CryptographyError) in
            label == "CERTIFICATE"
                ? try PublicKey(certificate: Array(der)) : try PublicKey(subjectPublicKeyInfo: Array(der))
        }
    }

    /// From the numbers of a key.
    init(_ key: () throws(CryptographyError) -> PublicKey) throws(PublicKeyError) {
        do throws(CryptographyError) {
            let key = try key()
            text = try key.pem()
            kind = key.kind.algorithmKind
        } catch {
            let reason = error.operation.replacing("public key: ", with: "")
            throw PublicKeyError("cannot be used: \(reason)")
        }
    }

    private static func whyNot(_ text: String) -> String {
        if text.contains("BEGIN RSA PUBLIC KEY") {
            return "is a PKCS #1 key: give the form PUBLIC KEY (openssl rsa -RSAPublicKey_in -pubout)"
        }
        return "is not exactly one PEM block 'PUBLIC KEY' or 'CERTIFICATE'"
    }
}

extension SignatureAlgorithm.KeyKind {
    /// With its article, for messages.
    var words: String {
        switch self {
        case .secret: "a secret"
        case .rsa: "an RSA key"
        case .p256: "a P-256 key"
        case .p384: "a P-384 key"
        case .p521: "a P-521 key"
        case .ed25519: "an Ed25519 key"
        }
    }
}

extension Substring {
    fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> Substring {
        var end = endIndex
        while end > startIndex, predicate(self[index(before: end)]) { end = index(before: end) }
        return self[..<end]
    }
}
