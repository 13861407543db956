/// slice_segment_header() of HEVC (ISO/IEC 23008-2, 7.3.6.1), read for where it ends: protection schemes leave it clear
/// to the byte (ISO/IEC 23001-7, 9.5.2).
public struct HEVCSliceHeader: Hashable, Sendable {
    /// first_slice_segment_in_pic_flag.
    public let isFirst: Bool
    /// dependent_slice_segment_flag: most of the header is that of the slice segment before.
    public let isDependent: Bool
    /// Bytes of the NAL unit that hold its header and the slice segment header with its alignment, emulation prevention
    /// bytes included: what stays clear.
    public let byteLength: Int

    /// Reads the header of one slice segment.
    ///
    /// - Parameters:
    ///   - unit: within `sample`; of a type that `isSlice`.
    ///   - parameters: the parameter sets in force.
    init(
        _ unit: HEVCNALUnit, in sample: UnsafeRawBufferPointer, parameters: HEVCParameterSets
    ) throws(CodecSyntaxError) {
        var reader = BitReader(UnsafeRawBufferPointer(rebasing: sample[unit.range]), .sliceHeader)
        _ = try reader.bits(16)
        isFirst = try reader.flag()
        if unit.type.isRandomAccess { _ = try reader.flag() }  // no_output_of_prior_pics_flag
        let pictureID = try reader.unsignedExpGolomb("slice_pic_parameter_set_id", upTo: 63)
        guard let picture = parameters.pictures[pictureID], let sequence = parameters.sequences[picture.sequenceID]
        else { throw reader.error(.inconsistent, "slice_pic_parameter_set_id \(pictureID) is not there") }
        var isDependent = false
        if !isFirst {
            if picture.hasDependentSlices { isDependent = try reader.flag() }
            _ = try reader.bits(ceilingOfLog2(sequence.pictureSizeInCodingTreeBlocks))  // slice_segment_address
        }
        self.isDependent = isDependent
        if !isDependent {
            var rest = HEVCSliceHeaderRest(sequence: sequence, picture: picture, isIDR: unit.type.isIDR)
            try rest.read(&reader)
        }
        if picture.hasEntryPoints { try reader.skipEntryPoints(sequence.pictureSizeInCodingTreeBlocks) }
        if picture.hasHeaderExtension {
            try reader.skip(8 * (try reader.unsignedExpGolomb("slice_segment_header_extension_length", upTo: 256)))
        }
        guard try reader.flag() else { throw reader.error(.inconsistent, "alignment_bit_equal_to_one is 0") }
        reader.alignToByte()
        byteLength = reader.bytePosition
    }
}

/// What an independent slice segment adds.
private struct HEVCSliceHeaderRest {
    enum SliceType: Int {
        case bipredicted
        case predicted
        case intra
    }

    let sequence: HEVCSequenceParameterSet
    let picture: HEVCPictureParameterSet
    let isIDR: Bool
    private var type = SliceType.intra
    private var hasTemporalMotionVectors = false
    /// NumPicTotalCurr (7-55).
    private var referenceCount = 0

    init(sequence: HEVCSequenceParameterSet, picture: HEVCPictureParameterSet, isIDR: Bool) {
        self.sequence = sequence
        self.picture = picture
        self.isIDR = isIDR
    }

    mutating func read(_ reader: inout BitReader) throws(CodecSyntaxError) {
        _ = try reader.bits(picture.extraHeaderBits)
        let code = try reader.unsignedExpGolomb("slice_type", upTo: 2)
        type = SliceType(rawValue: code) ?? .intra
        if picture.hasOutputFlag { _ = try reader.flag() }
        if sequence.hasSeparatePlanes { _ = try reader.bits(2) }  // colour_plane_id
        if !isIDR { try readPictureSets(&reader) }
        if picture.extensions.refersToCurrentPicture { referenceCount += 1 }
        var filters = false
        if sequence.hasSampleAdaptiveOffset {
            filters = try reader.flag()
            if sequence.chromaArrayType != 0, try reader.flag() { filters = true }
        }
        if type != .intra { try readPrediction(&reader) }
        try readQuantisation(&reader)
        var isDisabled = picture.deblocking.isDisabled
        if picture.deblocking.canBeOverridden, try reader.flag() {
            isDisabled = try reader.flag()
            if !isDisabled {
                _ = try reader.signedExpGolomb("slice_beta_offset_div2")
                _ = try reader.signedExpGolomb("slice_tc_offset_div2")
            }
        }
        if picture.filtersAcrossSlices, filters || !isDisabled { _ = try reader.flag() }
    }

    private func readQuantisation(_ reader: inout BitReader) throws(CodecSyntaxError) {
        _ = try reader.signedExpGolomb("slice_qp_delta")
        if picture.hasSliceChromaOffsets {
            _ = try reader.signedExpGolomb("slice_cb_qp_offset")
            _ = try reader.signedExpGolomb("slice_cr_qp_offset")
        }
        if picture.extensions.hasColourTransformOffsets {
            for _ in 0..<3 { _ = try reader.signedExpGolomb("slice_act_qp_offset") }
        }
        if picture.extensions.hasChromaOffsetList { _ = try reader.flag() }
    }

    /// Picture order count and the reference picture sets of a picture that is not an IDR picture.
    private mutating func readPictureSets(_ reader: inout BitReader) throws(CodecSyntaxError) {
        _ = try reader.bits(sequence.pictureOrderLength)
        let sets = sequence.referenceSets
        if try !reader.flag() {  // short_term_ref_pic_set_sps_flag
            referenceCount = try HEVCReferencePictureSet(
                &reader, index: sets.count, sets: sets, isInSliceHeader: true
            ).usedCount
        } else {
            let index = try reader.integer(ceilingOfLog2(sets.count))
            guard sets.indices.contains(index) else {
                throw reader.error(.inconsistent, "short_term_ref_pic_set_idx is \(index)")
            }
            referenceCount = sets[index].usedCount
        }
        if let longTerm = sequence.longTermPictures { try readLongTerm(&reader, longTerm) }
        if sequence.hasTemporalMotionVectors { hasTemporalMotionVectors = try reader.flag() }
    }

    private mutating func readLongTerm(_ reader: inout BitReader, _ listed: [Bool]) throws(CodecSyntaxError) {
        let fromList = listed.isEmpty ? 0 : try reader.unsignedExpGolomb("num_long_term_sps", upTo: 32)
        let own = try reader.unsignedExpGolomb("num_long_term_pics", upTo: 32)
        for number in 0..<(fromList + own) {
            let isUsed: Bool
            if number < fromList {
                let index = try reader.integer(ceilingOfLog2(listed.count))
                guard listed.indices.contains(index) else {
                    throw reader.error(.inconsistent, "lt_idx_sps is \(index)")
                }
                isUsed = listed[index]
            } else {
                _ = try reader.bits(sequence.pictureOrderLength)  // poc_lsb_lt
                isUsed = try reader.flag()
            }
            if isUsed { referenceCount += 1 }
            if try reader.flag() { _ = try reader.unsignedExpGolomb("delta_poc_msb_cycle_lt") }
        }
    }

    /// What P and B slices say of their references.
    private mutating func readPrediction(_ reader: inout BitReader) throws(CodecSyntaxError) {
        var active = Array(picture.defaultActiveReferences.prefix(type == .bipredicted ? 2 : 1))
        if try reader.flag() {  // num_ref_idx_active_override_flag
            for list in active.indices {
                active[list] = try reader.unsignedExpGolomb("num_ref_idx_active_minus1", upTo: 14) + 1
            }
        }
        if picture.hasListModification, referenceCount > 1 {
            for count in active where try reader.flag() { try reader.skip(count * ceilingOfLog2(referenceCount)) }
        }
        if type == .bipredicted { _ = try reader.flag() }  // mvd_l1_zero_flag
        if picture.hasInitialisationFlag { _ = try reader.flag() }  // cabac_init_flag
        if hasTemporalMotionVectors {
            let isFromSecond = type == .bipredicted ? try !reader.flag() : false
            if active[isFromSecond ? 1 : 0] > 1 { _ = try reader.unsignedExpGolomb("collocated_ref_idx", upTo: 14) }
        }
        if type == .predicted ? picture.weightsPrediction : picture.weightsBiprediction {
            try readWeights(&reader, active)
        }
        _ = try reader.unsignedExpGolomb("five_minus_max_num_merge_cand", upTo: 4)
        if sequence.screenContent.choosesIntegerVectors { _ = try reader.flag() }  // use_integer_mv_flag
    }

    /// pred_weight_table() (7.3.6.3).
    private func readWeights(_ reader: inout BitReader, _ active: [Int]) throws(CodecSyntaxError) {
        // A reference to the picture itself has no weight, and which reference that is the header alone does not say.
        guard !picture.extensions.refersToCurrentPicture else {
            throw reader.error(.unsupported, "weighted prediction with references to the picture itself")
        }
        let hasChroma = sequence.chromaArrayType != 0
        _ = try reader.unsignedExpGolomb("luma_log2_weight_denom", upTo: 7)
        if hasChroma { _ = try reader.signedExpGolomb("delta_chroma_log2_weight_denom") }
        for count in active {
            var luma: [Bool] = []
            for _ in 0..<count { luma.append(try reader.flag()) }
            var chroma: [Bool] = []
            for _ in 0..<(hasChroma ? count : 0) { chroma.append(try reader.flag()) }
            for index in 0..<count {
                let pairs = (luma[index] ? 1 : 0) + (hasChroma && chroma[index] ? 2 : 0)
                for _ in 0..<(2 * pairs) { _ = try reader.signedExpGolomb("weight or offset") }
            }
        }
    }
}

extension BitReader {
    /// entry_point_offset_minus1 of each substream (7.3.6.1).
    fileprivate mutating func skipEntryPoints(_ pictureSize: Int) throws(CodecSyntaxError) {
        // 7.4.7.1: never more than there are coding tree blocks.
        let count = try unsignedExpGolomb("num_entry_point_offsets", upTo: pictureSize)
        guard count > 0 else { return }
        let length = try unsignedExpGolomb("offset_len_minus1", upTo: 31) + 1
        try skip(count * length)
    }
}
