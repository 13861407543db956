import ContentKeys
import Cryptography

/// KIDs that a key seed knows as its own without any record of them.
///
/// Such a KID is a UUID of version 8 (RFC 9562, 5.8): its first half is random but for the version, its second half is
/// an authentication code of the first under a key that only the seed gives, but for the two variant bits. Who does not
/// hold the seed finds one with probability 2⁻⁶² a guess, so that keys cannot be asked for by making KIDs up.
enum SeedKeyID {
    static let version = 8

    /// A new KID of a seed.
    static func make(_ seed: UnsafeRawBufferPointer, _ type: ContentKeyType) throws -> KeyID? {
        var generator = SystemRandomNumberGenerator()
        let random = generator.next() & 0xFFFF_FFFF_FFFF_0FFF | UInt64(version) << 12
        let half = stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: random >> $0) }
        return KeyID(bytes: half + (try code(of: half, seed, type)))
    }

    /// Whether a KID is one of the seed's. Constant time in the KID's bytes.
    static func isOwn(_ keyID: KeyID, _ seed: UnsafeRawBufferPointer, _ type: ContentKeyType) throws -> Bool {
        guard keyID.version == version else { return false }
        let bytes = keyID.bytes
        return constantTimeEquals(try code(of: Array(bytes.prefix(8)), seed, type), Array(bytes.suffix(8)))
    }

    /// The second half that belongs to a first half. The type stands in the key, so that a seed that someone stores for
    /// two types never gives one KID, and so one key, to both.
    private static func code(
        of half: [UInt8], _ seed: UnsafeRawBufferPointer, _ type: ContentKeyType
    ) throws(CryptographyError) -> [UInt8] {
        var key = try HMAC.code(of: "keyway key seed KID 1\u{0}\(type.rawValue)".utf8, key: seed)
        defer { key.withUnsafeMutableBytes { zero($0) } }
        var code: Result<[UInt8], CryptographyError>?
        key.withUnsafeBytes { bytes in
            code = Result { () throws(CryptographyError) in try HMAC.code(of: half, key: bytes) }
        }
        guard var result = try code?.get().prefix(8), let first = result.first else { throw CryptographyError("HMAC") }
        result[result.startIndex] = first & 0x3F | 0x80
        return Array(result)
    }
}
