/// pic_parameter_set_rbsp() of AVC (ISO/IEC 14496-10, 7.3.2.2), as far as slice headers need it.
public struct PictureParameterSet: Hashable, Sendable {
    /// pic_parameter_set_id, 0 to 255.
    public let id: Int
    /// seq_parameter_set_id, 0 to 31.
    public let sequenceID: Int
    /// entropy_coding_mode_flag: CABAC rather than CAVLC.
    public let usesCABAC: Bool
    /// bottom_field_pic_order_in_frame_present_flag.
    let hasBottomFieldOrder: Bool
    let sliceGroups: SliceGroups
    /// num_ref_idx_l0_default_active_minus1 + 1 and the same of list 1.
    let defaultActiveReferences: [Int]
    /// weighted_pred_flag.
    public let weightsPrediction: Bool
    /// weighted_bipred_idc: 0 default, 1 explicit, 2 implicit.
    public let weightedBipredIdc: Int
    /// deblocking_filter_control_present_flag.
    let hasDeblockingControl: Bool
    /// redundant_pic_cnt_present_flag.
    let hasRedundantPictureCount: Bool

    /// What of the slice groups (flexible macroblock ordering) reaches the slice header.
    enum SliceGroups: Hashable, Sendable {
        /// One group, or a map that the picture parameter set gives whole.
        case fixed
        /// slice_group_map_type 3 to 5: the header carries slice_group_change_cycle; SliceGroupChangeRate.
        case evolving(changeRate: Int)
    }

    /// Reads a whole NAL unit: header byte, escaped payload, trailing bits.
    ///
    /// - Parameter sequences: the sequence parameter sets; the one referred to says how many scaling lists follow.
    /// - Throws: when it is not a picture parameter set, ends early, refers to an absent sequence parameter set, or has
    ///   a value out of range.
    public init(nalUnit: [UInt8], sequences: [SequenceParameterSet]) throws(CodecSyntaxError) {
        self = try nalUnit.withRawBytes { (bytes) throws(CodecSyntaxError) in
            var reader = BitReader(bytes, .pictureParameterSet)
            return try PictureParameterSet(&reader, sequences)
        }
    }

    private init(_ reader: inout BitReader, _ sequences: [SequenceParameterSet]) throws(CodecSyntaxError) {
        guard try reader.bits(8) & 0x9F == UInt32(NALUnitType.pictureParameterSet.rawValue) else {
            throw reader.error(.inconsistent, "nal_unit_type is not 8")
        }
        id = try reader.unsignedExpGolomb("pic_parameter_set_id", upTo: 255)
        let sequenceID = try reader.unsignedExpGolomb("seq_parameter_set_id", upTo: 31)
        self.sequenceID = sequenceID
        guard let sequence = sequences.first(where: { $0.id == sequenceID }) else {
            throw reader.error(.inconsistent, "seq_parameter_set_id \(sequenceID) is not there")
        }
        usesCABAC = try reader.flag()
        hasBottomFieldOrder = try reader.flag()
        let groupCount = try reader.unsignedExpGolomb("num_slice_groups_minus1", upTo: 7) + 1
        sliceGroups = groupCount > 1 ? try Self.readSliceGroups(&reader, count: groupCount) : .fixed
        defaultActiveReferences = [
            try reader.unsignedExpGolomb("num_ref_idx_l0_default_active_minus1", upTo: 31) + 1,
            try reader.unsignedExpGolomb("num_ref_idx_l1_default_active_minus1", upTo: 31) + 1,
        ]
        weightsPrediction = try reader.flag()
        weightedBipredIdc = try reader.integer(2)
        guard weightedBipredIdc < 3 else { throw reader.error(.outOfRange, "weighted_bipred_idc is 3") }
        _ = try reader.signedExpGolomb("pic_init_qp_minus26")
        _ = try reader.signedExpGolomb("pic_init_qs_minus26")
        _ = try reader.signedExpGolomb("chroma_qp_index_offset")
        hasDeblockingControl = try reader.flag()
        _ = try reader.flag()  // constrained_intra_pred_flag
        hasRedundantPictureCount = try reader.flag()
        if reader.hasMoreData() { try Self.skipExtension(&reader, sequence) }
        try reader.trailingBits()
    }

    private static func readSliceGroups(
        _ reader: inout BitReader, count: Int
    ) throws(CodecSyntaxError) -> SliceGroups {
        switch try reader.unsignedExpGolomb("slice_group_map_type", upTo: 6) {
        case 0:
            for _ in 0..<count { _ = try reader.unsignedExpGolomb("run_length_minus1") }
        case 2:
            for _ in 1..<count {
                _ = try reader.unsignedExpGolomb("top_left")
                _ = try reader.unsignedExpGolomb("bottom_right")
            }
        case 3, 4, 5:
            _ = try reader.flag()  // slice_group_change_direction_flag
            // At most every map unit of the largest picture that the sequence parameter set may describe.
            let rate = try reader.unsignedExpGolomb("slice_group_change_rate_minus1", upTo: 1 << 20) + 1
            return .evolving(changeRate: rate)
        case 6:
            let units = try reader.unsignedExpGolomb("pic_size_in_map_units_minus1", upTo: 1 << 20) + 1
            try reader.skip(units * ceilingOfLog2(count))
        default: break
        }
        return .fixed
    }

    /// The elements that only the High profiles have.
    private static func skipExtension(
        _ reader: inout BitReader, _ sequence: SequenceParameterSet
    ) throws(CodecSyntaxError) {
        let hasLargeTransforms = try reader.flag()
        if try reader.flag() {
            let large = sequence.chroma.formatIdc == 3 ? 6 : 2
            try reader.skipScalingLists(count: 6 + (hasLargeTransforms ? large : 0))
        }
        _ = try reader.signedExpGolomb("second_chroma_qp_index_offset")
    }
}

/// Ceil(Log2(value)) for a positive value.
func ceilingOfLog2(_ value: Int) -> Int {
    Int.bitWidth - (max(value, 1) - 1).leadingZeroBitCount
}
