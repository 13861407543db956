import Catalog
import ContentKeys
import Cryptography
import Foundation
import KeyWrapping

/// Key material under KEKs that this process holds.
struct LocalKeyMaterial: KeyMaterial {
    let wrapping: KeyWrapping

    func makeKey(_ type: ContentKeyType, keyID: KeyID, at now: Date) async throws -> ContentKeyRecord {
        var record = try record(.random(type), keyID, now)
        record.isNew = true
        return record
    }

    func wrap(_ key: ContentKey, keyID: KeyID, at now: Date) async throws -> ContentKeyRecord {
        try record(key, keyID, now)
    }

    private func record(_ key: ContentKey, _ keyID: KeyID, _ now: Date) throws -> ContentKeyRecord {
        ContentKeyRecord(
            wrapped: try wrapping.wrap(key, keyID: keyID), name: nil, authorizationPolicy: nil, created: now,
            checksum: try key.checksum(keyID))
    }

    func checksum(of key: WrappedContentKey) async throws -> KeyChecksum {
        try await LocalKeyUnwrapper(wrapping: wrapping).checksum(of: key)
    }

    func wrapSeed(_ value: [UInt8], name: String, type: ContentKeyType) async throws -> WrappedKeySeed {
        try wrapping.wrapSeed(value, name: name, type: type)
    }

    func makeKeyID(of seed: WrappedKeySeed) async throws -> KeyID {
        try wrapping.makeKeyID(of: seed)
    }

    func recipient(pem: String) throws -> any KeyRecipient {
        do {
            return try RSARecipient(RecipientKey(pem: pem))
        } catch let error as CryptographyError {
            throw RecipientError(error.operation)
        }
    }
}

/// The holder of an RSA key.
private struct RSARecipient: KeyRecipient {
    let key: RecipientKey
    let fingerprint: String

    init(_ key: RecipientKey) throws {
        self.key = key
        fingerprint = try key.fingerprint().map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    func seal(_ key: ContentKey) throws -> [UInt8] {
        try key.withUnsafeBytes { try self.key.encryptOAEPSHA256($0) }
    }
}
