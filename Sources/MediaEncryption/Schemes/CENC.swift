import ContentKeys
import Cryptography
import ISOBaseMedia
import MediaModel

/// `cenc`: AES-128 in counter mode, an IV of 8 bytes a sample (ISO/IEC 23001-7, 10.1). The counter goes on over the
/// subsamples of a sample, whose protected parts are whole blocks.
enum CENC: SchemeRules {
    static var code: FourCC { "cenc" }
    static var keyType: ContentKeyType { .common }

    static func pattern(for kind: TrackKind) -> EncryptionPattern { .none }

    static func mapper(for structure: CodecConfiguration.ProtectedStructure) -> SubsampleMapper {
        switch structure {
        case .slices, .tiles, .frames: .wholeBlocks
        case .wholeSample: .wholeSample
        }
    }

    static func sampleIV(_ number: IVNumber, sample: UInt32) -> [UInt8] {
        withUnsafeBytes(of: number.sampleIV(sample).bigEndian) { Array($0) }
    }

    static func trackIV(
        _ number: IVNumber, key: ContentKey
    ) throws(MediaEncryptionError) -> SampleProtection.InitializationVector {
        guard key.type == keyType else { throw .wrongKeyType(expected: keyType, actual: key.type) }
        return .perSample(size: 8)
    }

    static func cipher(
        _ number: IVNumber, kind: TrackKind, key: ContentKey
    ) throws(MediaEncryptionError) -> any SampleCipher {
        try key.use(as: keyType) { bytes throws(CryptographyError) in
            CounterSampleCipher(number: number, cipher: try AESCounterCipher(key: bytes))
        }
    }
}
