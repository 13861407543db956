public import ContentKeys
import Foundation

/// From one KEK version to another. The clear bytes are in memory for the time of the call and zeroed after.
extension KeyWrapping {
    /// The same content key, wrapped under another version.
    ///
    /// - Throws: `KEKError` when a version is not at hand or the key does not open.
    public func rewrap(_ key: WrappedContentKey, under version: KEKVersion) throws -> WrappedContentKey {
        let (old, new) = (try held(key.kek), try held(version))
        guard let clear = try? Self.open(key, under: old) else {
            throw KEKError("key \(key.keyID) does not open under KEK version \(key.kek.rawValue)")
        }
        return try clear.withUnsafeBytes { try Self.seal($0, key.keyID, key.type, under: new) }
    }

    /// The same secret, wrapped under another version.
    ///
    /// - Throws: `KEKError` when a version is not at hand or the secret does not open.
    public func rewrapSecret(
        named name: String, kek: KEKVersion, ciphertext: [UInt8], under version: KEKVersion
    ) throws -> [UInt8] {
        let new = try held(version)
        return try withSecret(named: name, kek: kek, ciphertext: ciphertext) { bytes in
            try Self.seal(secret: bytes, name, under: new)
        }
    }

    /// The same key seed, wrapped under another version.
    ///
    /// - Throws: `KEKError` when a version is not at hand or the seed does not open.
    public func rewrapSeed(_ seed: WrappedKeySeed, under version: KEKVersion) throws -> WrappedKeySeed {
        let new = try held(version)
        return try withSeed(seed) { try Self.seal(seed: $0, seed.name, seed.type, under: new) }
    }

    private func held(_ version: KEKVersion) throws -> KEK {
        guard let kek = provider.kek(version) else {
            throw KEKError("KEK version \(version.rawValue) is not at hand")
        }
        return kek
    }
}
