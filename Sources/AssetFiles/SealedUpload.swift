public import ContentKeys
import Crypto
import Cryptography
import Foundation

/// What an upload is of that its sender encrypted: AES-256-CTR as storage has it (`StorageCipher`), under a key that is of this
/// file alone, each upload of it under its own nonce: their number, from 0.
///
/// The key travels sealed: HPKE (RFC 9180) in base mode with X25519, HKDF-SHA256 and ChaCha20-Poly1305. Its `info` is what the
/// upload is of, so that a sealed key opens for this asset, name, content and division only.
public struct SealedUpload: Sendable, Hashable {
    public var asset: String
    /// Of the file.
    public var name: String
    /// SHA-256 of the content.
    public var digest: [UInt8]
    /// Of the uploads that the file is made of, in bytes, in order; one for a file that is sent in one upload.
    public var lengths: [UInt64]

    public init(asset: String, name: String, digest: [UInt8], lengths: [UInt64]) {
        self.asset = asset
        self.name = name
        self.digest = digest
        self.lengths = lengths
    }

    /// Of X25519's public and private keys, in bytes.
    public static let publicKeyLength = 32
    /// Of a sealed key, in bytes: what HPKE encapsulated, the key, and what authenticates it.
    public static let sealedKeyLength = publicKeyLength + 32 + 16

    private static let suite = HPKE.Ciphersuite.Curve25519_SHA256_ChachaPoly

    /// A label with a zero byte; then asset, name and digest, each behind its length in two bytes; then the number of uploads in
    /// four bytes, and the length of each in eight. Numbers are big-endian.
    var info: Data {
        var info = Data("keyway upload 1\u{0}".utf8)
        for field in [Array(asset.utf8), Array(name.utf8), digest] {
            info.append(bigEndian: UInt16(clamping: field.count))
            info.append(contentsOf: field)
        }
        info.append(bigEndian: UInt32(clamping: lengths.count))
        for length in lengths { info.append(bigEndian: length) }
        return info
    }

    /// Encrypts the file's key to who takes the upload.
    ///
    /// - Parameter recipient: an X25519 public key.
    /// - Throws: for what is no such key.
    public func seal(_ key: ContentKey, to recipient: [UInt8]) throws -> [UInt8] {
        var sender = try HPKE.Sender(
            recipientKey: try Curve25519.KeyAgreement.PublicKey(rawRepresentation: recipient),
            ciphersuite: Self.suite, info: info)
        return try key.withUnsafeBytes { bytes in
            var copy = [UInt8](bytes)
            defer { copy.withUnsafeMutableBytes { cleanse($0) } }
            return Array(sender.encapsulatedKey) + Array(try sender.seal(copy))
        }
    }

    /// - Parameter privateKey: X25519's, of 32 bytes.
    /// - Returns: nil when it was sealed to another key or for another upload, or was changed.
    func open(_ sealed: [UInt8], with privateKey: UnsafeRawBufferPointer) -> ContentKey? {
        guard sealed.count == Self.sealedKeyLength,
            let key = try? Curve25519.KeyAgreement.PrivateKey(rawRepresentation: privateKey),
            var recipient = try? HPKE.Recipient(
                privateKey: key, ciphersuite: Self.suite, info: info,
                encapsulatedKey: Data(sealed.prefix(Self.publicKeyLength))),
            var clear = try? recipient.open(Data(sealed.dropFirst(Self.publicKeyLength)))
        else { return nil }
        return clear.withUnsafeMutableBytes { bytes in
            defer { cleanse(bytes) }
            return ContentKey(.storage, copying: UnsafeRawBufferPointer(bytes))
        }
    }
}

extension Data {
    fileprivate mutating func append(bigEndian number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
    }
}
