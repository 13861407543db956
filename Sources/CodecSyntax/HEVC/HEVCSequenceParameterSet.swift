/// seq_parameter_set_rbsp() of HEVC (ISO/IEC 23008-2, 7.3.2.2), as far as tracks and slice headers need it.
public struct HEVCSequenceParameterSet: Hashable, Sendable {
    /// general_profile_idc and its kin.
    public let profile: HEVCProfile
    /// sps_seq_parameter_set_id, 0 to 15.
    public let id: Int
    /// chroma_format_idc: 0 monochrome, 1 is 4:2:0, 2 is 4:2:2, 3 is 4:4:4.
    public let chromaFormat: Int
    let hasSeparatePlanes: Bool
    /// Size of the output picture in luma samples, the conformance window cut out.
    public let width: Int
    public let height: Int
    /// bit_depth_luma_minus8 + 8.
    public let lumaBitDepth: Int
    let pictureOrderLength: Int
    /// PicSizeInCtbsY.
    let pictureSizeInCodingTreeBlocks: Int
    let hasSampleAdaptiveOffset: Bool
    let referenceSets: [HEVCReferencePictureSet]
    /// used_by_curr_pic_lt_sps_flag of each long-term picture; nil when long_term_ref_pics_present_flag is 0.
    let longTermPictures: [Bool]?
    let hasTemporalMotionVectors: Bool
    /// Absent when vui_parameters_present_flag is 0.
    public let usability: HEVCVideoUsability?
    let screenContent: HEVCScreenContent

    /// ChromaArrayType (7.4.3.2.1).
    var chromaArrayType: Int { hasSeparatePlanes ? 0 : chromaFormat }

    /// Reads a whole NAL unit: header, escaped payload, trailing bits.
    ///
    /// - Throws: when it is not a sequence parameter set of the base layer, ends early, or has a value out of range.
    public init(nalUnit: [UInt8]) throws(CodecSyntaxError) {
        self = try nalUnit.withRawBytes { (bytes) throws(CodecSyntaxError) in
            try HEVCSequenceParameterSet(nalUnit: bytes)
        }
    }

    init(nalUnit: UnsafeRawBufferPointer) throws(CodecSyntaxError) {
        var reader = BitReader(nalUnit, .sequenceParameterSet)
        try self.init(&reader)
    }

    private init(_ reader: inout BitReader) throws(CodecSyntaxError) {
        try reader.hevcHeader(.sequenceParameterSet)
        _ = try reader.bits(4)  // sps_video_parameter_set_id
        let subLayers = try reader.integer(3) + 1
        guard subLayers <= 7 else { throw reader.error(.outOfRange, "sps_max_sub_layers_minus1 is 7") }
        _ = try reader.flag()  // sps_temporal_id_nesting_flag
        profile = try HEVCProfile(&reader)
        try reader.skipSubLayerProfiles(subLayers: subLayers)
        id = try reader.unsignedExpGolomb("sps_seq_parameter_set_id", upTo: 15)
        chromaFormat = try reader.unsignedExpGolomb("chroma_format_idc", upTo: 3)
        hasSeparatePlanes = chromaFormat == 3 ? try reader.flag() : false
        let coded = (
            width: try reader.unsignedExpGolomb("pic_width_in_luma_samples", upTo: 16_888),
            height: try reader.unsignedExpGolomb("pic_height_in_luma_samples", upTo: 16_888)
        )
        let window = try reader.flag() ? try Self.readWindow(&reader, chromaFormat) : (0, 0)
        (width, height) = (coded.width - window.0, coded.height - window.1)
        guard width > 0, height > 0 else { throw reader.error(.inconsistent, "the picture is cropped to nothing") }
        lumaBitDepth = try reader.unsignedExpGolomb("bit_depth_luma_minus8", upTo: 8) + 8
        let chromaBitDepth = try reader.unsignedExpGolomb("bit_depth_chroma_minus8", upTo: 8) + 8
        pictureOrderLength = try reader.unsignedExpGolomb("log2_max_pic_order_cnt_lsb_minus4", upTo: 12) + 4
        for _ in 0..<(try reader.flag() ? subLayers : 1) {
            _ = try reader.unsignedExpGolomb("sps_max_dec_pic_buffering_minus1", upTo: 15)
            _ = try reader.unsignedExpGolomb("sps_max_num_reorder_pics", upTo: 15)
            _ = try reader.unsignedExpGolomb("sps_max_latency_increase_plus1")
        }
        pictureSizeInCodingTreeBlocks = try Self.readBlocks(&reader, coded)
        if try reader.flag() {  // scaling_list_enabled_flag
            if try reader.flag() { try reader.skipHEVCScalingLists() }
        }
        _ = try reader.flag()  // amp_enabled_flag
        hasSampleAdaptiveOffset = try reader.flag()
        if try reader.flag() { try Self.skipPulseCode(&reader) }
        referenceSets = try Self.readReferenceSets(&reader)
        longTermPictures = try reader.flag() ? try Self.readLongTerm(&reader, pictureOrderLength) : nil
        hasTemporalMotionVectors = try reader.flag()
        _ = try reader.flag()  // strong_intra_smoothing_enabled_flag
        usability = try reader.flag() ? try HEVCVideoUsability(&reader, subLayers: subLayers) : nil
        screenContent = try HEVCScreenContent(
            sequenceExtensions: &reader, chromaFormat, depths: [lumaBitDepth, chromaBitDepth])
    }

    /// conformance_window_flag 1: luma samples that are cut off in each direction (7-28, 7-29, table 6-1).
    private static func readWindow(
        _ reader: inout BitReader, _ chromaFormat: Int
    ) throws(CodecSyntaxError) -> (Int, Int) {
        let (horizontal, vertical) = (chromaFormat == 1 || chromaFormat == 2 ? 2 : 1, chromaFormat == 1 ? 2 : 1)
        var offsets: [Int] = []
        for _ in 0..<4 { offsets.append(try reader.unsignedExpGolomb("conf_win_offset", upTo: 16_888)) }
        return (horizontal * (offsets[0] + offsets[1]), vertical * (offsets[2] + offsets[3]))
    }

    /// Sizes of blocks; gives PicSizeInCtbsY (7-10 to 7-19).
    private static func readBlocks(
        _ reader: inout BitReader, _ size: (width: Int, height: Int)
    ) throws(CodecSyntaxError) -> Int {
        let smallest = try reader.unsignedExpGolomb("log2_min_luma_coding_block_size_minus3", upTo: 3) + 3
        let log2 = smallest + (try reader.unsignedExpGolomb("log2_diff_max_min_luma_coding_block_size", upTo: 3))
        guard log2 <= 6 else { throw reader.error(.outOfRange, "CtbLog2SizeY is \(log2)") }
        _ = try reader.unsignedExpGolomb("log2_min_luma_transform_block_size_minus2", upTo: 3)
        _ = try reader.unsignedExpGolomb("log2_diff_max_min_luma_transform_block_size", upTo: 3)
        _ = try reader.unsignedExpGolomb("max_transform_hierarchy_depth_inter", upTo: 4)
        _ = try reader.unsignedExpGolomb("max_transform_hierarchy_depth_intra", upTo: 4)
        let block = 1 << log2
        return ((size.width + block - 1) / block) * ((size.height + block - 1) / block)
    }

    private static func skipPulseCode(_ reader: inout BitReader) throws(CodecSyntaxError) {
        _ = try reader.bits(8)  // bit depths
        _ = try reader.unsignedExpGolomb("log2_min_pcm_luma_coding_block_size_minus3", upTo: 2)
        _ = try reader.unsignedExpGolomb("log2_diff_max_min_pcm_luma_coding_block_size", upTo: 2)
        _ = try reader.flag()  // pcm_loop_filter_disabled_flag
    }

    private static func readReferenceSets(
        _ reader: inout BitReader
    ) throws(CodecSyntaxError) -> [HEVCReferencePictureSet] {
        let count = try reader.unsignedExpGolomb("num_short_term_ref_pic_sets", upTo: 64)
        var sets: [HEVCReferencePictureSet] = []
        for index in 0..<count {
            sets.append(try HEVCReferencePictureSet(&reader, index: index, sets: sets, isInSliceHeader: false))
        }
        return sets
    }

    private static func readLongTerm(
        _ reader: inout BitReader, _ pictureOrderLength: Int
    ) throws(CodecSyntaxError) -> [Bool] {
        let count = try reader.unsignedExpGolomb("num_long_term_ref_pics_sps", upTo: 32)
        var used: [Bool] = []
        for _ in 0..<count {
            _ = try reader.bits(pictureOrderLength)  // lt_ref_pic_poc_lsb_sps
            used.append(try reader.flag())
        }
        return used
    }
}

/// What of the extensions of a sequence parameter set reaches slice headers (7.3.2.2.2 and 7.3.2.2.3).
struct HEVCScreenContent: Hashable, Sendable {
    /// motion_vector_resolution_control_idc is 2.
    var choosesIntegerVectors = false

    init(sequenceExtensions reader: inout BitReader, _ chromaFormat: Int, depths: [Int]) throws(CodecSyntaxError) {
        guard try reader.flag() else { return }  // sps_extension_present_flag
        let hasRange = try reader.flag()
        let hasLayers = try reader.flag()
        let isStereo = try reader.flag()
        let hasScreenContent = try reader.flag()
        _ = try reader.bits(4)
        if hasRange { _ = try reader.bits(9) }
        if hasLayers { _ = try reader.flag() }
        guard !isStereo else { throw reader.error(.unsupported, "sps_3d_extension_flag is 1") }
        guard hasScreenContent else { return }
        _ = try reader.flag()  // sps_curr_pic_ref_enabled_flag
        if try reader.flag() {  // palette_mode_enabled_flag
            _ = try reader.unsignedExpGolomb("palette_max_size", upTo: 64)
            _ = try reader.unsignedExpGolomb("delta_palette_max_predictor_size", upTo: 128)
            if try reader.flag() {
                let count = try reader.unsignedExpGolomb("sps_num_palette_predictor_initializers_minus1", upTo: 255) + 1
                for component in 0..<(chromaFormat == 0 ? 1 : 3) {
                    try reader.skip(count * depths[min(component, 1)])
                }
            }
        }
        choosesIntegerVectors = try reader.integer(2) == 2
    }
}

extension BitReader {
    /// nal_unit_header() (7.3.1.2) of a unit that must be of a type and of the base layer.
    mutating func hevcHeader(_ type: HEVCNALUnitType) throws(CodecSyntaxError) {
        let header = try bits(16)
        guard header >> 9 == UInt32(type.rawValue) else {
            throw error(.inconsistent, "nal_unit_type is not \(type.rawValue)")
        }
        guard header >> 3 & 0x3F == 0 else { throw error(.unsupported, "nuh_layer_id is not 0") }
    }

    /// The part of profile_tier_level() behind general_level_idc (7.3.3).
    mutating func skipSubLayerProfiles(subLayers: Int) throws(CodecSyntaxError) {
        var present: [(profile: Bool, level: Bool)] = []
        for _ in 1..<max(subLayers, 1) { present.append((try flag(), try flag())) }
        if subLayers > 1 { try skip(2 * (8 - (subLayers - 1))) }
        for layer in present {
            if layer.profile { try skip(88) }
            if layer.level { try skip(8) }
        }
    }

    /// scaling_list_data() (7.3.4).
    mutating func skipHEVCScalingLists() throws(CodecSyntaxError) {
        for size in 0..<4 {
            for matrix in stride(from: 0, to: 6, by: size == 3 ? 3 : 1) {
                if try flag() {  // scaling_list_pred_mode_flag
                    if size > 1 { _ = try signedExpGolomb("scaling_list_dc_coef_minus8") }
                    for _ in 0..<min(64, 1 << (4 + 2 * size)) { _ = try signedExpGolomb("scaling_list_delta_coef") }
                } else {
                    _ = try unsignedExpGolomb("scaling_list_pred_matrix_id_delta", upTo: matrix)
                }
            }
        }
    }
}
