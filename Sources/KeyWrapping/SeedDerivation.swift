import ContentKeys
import Cryptography
import Glibc

/// From a seed's bytes to a content key.
enum SeedDerivation {
    static func key(_ keyID: KeyID, _ type: ContentKeyType, from seed: UnsafeRawBufferPointer) throws -> ContentKey {
        guard type.keyLength == PlayReadyKeySeed.keySize else {
            throw KEKError("a key of type '\(type.rawValue)' is not derived from a seed")
        }
        return try withUnsafeTemporaryAllocation(byteCount: PlayReadyKeySeed.keySize, alignment: 8) { bytes in
            defer { zero(bytes) }
            try PlayReadyKeySeed.derive(from: seed, keyID: keyID.littleEndianBytes, into: bytes)
            guard let key = ContentKey(type, copying: UnsafeRawBufferPointer(bytes)) else {
                throw KEKError("a derived key has the wrong size")
            }
            return key
        }
    }
}

/// Overwrites bytes in a way that is not optimised away.
func zero(_ bytes: UnsafeMutableRawBufferPointer) {
    if let base = bytes.baseAddress { explicit_bzero(base, bytes.count) }
}
