/// VPCodecConfigurationRecord (VP codec binding 1.0): the payload of `vpcC`, version and flags included.
public struct VPConfiguration: Hashable, Sendable {
    /// 0 to 3.
    public let profile: Int
    /// Ten times the level.
    public let level: Int
    /// 8, 10 or 12.
    public let bitDepth: Int
    /// chromaSubsampling: 0 and 1 are 4:2:0, 2 is 4:2:2, 3 is 4:4:4.
    public let chromaSubsampling: Int
    /// Code points of ISO/IEC 23091-2; 2 where unspecified.
    public let colour: VideoUsability.Colour

    /// - Throws: when it ends early, has a version other than 1 or a value out of range.
    public init(parsing record: [UInt8]) throws(CodecSyntaxError) {
        self = try record.withRawBytes { (bytes) throws(CodecSyntaxError) in
            var reader = BitReader(bytes, .vpConfiguration, removesEmulationPrevention: false)
            return try VPConfiguration(&reader)
        }
    }

    private init(_ reader: inout BitReader) throws(CodecSyntaxError) {
        guard try reader.bits(8) == 1 else { throw reader.error(.unsupported, "version is not 1") }
        _ = try reader.bits(24)
        profile = try reader.integer(8)
        level = try reader.integer(8)
        bitDepth = try reader.integer(4)
        chromaSubsampling = try reader.integer(3)
        let isFullRange = try reader.flag()
        guard profile <= 3, level < 100, [8, 10, 12].contains(bitDepth), chromaSubsampling <= 3 else {
            throw reader.error(.outOfRange, "profile, level, bit depth or subsampling is reserved")
        }
        var codes: [UInt8] = []
        for _ in 0..<3 { codes.append(UInt8(truncatingIfNeeded: try reader.bits(8))) }
        colour = VideoUsability.Colour(
            primaries: codes[0], transfer: codes[1], matrix: codes[2], isFullRange: isFullRange)
    }

    /// The part of the `codecs` parameter behind the sample entry, as `02.10.10.01.09.16.09.01`. What is the default of
    /// the binding is left out.
    public var codecString: String {
        let codes = [colour.primaries, colour.transfer, colour.matrix].map(Int.init)
        let short = [profile, level, bitDepth].map(Self.digits).joined(separator: ".")
        let tail = ([chromaSubsampling] + codes + [colour.isFullRange ? 1 : 0]).map(Self.digits).joined(separator: ".")
        return tail == "01.01.01.01.00" ? short : "\(short).\(tail)"
    }

    private static func digits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
