import Crypto
import Foundation

/// The public half of the installation's signing key: Ed25519 (RFC 8032).
public struct AuditPublicKey: Sendable, Hashable {
    /// The 32 bytes of RFC 8032, 5.1.5.
    public let bytes: [UInt8]

    /// What stands before the key in a SubjectPublicKeyInfo (RFC 8410, 4).
    private static let prefix: [UInt8] = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00]
    private static let size = 32
    private static let heading = "-----BEGIN PUBLIC KEY-----"
    private static let ending = "-----END PUBLIC KEY-----"
    /// Longest text that is looked at, in bytes.
    public static let longestPEM = 200

    /// - Returns: nil unless there are 32 bytes.
    public init?(bytes: [UInt8]) {
        guard bytes.count == Self.size else { return nil }
        self.bytes = bytes
    }

    /// From the text of `keyway audit public-key`: a SubjectPublicKeyInfo in PEM (RFC 7468, 13).
    ///
    /// - Returns: nil for anything else, also for keys of other algorithms.
    public init?(pem: String) {
        guard pem.utf8.count <= Self.longestPEM else { return nil }
        let lines = pem.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        guard lines.hasPrefix(Self.heading), lines.hasSuffix(Self.ending) else { return nil }
        let body = lines.dropFirst(Self.heading.count).dropLast(Self.ending.count).filter { $0 != " " }
        guard let der = Data(base64Encoded: String(body)), der.starts(with: Self.prefix) else { return nil }
        self.init(bytes: Array(der.dropFirst(Self.prefix.count)))
    }

    public var pem: String {
        "\(Self.heading)\n\(Data(Self.prefix + bytes).base64EncodedString())\n\(Self.ending)\n"
    }

    /// SHA-256 of the SubjectPublicKeyInfo, in hexadecimal digits: the key's name in checkpoints.
    public var fingerprint: String {
        Array(SHA256.hash(data: Self.prefix + bytes)).hexadecimal
    }

    func isValid(_ signature: [UInt8], of statement: [UInt8]) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes) else { return false }
        return key.isValidSignature(signature, for: statement)
    }
}

extension [UInt8] {
    /// Two lower-case digits a byte.
    public var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// From two lower-case digits a byte; nil for anything else.
    public init?(hexadecimal text: String) {
        var bytes: [UInt8] = []
        var high: UInt8?
        for digit in text.utf8 {
            let value: UInt8
            switch digit {
            case 0x30...0x39: value = digit - 0x30
            case 0x61...0x66: value = digit - 0x61 + 10
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        guard high == nil else { return nil }
        self = bytes
    }
}
