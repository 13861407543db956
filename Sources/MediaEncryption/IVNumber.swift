public import ContentKeys
import Cryptography

/// The number that the catalog gave to one (asset version, track, crypto period) under one content key, and to nothing
/// else under that key. Every IV comes from it, so that no counter block and no chain's start is used twice.
public struct IVNumber: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// What a CBC chain starts for. The values are part of every published byte and never change.
    enum Purpose: UInt8 {
        /// The constant IV of a `cbcs` track.
        case constantIV = 1
        /// The IV of a whole segment.
        case segment = 2
    }

    /// The 8-byte IV of a `cenc` sample: the number, then the sample's number in the track. The low 64 bits of the
    /// counter block count the blocks of the sample (ISO/IEC 23001-7, 9.2).
    func sampleIV(_ sample: UInt32) -> UInt64 {
        UInt64(rawValue) << 32 | UInt64(sample)
    }

    /// A starting IV for CBC: the encryption of a block that is distinct for each number, purpose and segment, under
    /// the content key itself (NIST SP 800-38A, Appendix C). Unpredictable without the key, the same on every run.
    func chainIV(
        _ purpose: Purpose, segment: UInt64 = 0, key: UnsafeRawBufferPointer
    ) throws(CryptographyError) -> [UInt8] {
        let number = withUnsafeBytes(of: rawValue.bigEndian) { Array($0) }
        let segment = withUnsafeBytes(of: segment.bigEndian) { Array($0) }
        return try AESBlock.encrypt(number + [purpose.rawValue, 0, 0, 0] + segment, key: key)
    }

    /// The IV of a whole segment of the envelope scheme, as manifests signal it and `EnvelopeEncryptor` starts with it.
    ///
    /// - Throws: `MediaEncryptionError` when the key is not an envelope key.
    public func segmentIV(_ segment: UInt64, key: ContentKey) throws(MediaEncryptionError) -> [UInt8] {
        try key.use(as: .envelope) { bytes throws(CryptographyError) in
            try chainIV(.segment, segment: segment, key: bytes)
        }
    }
}
