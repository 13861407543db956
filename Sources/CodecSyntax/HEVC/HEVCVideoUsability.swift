/// vui_parameters() of HEVC (ISO/IEC 23008-2, E.2.1), as far as manifests and sample entries need it.
public struct HEVCVideoUsability: Hashable, Sendable {
    /// Width and height of a sample; nil when unspecified.
    public private(set) var sampleAspectRatio: VideoUsability.SampleAspectRatio?
    /// Nil when not described.
    public private(set) var colour: VideoUsability.Colour?

    init(_ reader: inout BitReader, subLayers: Int) throws(CodecSyntaxError) {
        if try reader.flag() { sampleAspectRatio = try VideoUsability.readAspectRatio(&reader) }
        if try reader.flag() { _ = try reader.flag() }  // overscan_info_present_flag, overscan_appropriate_flag
        if try reader.flag() { colour = try VideoUsability.readVideoSignal(&reader) }
        if try reader.flag() {
            _ = try reader.unsignedExpGolomb("chroma_sample_loc_type_top_field", upTo: 5)
            _ = try reader.unsignedExpGolomb("chroma_sample_loc_type_bottom_field", upTo: 5)
        }
        _ = try reader.bits(3)  // neutral_chroma_indication_flag, field_seq_flag, frame_field_info_present_flag
        if try reader.flag() {
            for _ in 0..<4 { _ = try reader.unsignedExpGolomb("def_disp_win_offset", upTo: 16_384) }
        }
        if try reader.flag() { try Self.skipTiming(&reader, subLayers: subLayers) }
        if try reader.flag() { try Self.skipRestriction(&reader) }
    }

    private static func skipTiming(_ reader: inout BitReader, subLayers: Int) throws(CodecSyntaxError) {
        try reader.skip(64)  // vui_num_units_in_tick, vui_time_scale
        if try reader.flag() { _ = try reader.unsignedExpGolomb("vui_num_ticks_poc_diff_one_minus1") }
        if try reader.flag() { try skipHypotheticalReferenceDecoder(&reader, subLayers: subLayers) }
    }

    private static func skipRestriction(_ reader: inout BitReader) throws(CodecSyntaxError) {
        _ = try reader.bits(3)  // tiles_fixed_structure, motion_vectors_over_pic_boundaries, restricted_ref_pic_lists
        _ = try reader.unsignedExpGolomb("min_spatial_segmentation_idc", upTo: 4095)
        _ = try reader.unsignedExpGolomb("max_bytes_per_pic_denom", upTo: 16)
        _ = try reader.unsignedExpGolomb("max_bits_per_min_cu_denom", upTo: 16)
        _ = try reader.unsignedExpGolomb("log2_max_mv_length_horizontal", upTo: 16)
        _ = try reader.unsignedExpGolomb("log2_max_mv_length_vertical", upTo: 16)
    }

    /// hrd_parameters() with commonInfPresentFlag 1 (E.2.2).
    private static func skipHypotheticalReferenceDecoder(
        _ reader: inout BitReader, subLayers: Int
    ) throws(CodecSyntaxError) {
        let hasNAL = try reader.flag()
        let hasVCL = try reader.flag()
        var hasSubPictures = false
        if hasNAL || hasVCL {
            hasSubPictures = try reader.flag()
            if hasSubPictures { try reader.skip(8 + 5 + 1 + 5) }
            _ = try reader.bits(8)  // bit_rate_scale, cpb_size_scale
            if hasSubPictures { _ = try reader.bits(4) }
            try reader.skip(15)  // lengths of delays
        }
        for _ in 0..<subLayers {
            let isFixedGenerally = try reader.flag()
            let isFixed = isFixedGenerally ? true : try reader.flag()
            var hasLowDelay = false
            if isFixed {
                _ = try reader.unsignedExpGolomb("elemental_duration_in_tc_minus1", upTo: 2047)
            } else {
                hasLowDelay = try reader.flag()
            }
            let buffers = hasLowDelay ? 1 : try reader.unsignedExpGolomb("cpb_cnt_minus1", upTo: 31) + 1
            for _ in 0..<((hasNAL ? buffers : 0) + (hasVCL ? buffers : 0)) {
                for _ in 0..<(hasSubPictures ? 4 : 2) {
                    _ = try reader.unsignedExpGolomb("bit_rate_value_minus1 or cpb_size_value_minus1")
                }
                _ = try reader.flag()  // cbr_flag
            }
        }
    }
}
