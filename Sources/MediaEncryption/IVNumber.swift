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
        /// The IV of a whole MPEG-TS segment of one track.
        case segment = 2
        /// The IV of a whole CMAF segment.
        case fragment = 3
        /// The IV of a whole MPEG-TS segment of two tracks.
        case muxedSegment = 4
        /// The IV of all slices and frames of a track in MPEG-TS whose samples are encrypted.
        case sampleStream = 5
    }

    /// What a whole segment is made of. The same samples are other bytes in each form, so each has starting IVs of its own.
    public enum SegmentForm: Sendable, Hashable {
        /// MPEG-TS of one track.
        case transportStream
        /// CMAF.
        case fragment
        /// MPEG-TS of this track's pictures, and of the sound that has another number under the same key.
        case muxed(sound: IVNumber)
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
    /// - Throws: `MediaEncryptionError` when the key is not an envelope key, or the segment's number does not fit.
    public func segmentIV(
        _ segment: UInt64, of form: SegmentForm = .transportStream, key: ContentKey
    ) throws(MediaEncryptionError) -> [UInt8] {
        let (purpose, counted) = try Self.counted(segment, form)
        return try key.use(as: .envelope) { bytes throws(CryptographyError) in
            try chainIV(purpose, segment: counted, key: bytes)
        }
    }

    /// The sound's number takes the half of the count that segments of 32 bits leave.
    static func counted(
        _ segment: UInt64, _ form: SegmentForm
    ) throws(MediaEncryptionError) -> (Purpose, UInt64) {
        switch form {
        case .transportStream: return (.segment, segment)
        case .fragment: return (.fragment, segment)
        case .muxed(let sound):
            guard let number = UInt32(exactly: segment) else { throw .noSegment(Int(clamping: segment)) }
            return (.muxedSegment, UInt64(sound.rawValue) << 32 | UInt64(number))
        }
    }
}
