/// vui_parameters() of AVC (ISO/IEC 14496-10, E.1.1), as far as manifests and sample entries need it.
public struct VideoUsability: Hashable, Sendable {
    /// Width and height of a sample; nil when unspecified.
    public private(set) var sampleAspectRatio: SampleAspectRatio?
    /// Absent when timing_info_present_flag is 0.
    public private(set) var timing: Timing?
    /// colour_primaries, transfer_characteristics, matrix_coefficients (ISO/IEC 23091-2); nil when not described.
    public private(set) var colour: Colour?
    /// max_num_reorder_frames, 0 to 16; nil when the stream does not bound it.
    public private(set) var maximumReorderedFrames: Int?

    /// `width : height` of one sample.
    public struct SampleAspectRatio: Hashable, Sendable {
        /// sar_width.
        public var width: Int
        /// sar_height.
        public var height: Int

        /// Of two positive numbers.
        public init(width: Int, height: Int) {
            self.width = width
            self.height = height
        }
    }

    /// num_units_in_tick and time_scale. A frame lasts two ticks.
    public struct Timing: Hashable, Sendable {
        /// num_units_in_tick.
        public var unitsInTick: UInt32
        /// time_scale: units per second.
        public var timescale: UInt32
        /// fixed_frame_rate_flag.
        public var isFixed: Bool
    }

    /// Code points of ISO/IEC 23091-2.
    public struct Colour: Hashable, Sendable {
        /// colour_primaries.
        public var primaries: UInt8
        /// transfer_characteristics.
        public var transfer: UInt8
        /// matrix_coefficients.
        public var matrix: UInt8
        /// video_full_range_flag.
        public var isFullRange = false

        /// Four code points.
        public init(primaries: UInt8, transfer: UInt8, matrix: UInt8, isFullRange: Bool) {
            self.primaries = primaries
            self.transfer = transfer
            self.matrix = matrix
            self.isFullRange = isFullRange
        }
    }

    init(_ reader: inout BitReader) throws(CodecSyntaxError) {
        if try reader.flag() { sampleAspectRatio = try Self.readAspectRatio(&reader) }
        if try reader.flag() { _ = try reader.flag() }  // overscan_info_present_flag, overscan_appropriate_flag
        if try reader.flag() { colour = try Self.readVideoSignal(&reader) }
        if try reader.flag() {
            _ = try reader.unsignedExpGolomb("chroma_sample_loc_type_top_field", upTo: 5)
            _ = try reader.unsignedExpGolomb("chroma_sample_loc_type_bottom_field", upTo: 5)
        }
        if try reader.flag() {
            timing = Timing(
                unitsInTick: try reader.bits(32), timescale: try reader.bits(32), isFixed: try reader.flag())
        }
        let hasNAL = try reader.flag()
        if hasNAL { try Self.skipHypotheticalReferenceDecoder(&reader) }
        let hasVCL = try reader.flag()
        if hasVCL { try Self.skipHypotheticalReferenceDecoder(&reader) }
        if hasNAL || hasVCL { _ = try reader.flag() }  // low_delay_hrd_flag
        _ = try reader.flag()  // pic_struct_present_flag
        if try reader.flag() { maximumReorderedFrames = try Self.readRestriction(&reader) }
    }

    /// Table E-1, aspect_ratio_idc 1 to 16.
    private static let aspectRatios: [(Int, Int)] = [
        (1, 1), (12, 11), (10, 11), (16, 11), (40, 33), (24, 11), (20, 11), (32, 11), (80, 33), (18, 11), (15, 11),
        (64, 33), (160, 99), (4, 3), (3, 2), (2, 1),
    ]

    static func readAspectRatio(_ reader: inout BitReader) throws(CodecSyntaxError) -> SampleAspectRatio? {
        let idc = try reader.integer(8)
        if idc == 255 {
            let width = try reader.integer(16)
            let height = try reader.integer(16)
            return width > 0 && height > 0 ? SampleAspectRatio(width: width, height: height) : nil
        }
        guard aspectRatios.indices.contains(idc - 1) else { return nil }
        return SampleAspectRatio(width: aspectRatios[idc - 1].0, height: aspectRatios[idc - 1].1)
    }

    static func readVideoSignal(_ reader: inout BitReader) throws(CodecSyntaxError) -> Colour? {
        _ = try reader.bits(3)  // video_format
        let isFullRange = try reader.flag()
        guard try reader.flag() else { return nil }
        let codes = try reader.bits(24)
        return Colour(
            primaries: UInt8(truncatingIfNeeded: codes >> 16), transfer: UInt8(truncatingIfNeeded: codes >> 8),
            matrix: UInt8(truncatingIfNeeded: codes), isFullRange: isFullRange)
    }

    /// hrd_parameters() (E.1.2).
    private static func skipHypotheticalReferenceDecoder(_ reader: inout BitReader) throws(CodecSyntaxError) {
        let count = try reader.unsignedExpGolomb("cpb_cnt_minus1", upTo: 31) + 1
        _ = try reader.bits(8)  // bit_rate_scale, cpb_size_scale
        for _ in 0..<count {
            _ = try reader.unsignedExpGolomb("bit_rate_value_minus1")
            _ = try reader.unsignedExpGolomb("cpb_size_value_minus1")
            _ = try reader.flag()  // cbr_flag
        }
        _ = try reader.bits(20)  // lengths of delays and of time_offset
    }

    /// The part of the VUI behind bitstream_restriction_flag.
    private static func readRestriction(_ reader: inout BitReader) throws(CodecSyntaxError) -> Int {
        _ = try reader.flag()  // motion_vectors_over_pic_boundaries_flag
        _ = try reader.unsignedExpGolomb("max_bytes_per_pic_denom", upTo: 16)
        _ = try reader.unsignedExpGolomb("max_bits_per_mb_denom", upTo: 16)
        _ = try reader.unsignedExpGolomb("log2_max_mv_length_horizontal", upTo: 32)
        _ = try reader.unsignedExpGolomb("log2_max_mv_length_vertical", upTo: 32)
        let reordered = try reader.unsignedExpGolomb("max_num_reorder_frames", upTo: 16)
        _ = try reader.unsignedExpGolomb("max_dec_frame_buffering", upTo: 16)
        return reordered
    }
}
