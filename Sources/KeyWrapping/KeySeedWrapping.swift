public import ContentKeys
import Crypto
import Foundation

/// Key seeds under the KEK, and what is derived from them.
extension KeyWrapping {
    /// Wraps a seed under the current KEK. The caller zeroes its own copy.
    public func wrapSeed(_ value: [UInt8], name: String, type: ContentKeyType) throws -> WrappedKeySeed {
        guard (WrappedKeySeed.derivingSize...WrappedKeySeed.maximumSize).contains(value.count) else {
            throw KEKError(
                "a key seed has \(WrappedKeySeed.derivingSize) to \(WrappedKeySeed.maximumSize) bytes, not \(value.count)"
            )
        }
        let kek = provider.current
        return try value.withUnsafeBytes { try Self.seal(seed: $0, name, type, under: kek) }
    }

    static func seal(
        seed value: UnsafeRawBufferPointer, _ name: String, _ type: ContentKeyType, under kek: KEK
    ) throws -> WrappedKeySeed {
        let sealed = try AES.GCM.seal(
            value, using: kek.symmetricKey, authenticating: associatedData(seed: name, type: type, kek: kek.version))
        return WrappedKeySeed(
            name: name, type: type, kek: kek.version, ciphertext: Array(sealed.combined ?? Data()))
    }

    /// A new KID that the seed will know as its own.
    public func makeKeyID(of seed: WrappedKeySeed) throws -> KeyID {
        guard let keyID = try withSeed(seed, { try SeedKeyID.make($0, seed.type) }) else {
            throw KEKError("key seed '\(seed.name)' gave no KID")
        }
        return keyID
    }

    /// The key that a seed gives a KID.
    func derive(_ keyID: KeyID, from seed: WrappedKeySeed) throws -> ContentKey {
        try withSeed(seed) { try SeedDerivation.key(keyID, seed.type, from: $0) }
    }

    /// Gives a seed's bytes for the time of a call, and zeroes them after.
    ///
    /// - Throws: `KEKError` when the KEK is not at hand or the ciphertext was not made for this name and type.
    func withSeed<Result>(_ seed: WrappedKeySeed, _ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        guard let kek = provider.kek(seed.kek) else {
            throw KEKError(
                "key seed '\(seed.name)' is wrapped under KEK version \(seed.kek.rawValue), which is not at hand")
        }
        var clear: Data
        do {
            clear = try AES.GCM.open(
                try AES.GCM.SealedBox(combined: seed.ciphertext), using: kek.symmetricKey,
                authenticating: Self.associatedData(seed: seed.name, type: seed.type, kek: seed.kek))
        } catch {
            throw KEKError("key seed '\(seed.name)' does not open under KEK version \(seed.kek.rawValue)")
        }
        defer { clear.zero() }
        return try clear.withUnsafeBytes(body)
    }

    private static func associatedData(seed name: String, type: ContentKeyType, kek: KEKVersion) -> [UInt8] {
        Array("keyway key seed 1\u{0}\(name)\u{0}\(type.rawValue)\u{0}\(kek.rawValue)".utf8)
    }
}
