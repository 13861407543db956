/// pic_parameter_set_rbsp() of HEVC (ISO/IEC 23008-2, 7.3.2.3), as far as slice headers need it.
public struct HEVCPictureParameterSet: Hashable, Sendable {
    /// pps_pic_parameter_set_id, 0 to 63.
    public let id: Int
    /// pps_seq_parameter_set_id, 0 to 15.
    public let sequenceID: Int
    let hasDependentSlices: Bool
    let hasOutputFlag: Bool
    let extraHeaderBits: Int
    let hasInitialisationFlag: Bool
    /// num_ref_idx_l0_default_active_minus1 + 1 and the same of list 1.
    let defaultActiveReferences: [Int]
    let hasSliceChromaOffsets: Bool
    let weightsPrediction: Bool
    let weightsBiprediction: Bool
    /// tiles_enabled_flag or entropy_coding_sync_enabled_flag.
    let hasEntryPoints: Bool
    let filtersAcrossSlices: Bool
    let deblocking: Deblocking
    let hasListModification: Bool
    let hasHeaderExtension: Bool
    let extensions: Extensions

    /// What the deblocking filter does where slices do not say.
    struct Deblocking: Hashable, Sendable {
        var canBeOverridden = false
        var isDisabled = false
    }

    /// What of the extensions reaches slice headers.
    struct Extensions: Hashable, Sendable {
        /// chroma_qp_offset_list_enabled_flag.
        var hasChromaOffsetList = false
        /// pps_curr_pic_ref_enabled_flag.
        var refersToCurrentPicture = false
        /// pps_slice_act_qp_offsets_present_flag.
        var hasColourTransformOffsets = false
    }

    /// Reads a whole NAL unit: header, escaped payload.
    ///
    /// - Throws: when it is not a picture parameter set of the base layer, ends early, or has a value out of range.
    public init(nalUnit: [UInt8]) throws(CodecSyntaxError) {
        self = try nalUnit.withRawBytes { (bytes) throws(CodecSyntaxError) in
            try HEVCPictureParameterSet(nalUnit: bytes)
        }
    }

    init(nalUnit: UnsafeRawBufferPointer) throws(CodecSyntaxError) {
        var reader = BitReader(nalUnit, .pictureParameterSet)
        try self.init(&reader)
    }

    private init(_ reader: inout BitReader) throws(CodecSyntaxError) {
        try reader.hevcHeader(.pictureParameterSet)
        id = try reader.unsignedExpGolomb("pps_pic_parameter_set_id", upTo: 63)
        sequenceID = try reader.unsignedExpGolomb("pps_seq_parameter_set_id", upTo: 15)
        hasDependentSlices = try reader.flag()
        hasOutputFlag = try reader.flag()
        extraHeaderBits = try reader.integer(3)
        _ = try reader.flag()  // sign_data_hiding_enabled_flag
        hasInitialisationFlag = try reader.flag()
        defaultActiveReferences = [
            try reader.unsignedExpGolomb("num_ref_idx_l0_default_active_minus1", upTo: 14) + 1,
            try reader.unsignedExpGolomb("num_ref_idx_l1_default_active_minus1", upTo: 14) + 1,
        ]
        _ = try reader.signedExpGolomb("init_qp_minus26")
        _ = try reader.flag()  // constrained_intra_pred_flag
        let skipsTransform = try reader.flag()
        if try reader.flag() { _ = try reader.unsignedExpGolomb("diff_cu_qp_delta_depth", upTo: 3) }
        _ = try reader.signedExpGolomb("pps_cb_qp_offset")
        _ = try reader.signedExpGolomb("pps_cr_qp_offset")
        hasSliceChromaOffsets = try reader.flag()
        weightsPrediction = try reader.flag()
        weightsBiprediction = try reader.flag()
        _ = try reader.flag()  // transquant_bypass_enabled_flag
        let hasTiles = try reader.flag()
        let synchronises = try reader.flag()
        hasEntryPoints = hasTiles || synchronises
        if hasTiles { try Self.skipTiles(&reader) }
        filtersAcrossSlices = try reader.flag()
        deblocking = try reader.flag() ? try Self.readDeblocking(&reader) : Deblocking()
        if try reader.flag() { try reader.skipHEVCScalingLists() }  // pps_scaling_list_data_present_flag
        hasListModification = try reader.flag()
        _ = try reader.unsignedExpGolomb("log2_parallel_merge_level_minus2", upTo: 4)
        hasHeaderExtension = try reader.flag()
        extensions = try reader.flag() ? try Self.readExtensions(&reader, skipsTransform) : Extensions()
    }

    private static func skipTiles(_ reader: inout BitReader) throws(CodecSyntaxError) {
        // Level 6.2 allows 20 columns and 22 rows; levels beyond it more (A.4.1).
        let columns = try reader.unsignedExpGolomb("num_tile_columns_minus1", upTo: 255)
        let rows = try reader.unsignedExpGolomb("num_tile_rows_minus1", upTo: 255)
        if try !reader.flag() {  // uniform_spacing_flag
            for _ in 0..<(columns + rows) {
                _ = try reader.unsignedExpGolomb("column_width or row_height", upTo: 16_888)
            }
        }
        _ = try reader.flag()  // loop_filter_across_tiles_enabled_flag
    }

    private static func readDeblocking(_ reader: inout BitReader) throws(CodecSyntaxError) -> Deblocking {
        let deblocking = Deblocking(canBeOverridden: try reader.flag(), isDisabled: try reader.flag())
        if !deblocking.isDisabled {
            _ = try reader.signedExpGolomb("pps_beta_offset_div2")
            _ = try reader.signedExpGolomb("pps_tc_offset_div2")
        }
        return deblocking
    }

    /// 7.3.2.3.1 to 7.3.2.3.3.
    private static func readExtensions(
        _ reader: inout BitReader, _ skipsTransform: Bool
    ) throws(CodecSyntaxError) -> Extensions {
        let hasRange = try reader.flag()
        let hasLayers = try reader.flag()
        let isStereo = try reader.flag()
        let hasScreenContent = try reader.flag()
        _ = try reader.bits(4)
        var extensions = Extensions()
        if hasRange {
            if skipsTransform {
                _ = try reader.unsignedExpGolomb("log2_max_transform_skip_block_size_minus2", upTo: 3)
            }
            _ = try reader.flag()  // cross_component_prediction_enabled_flag
            extensions.hasChromaOffsetList = try reader.flag()
            if extensions.hasChromaOffsetList { try skipChromaOffsets(&reader) }
            _ = try reader.unsignedExpGolomb("log2_sao_offset_scale_luma", upTo: 8)
            _ = try reader.unsignedExpGolomb("log2_sao_offset_scale_chroma", upTo: 8)
        }
        // What layers add to slice headers lies within the extension, whose length is written.
        guard hasScreenContent else { return extensions }
        guard !hasLayers, !isStereo else {
            throw reader.error(.unsupported, "screen content and several layers in one parameter set")
        }
        extensions.refersToCurrentPicture = try reader.flag()
        if try reader.flag() { extensions.hasColourTransformOffsets = try reader.flag() }
        return extensions
    }

    private static func skipChromaOffsets(_ reader: inout BitReader) throws(CodecSyntaxError) {
        _ = try reader.unsignedExpGolomb("diff_cu_chroma_qp_offset_depth", upTo: 3)
        let count = try reader.unsignedExpGolomb("chroma_qp_offset_list_len_minus1", upTo: 5) + 1
        for _ in 0..<(2 * count) { _ = try reader.signedExpGolomb("cb_qp_offset_list or cr_qp_offset_list") }
    }
}
