/// seq_parameter_set_data() of AVC (ISO/IEC 14496-10, 7.3.2.1.1), as far as tracks and slice headers need it.
public struct SequenceParameterSet: Hashable, Sendable {
    /// profile_idc.
    public let profileIdc: UInt8
    /// constraint_set0_flag to constraint_set5_flag and two reserved bits, as the byte between profile and level.
    public let constraintFlags: UInt8
    /// level_idc: ten times the level, but for level 1b.
    public let levelIdc: UInt8
    /// seq_parameter_set_id, 0 to 31.
    public let id: Int
    /// How colour is sampled and how deep.
    public let chroma: ChromaSampling
    /// log2_max_frame_num_minus4 + 4: length of frame_num in bits.
    public let frameNumberLength: Int
    /// How pictures are numbered for output.
    public let pictureOrderCount: PictureOrderCount
    /// frame_mbs_only_flag: no picture is a field and no macroblock pair is coded as fields.
    public let isFrameOnly: Bool
    /// PicWidthInMbs and PicHeightInMapUnits.
    public let widthInMacroblocks: Int
    /// In macroblocks for frames, in pairs of them where fields may be coded.
    public let heightInMapUnits: Int
    /// What of the coded frame is not shown.
    public let cropping: FrameCropping
    /// Absent when vui_parameters_present_flag is 0.
    public let usability: VideoUsability?

    /// How colour is sampled.
    public struct ChromaSampling: Hashable, Sendable {
        /// chroma_format_idc: 0 monochrome, 1 is 4:2:0, 2 is 4:2:2, 3 is 4:4:4.
        public var formatIdc = 1
        /// separate_colour_plane_flag.
        public var hasSeparatePlanes = false
        /// bit_depth_luma_minus8 + 8.
        public var lumaBitDepth = 8
        /// bit_depth_chroma_minus8 + 8.
        public var chromaBitDepth = 8

        /// ChromaArrayType (7.4.2.1.1).
        var arrayType: Int { hasSeparatePlanes ? 0 : formatIdc }
    }

    /// pic_order_cnt_type with what slice headers need of it.
    public enum PictureOrderCount: Hashable, Sendable {
        /// Type 0: length of pic_order_cnt_lsb in bits.
        case leastSignificantBits(length: Int)
        /// Type 1: delta_pic_order_always_zero_flag.
        case expectedDeltas(alwaysZero: Bool)
        /// Type 2: output in decoding order.
        case decodingOrder
    }

    /// frame_crop_*_offset, in crop units.
    public struct FrameCropping: Hashable, Sendable {
        /// frame_crop_left_offset.
        public var left = 0
        /// frame_crop_right_offset.
        public var right = 0
        /// frame_crop_top_offset.
        public var top = 0
        /// frame_crop_bottom_offset.
        public var bottom = 0
    }

    /// Reads a whole NAL unit: header byte, escaped payload, trailing bits.
    ///
    /// - Throws: when it is not a sequence parameter set, ends early, or has a value out of range.
    public init(nalUnit: [UInt8]) throws(CodecSyntaxError) {
        self = try nalUnit.withRawBytes { (bytes) throws(CodecSyntaxError) in
            var reader = BitReader(bytes, .sequenceParameterSet)
            return try SequenceParameterSet(&reader)
        }
    }

    private init(_ reader: inout BitReader) throws(CodecSyntaxError) {
        guard try reader.bits(8) & 0x9F == UInt32(NALUnitType.sequenceParameterSet.rawValue) else {
            throw reader.error(.inconsistent, "nal_unit_type is not 7")
        }
        profileIdc = UInt8(truncatingIfNeeded: try reader.bits(8))
        constraintFlags = UInt8(truncatingIfNeeded: try reader.bits(8))
        levelIdc = UInt8(truncatingIfNeeded: try reader.bits(8))
        id = try reader.unsignedExpGolomb("seq_parameter_set_id", upTo: 31)
        chroma =
            Self.profilesWithChroma.contains(profileIdc)
            ? try Self.readChroma(&reader) : ChromaSampling()
        frameNumberLength = try reader.unsignedExpGolomb("log2_max_frame_num_minus4", upTo: 12) + 4
        pictureOrderCount = try Self.readPictureOrderCount(&reader)
        _ = try reader.unsignedExpGolomb("max_num_ref_frames", upTo: 16)
        _ = try reader.flag()  // gaps_in_frame_num_value_allowed_flag
        widthInMacroblocks = try reader.unsignedExpGolomb("pic_width_in_mbs_minus1", upTo: 1023) + 1
        heightInMapUnits = try reader.unsignedExpGolomb("pic_height_in_map_units_minus1", upTo: 1023) + 1
        isFrameOnly = try reader.flag()
        if !isFrameOnly { _ = try reader.flag() }  // mb_adaptive_frame_field_flag
        _ = try reader.flag()  // direct_8x8_inference_flag
        cropping = try reader.flag() ? Self.readCropping(&reader) : FrameCropping()
        usability = try reader.flag() ? VideoUsability(&reader) : nil
        try reader.trailingBits()
        guard width > 0, height > 0 else { throw reader.error(.inconsistent, "the frame is cropped to nothing") }
    }

    /// The profiles whose sequence parameter sets carry chroma_format_idc and scaling matrices.
    static let profilesWithChroma: Set<UInt8> = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]

    private static func readChroma(_ reader: inout BitReader) throws(CodecSyntaxError) -> ChromaSampling {
        var chroma = ChromaSampling()
        chroma.formatIdc = try reader.unsignedExpGolomb("chroma_format_idc", upTo: 3)
        if chroma.formatIdc == 3 { chroma.hasSeparatePlanes = try reader.flag() }
        chroma.lumaBitDepth = try reader.unsignedExpGolomb("bit_depth_luma_minus8", upTo: 6) + 8
        chroma.chromaBitDepth = try reader.unsignedExpGolomb("bit_depth_chroma_minus8", upTo: 6) + 8
        _ = try reader.flag()  // qpprime_y_zero_transform_bypass_flag
        if try reader.flag() { try reader.skipScalingLists(count: chroma.formatIdc == 3 ? 12 : 8) }
        return chroma
    }

    private static func readPictureOrderCount(_ reader: inout BitReader) throws(CodecSyntaxError) -> PictureOrderCount {
        switch try reader.unsignedExpGolomb("pic_order_cnt_type", upTo: 2) {
        case 0:
            let length = try reader.unsignedExpGolomb("log2_max_pic_order_cnt_lsb_minus4", upTo: 12) + 4
            return .leastSignificantBits(length: length)
        case 1:
            let alwaysZero = try reader.flag()
            _ = try reader.signedExpGolomb("offset_for_non_ref_pic")
            _ = try reader.signedExpGolomb("offset_for_top_to_bottom_field")
            let count = try reader.unsignedExpGolomb("num_ref_frames_in_pic_order_cnt_cycle", upTo: 255)
            for _ in 0..<count { _ = try reader.signedExpGolomb("offset_for_ref_frame") }
            return .expectedDeltas(alwaysZero: alwaysZero)
        default:
            return .decodingOrder
        }
    }

    private static func readCropping(_ reader: inout BitReader) throws(CodecSyntaxError) -> FrameCropping {
        FrameCropping(
            left: try reader.unsignedExpGolomb("frame_crop_left_offset", upTo: 16_384),
            right: try reader.unsignedExpGolomb("frame_crop_right_offset", upTo: 16_384),
            top: try reader.unsignedExpGolomb("frame_crop_top_offset", upTo: 16_384),
            bottom: try reader.unsignedExpGolomb("frame_crop_bottom_offset", upTo: 16_384))
    }
}

extension SequenceParameterSet {
    /// Width of the output picture in luma samples (7-19 to 7-22).
    public var width: Int {
        let unit = chroma.arrayType == 1 || chroma.arrayType == 2 ? 2 : 1
        return widthInMacroblocks * 16 - unit * (cropping.left + cropping.right)
    }

    /// Height of the output picture in luma samples.
    public var height: Int {
        let fields = isFrameOnly ? 1 : 2
        let unit = (chroma.arrayType == 1 ? 2 : 1) * fields
        return heightInMapUnits * fields * 16 - unit * (cropping.top + cropping.bottom)
    }

    /// The `codecs` parameter of RFC 6381, 3.3: `avc1.` and profile, constraints and level in hexadecimal.
    public var codecString: String {
        "avc1." + [profileIdc, constraintFlags, levelIdc].map { $0.twoHexadecimalDigits }.joined()
    }
}

extension UInt8 {
    /// Lower case, as packagers write codec strings.
    var twoHexadecimalDigits: String {
        (self < 16 ? "0" : "") + String(self, radix: 16)
    }
}
