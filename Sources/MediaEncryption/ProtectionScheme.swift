public import ContentKeys
import ISOBaseMedia
import MediaModel

/// A protection scheme of ISO/IEC 23001-7 for samples in fragments. What each does is in `Schemes/`; this switch is the
/// only one over them.
public enum ProtectionScheme: String, Sendable, Hashable, CaseIterable, Codable {
    case cenc
    case cbcs

    var rules: any SchemeRules.Type {
        switch self {
        case .cenc: CENC.self
        case .cbcs: CBCS.self
        }
    }

    /// The kind of content key that the scheme takes. No key serves two schemes.
    public var keyType: ContentKeyType { rules.keyType }
}

/// What makes a scheme: which bytes (mapper), how (cipher), and what the boxes say.
protocol SchemeRules {
    /// The code in `schm`.
    static var code: FourCC { get }
    static var keyType: ContentKeyType { get }
    static func pattern(for kind: TrackKind) -> EncryptionPattern
    /// The mapper of the subsamples of a track's index, by what the codec lets protect.
    static func mapper(for structure: CodecConfiguration.ProtectedStructure) -> SubsampleMapper
    /// The IV that `senc` carries for a sample; empty with a constant IV.
    static func sampleIV(_ number: IVNumber, sample: UInt32) -> [UInt8]
    /// What `tenc` says of IVs.
    static func trackIV(
        _ number: IVNumber, key: ContentKey
    ) throws(MediaEncryptionError) -> SampleProtection.InitializationVector
    static func cipher(
        _ number: IVNumber, kind: TrackKind, key: ContentKey
    ) throws(MediaEncryptionError) -> any SampleCipher
}
