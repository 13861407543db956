public import ContentKeys
public import Foundation

/// Makes and opens key material for administration, which sees names and checksums and no bytes.
public protocol KeyMaterial: Sendable {
    /// A new random key, wrapped, with its checksum; not stored yet.
    func makeKey(_ type: ContentKeyType, keyID: KeyID, at now: Date) async throws -> ContentKeyRecord
    /// A key that came from outside, wrapped, with its checksum; not stored yet.
    func wrap(_ key: ContentKey, keyID: KeyID, at now: Date) async throws -> ContentKeyRecord
    /// The checksum of a stored key, which is opened for it.
    func checksum(of key: WrappedContentKey) async throws -> KeyChecksum
    /// A key seed, wrapped; not stored yet. The caller zeroes its own copy.
    func wrapSeed(_ value: [UInt8], name: String, type: ContentKeyType) async throws -> WrappedKeySeed
    /// A new KID that a seed will know as its own.
    func makeKeyID(of seed: WrappedKeySeed) async throws -> KeyID
    /// Reads a recipient's public key.
    ///
    /// - Throws: `RecipientError`.
    func recipient(pem: String) throws -> any KeyRecipient
}

/// The holder of a private RSA key, to whom a content key can be encrypted.
public protocol KeyRecipient: Sendable {
    /// SHA-256 of the SubjectPublicKeyInfo, in hexadecimal digits.
    var fingerprint: String { get }
    /// RSAES-OAEP with SHA-256 (RFC 8017, 7.1).
    func seal(_ key: ContentKey) throws -> [UInt8]
}

/// A text that gives no recipient. Says why, never what the text holds.
public struct RecipientError: Error, Sendable, Hashable, CustomStringConvertible {
    public var description: String

    public init(_ description: String) {
        self.description = description
    }
}
