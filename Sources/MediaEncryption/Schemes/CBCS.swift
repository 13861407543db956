import ContentKeys
import Cryptography
import ISOBaseMedia
import MediaModel

/// `cbcs`: AES-128-CBC with a constant IV (ISO/IEC 23001-7, 10.4). Video: one block of ten, a chain for each subsample.
/// Audio: all whole blocks of a sample, one chain.
enum CBCS: SchemeRules {
    static var code: FourCC { "cbcs" }
    static var keyType: ContentKeyType { .commonCbcs }

    static func pattern(for kind: TrackKind) -> EncryptionPattern {
        switch kind {
        case .video: .oneOfTen
        case .audio, .text, .image: .none
        }
    }

    /// Slices and tiles are protected from their first byte to their last, tiles even where they are shorter than a
    /// block (AV1 binding, 6.1). The VP9 binding wants whole blocks.
    static func mapper(for structure: CodecConfiguration.ProtectedStructure) -> SubsampleMapper {
        switch structure {
        case .slices: .toTheEnd
        case .tiles: .everyByte
        case .frames: .wholeBlocks
        case .wholeSample: .wholeSample
        }
    }

    static func sampleIV(_ number: IVNumber, sample: UInt32) -> [UInt8] { [] }

    static func trackIV(
        _ number: IVNumber, key: ContentKey
    ) throws(MediaEncryptionError) -> SampleProtection.InitializationVector {
        .constant(
            try key.use(as: keyType) { bytes throws(CryptographyError) in
                try number.chainIV(.constantIV, key: bytes)
            })
    }

    static func cipher(
        _ number: IVNumber, kind: TrackKind, key: ContentKey
    ) throws(MediaEncryptionError) -> any SampleCipher {
        try key.use(as: keyType) { bytes throws(CryptographyError) in
            let iv = try number.chainIV(.constantIV, key: bytes)
            guard pattern(for: kind) == .none else {
                return PatternSampleCipher(cipher: try AESPatternCipher(key: bytes), iv: iv)
            }
            return ChainSampleCipher(cipher: try AESBlockChainCipher(key: bytes), iv: iv)
        }
    }
}
