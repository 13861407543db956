/// DOVIDecoderConfigurationRecord: the payload of `dvcC`, `dvvC` or `dvwC` (Dolby Vision streams within the ISO base
/// media file format, 3.2), for HEVC, AVC and AV1.
public struct DolbyVisionConfiguration: Hashable, Sendable {
    /// dv_profile, 0 to 127.
    public let profile: Int
    /// dv_level, 0 to 63.
    public let level: Int
    /// dv_bl_signal_compatibility_id: how decoders without Dolby Vision see the base layer.
    public let baseCompatibility: Int
    /// el_present_flag: the track carries an enhancement layer.
    public let hasEnhancementLayer: Bool

    /// - Throws: when it ends early.
    public init(parsing record: [UInt8]) throws(CodecSyntaxError) {
        self = try record.withRawBytes { (bytes) throws(CodecSyntaxError) in
            var reader = BitReader(bytes, .dolbyVisionConfiguration, removesEmulationPrevention: false)
            return try DolbyVisionConfiguration(&reader)
        }
    }

    private init(_ reader: inout BitReader) throws(CodecSyntaxError) {
        _ = try reader.bits(16)  // dv_version_major, dv_version_minor
        profile = try reader.integer(7)
        level = try reader.integer(6)
        _ = try reader.flag()  // rpu_present_flag
        hasEnhancementLayer = try reader.flag()
        _ = try reader.flag()  // bl_present_flag
        baseCompatibility = try reader.integer(4)
    }

    /// The part of the `codecs` parameter behind the sample entry, as `08.07`.
    public var codecString: String { "\(Self.twoDigits(profile)).\(Self.twoDigits(level))" }

    /// The brand of the base layer (rfc8216bis, 4.4.6.2; Dolby Vision in HLS): HDR10, SDR or HLG; nil for others.
    public var baseBrand: String? {
        switch baseCompatibility {
        case 1, 6: "db1p"
        case 2: "db2g"
        case 4: "db4h"
        default: nil
        }
    }

    private static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
