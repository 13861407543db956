/// HEVCDecoderConfigurationRecord (ISO/IEC 14496-15, 8.3.2.1): the payload of `hvcC`.
public struct HEVCDecoderConfiguration: Hashable, Sendable {
    /// general_profile_space, general_tier_flag, general_profile_idc and what else names a profile and level.
    public let profile: HEVCProfile
    /// Bytes of the length before each NAL unit in samples: 1, 2 or 4.
    public let lengthSize: Int
    /// Whole NAL units, their two header bytes included; parameter sets and SEI.
    public let nalUnits: [[UInt8]]

    /// Most NAL units that a record may carry here; decoders hold at most 16 + 16 + 64 parameter sets.
    private static let maximumUnits = 512

    /// Reads the payload of an `hvcC` box.
    ///
    /// - Throws: when it ends early, has bytes left over or a version other than 1.
    public init(parsing record: [UInt8]) throws(CodecSyntaxError) {
        self = try record.withRawBytes { (bytes) throws(CodecSyntaxError) in
            var reader = BitReader(bytes, .hevcConfiguration, removesEmulationPrevention: false)
            let configuration = try HEVCDecoderConfiguration(&reader)
            guard reader.bytePosition == bytes.count else {
                throw reader.error(.inconsistent, "bytes are left over")
            }
            return configuration
        }
    }

    private init(_ reader: inout BitReader) throws(CodecSyntaxError) {
        guard try reader.bits(8) == 1 else { throw reader.error(.unsupported, "configurationVersion is not 1") }
        profile = try HEVCProfile(&reader)
        // min_spatial_segmentation_idc, parallelismType, chromaFormat, bit depths, avgFrameRate, each with its reserved
        // bits: the sequence parameter set says them with authority.
        try reader.skip(16 + 8 + 8 + 8 + 8 + 16)
        lengthSize = try reader.integer(8) & 3 + 1
        guard lengthSize != 3 else { throw reader.error(.outOfRange, "lengthSizeMinusOne is 2") }
        var units: [[UInt8]] = []
        for _ in 0..<(try reader.integer(8)) {
            _ = try reader.bits(8)  // array_completeness, NAL_unit_type
            for _ in 0..<(try reader.integer(16)) {
                guard units.count < Self.maximumUnits else { throw reader.error(.outOfRange, "too many NAL units") }
                units.append(try Self.readUnit(&reader))
            }
        }
        nalUnits = units
    }

    private static func readUnit(_ reader: inout BitReader) throws(CodecSyntaxError) -> [UInt8] {
        let length = try reader.integer(16)
        guard length >= 2 else { throw reader.error(.inconsistent, "a NAL unit of length \(length)") }
        var unit: [UInt8] = []
        for _ in 0..<length { unit.append(UInt8(truncatingIfNeeded: try reader.bits(8))) }
        return unit
    }
}

/// The general part of profile_tier_level() (ISO/IEC 23008-2, 7.3.3), as `hvcC` repeats it.
public struct HEVCProfile: Hashable, Sendable {
    /// general_profile_space, 0 to 3.
    public let space: Int
    /// general_tier_flag: High rather than Main.
    public let isHighTier: Bool
    /// general_profile_idc: 1 Main, 2 Main 10.
    public let idc: Int
    /// general_profile_compatibility_flags, flag 0 the most significant bit.
    public let compatibility: UInt32
    /// general_constraint_indicator_flags: six bytes.
    public let constraints: [UInt8]
    /// general_level_idc: thirty times the level.
    public let level: Int

    init(_ reader: inout BitReader) throws(CodecSyntaxError) {
        space = try reader.integer(2)
        isHighTier = try reader.flag()
        idc = try reader.integer(5)
        compatibility = try reader.bits(32)
        var bytes: [UInt8] = []
        for _ in 0..<6 { bytes.append(UInt8(truncatingIfNeeded: try reader.bits(8))) }
        constraints = bytes
        level = try reader.integer(8)
    }

    /// The part of the `codecs` parameter behind the sample entry (ISO/IEC 14496-15, E.3), as `2.4.L120.B0`.
    public var codecString: String {
        let spaces = ["", "A", "B", "C"]
        var reversed: UInt32 = 0
        for bit in 0..<32 where compatibility >> UInt32(bit) & 1 == 1 { reversed |= 1 << UInt32(31 - bit) }
        var flags = constraints
        while flags.last == 0 { flags.removeLast() }
        let parts =
            ["\(spaces[space & 3])\(idc)", String(reversed, radix: 16, uppercase: true)]
            + ["\(isHighTier ? "H" : "L")\(level)"] + flags.map { String($0, radix: 16, uppercase: true) }
        return parts.joined(separator: ".")
    }
}
