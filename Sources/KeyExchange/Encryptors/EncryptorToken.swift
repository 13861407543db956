import Cryptography
import Foundation

/// A bearer token of an encryptor: `kwe_` and 256 random bits in base64url.
public enum EncryptorToken {
    static let prefix = "kwe_"
    /// In bytes: the prefix and 43 characters.
    static let length = 47

    public static func random() -> String {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        let text = Data(bytes).base64EncodedString()
        return prefix + text.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// What is stored and looked up: looking a hash up tells no more by its time than a hash of 256 random bits can.
    public static func hash(_ token: String) throws -> [UInt8] {
        try SHA256.digest(token.utf8)
    }

    /// The same for an encryptor that shows a certificate in TLS: SHA-256 of its DER.
    public static func hash(certificate der: [UInt8]) throws -> [UInt8] {
        try SHA256.digest(der)
    }

    /// - Parameter pem: of the certificate that an encryptor will show.
    /// - Throws: `CPIXError`.
    public static func hash(certificatePEM pem: String) throws -> [UInt8] {
        try hash(certificate: CPIX.Holder(pem: pem).certificate.der)
    }

    /// Whether a text can be a token at all.
    static func isForm(_ text: String) -> Bool {
        text.utf8.count == length && text.hasPrefix(prefix)
    }
}
