/// slice_header() of AVC (ISO/IEC 14496-10, 7.3.3): read for what it says of the picture and, above all, for where it
/// ends. Protection schemes leave it clear to the byte (ISO/IEC 23001-7, 9.5.2).
public struct SliceHeader: Hashable, Sendable {
    /// slice_type modulo 5 (table 7-6).
    public enum SliceType: Int, Sendable {
        case predicted = 0
        case bipredicted = 1
        case intra = 2
        case switchingPredicted = 3
        case switchingIntra = 4

        /// P or SP: one reference list.
        var isPredicted: Bool { self == .predicted || self == .switchingPredicted }
        var isIntra: Bool { self == .intra || self == .switchingIntra }
    }

    /// first_mb_in_slice; 0 where a picture begins.
    public let firstMacroblock: Int
    /// How the macroblocks of the slice are predicted.
    public let type: SliceType
    /// pic_parameter_set_id, 0 to 255.
    public let pictureParameterSetID: Int
    /// frame_num, as many bits as the sequence parameter set says.
    public let frameNumber: Int
    /// field_pic_flag and bottom_field_flag.
    public let isField: Bool
    /// bottom_field_flag: the second parity of a field.
    public let isBottomField: Bool
    /// Bits of NAL unit header and slice header, emulation prevention bytes not counted.
    public internal(set) var bitLength = 0
    /// Bytes of the NAL unit that hold any of its header or the slice header, emulation prevention bytes included:
    /// what stays clear.
    public internal(set) var byteLength = 0

    init(
        _ reader: inout BitReader, unit: NALUnit, parameters: AVCParameterSets
    ) throws(CodecSyntaxError) {
        _ = try reader.bits(8)
        firstMacroblock = try reader.unsignedExpGolomb("first_mb_in_slice", upTo: 1 << 21)
        let typeCode = try reader.unsignedExpGolomb("slice_type", upTo: 9)
        guard let type = SliceType(rawValue: typeCode % 5) else { throw reader.error(.outOfRange, "slice_type") }
        self.type = type
        pictureParameterSetID = try reader.unsignedExpGolomb("pic_parameter_set_id", upTo: 255)
        guard let (sequence, picture) = parameters.sets(forPicture: pictureParameterSetID) else {
            throw reader.error(.inconsistent, "pic_parameter_set_id \(pictureParameterSetID) is not there")
        }
        if sequence.chroma.hasSeparatePlanes { _ = try reader.bits(2) }  // colour_plane_id
        frameNumber = try reader.integer(sequence.frameNumberLength)
        isField = sequence.isFrameOnly ? false : try reader.flag()
        isBottomField = isField ? try reader.flag() : false
        var rest = SliceHeaderRest(sequence: sequence, picture: picture, unit: unit, type: type, isField: isField)
        try rest.read(&reader)
        bitLength = reader.bitPosition
        byteLength = reader.bytePosition
    }

    /// Reads the header of one slice.
    ///
    /// - Parameters:
    ///   - unit: the NAL unit within `bytes`; of type 1 or 5.
    ///   - bytes: a sample or a byte stream.
    ///   - parameters: the parameter sets in force.
    /// - Throws: when the unit is not such a slice or lies outside `bytes`, the header ends early, has a value out of
    ///   range, or refers to a parameter set that is not there.
    public init(
        _ unit: NALUnit, in bytes: UnsafeRawBufferPointer, parameters: AVCParameterSets
    ) throws(CodecSyntaxError) {
        guard unit.type.isSlice, unit.offset >= 0, unit.length > 0, unit.length <= bytes.count,
            unit.offset <= bytes.count - unit.length
        else { throw CodecSyntaxError(.inconsistent, .sliceHeader, "the NAL unit is not a slice within its sample") }
        var reader = BitReader(UnsafeRawBufferPointer(rebasing: bytes[unit.range]), .sliceHeader)
        try self.init(&reader, unit: unit, parameters: parameters)
    }
}

/// The part of the slice header behind the field flags.
private struct SliceHeaderRest {
    let sequence: SequenceParameterSet
    let picture: PictureParameterSet
    let unit: NALUnit
    let type: SliceHeader.SliceType
    let isField: Bool

    private var isIDR: Bool { unit.type == .sliceIDR }

    mutating func read(_ reader: inout BitReader) throws(CodecSyntaxError) {
        if isIDR { _ = try reader.unsignedExpGolomb("idr_pic_id", upTo: 65_535) }
        try readPictureOrderCount(&reader)
        if picture.hasRedundantPictureCount { _ = try reader.unsignedExpGolomb("redundant_pic_cnt", upTo: 127) }
        if type == .bipredicted { _ = try reader.flag() }  // direct_spatial_mv_pred_flag
        if !type.isIntra { try readReferences(&reader) }
        if unit.referenceIdc != 0 { try reader.skipReferencePictureMarking(isIDR: isIDR) }
        if picture.usesCABAC, !type.isIntra { _ = try reader.unsignedExpGolomb("cabac_init_idc", upTo: 2) }
        _ = try reader.signedExpGolomb("slice_qp_delta")
        if type == .switchingPredicted { _ = try reader.flag() }  // sp_for_switch_flag
        if type == .switchingPredicted || type == .switchingIntra {
            _ = try reader.signedExpGolomb("slice_qs_delta")
        }
        if picture.hasDeblockingControl { try readDeblocking(&reader) }
        if case .evolving(let rate) = picture.sliceGroups {
            let units = sequence.widthInMacroblocks * sequence.heightInMapUnits
            // Ceil(Log2(PicSizeInMapUnits ÷ SliceGroupChangeRate + 1)), the division exact (7.4.3).
            _ = try reader.bits(ceilingOfLog2((units + rate - 1) / rate + 1))
        }
    }

    private func readPictureOrderCount(_ reader: inout BitReader) throws(CodecSyntaxError) {
        let hasBottom = picture.hasBottomFieldOrder && !isField
        switch sequence.pictureOrderCount {
        case .leastSignificantBits(let length):
            _ = try reader.bits(length)
            if hasBottom { _ = try reader.signedExpGolomb("delta_pic_order_cnt_bottom") }
        case .expectedDeltas(alwaysZero: false):
            _ = try reader.signedExpGolomb("delta_pic_order_cnt[0]")
            if hasBottom { _ = try reader.signedExpGolomb("delta_pic_order_cnt[1]") }
        case .expectedDeltas(alwaysZero: true), .decodingOrder: break
        }
    }

    private func readReferences(_ reader: inout BitReader) throws(CodecSyntaxError) {
        let lists = type == .bipredicted ? 2 : 1
        var active = Array(picture.defaultActiveReferences.prefix(lists))
        if try reader.flag() {  // num_ref_idx_active_override_flag
            for list in active.indices {
                active[list] = try reader.unsignedExpGolomb("num_ref_idx_active_minus1", upTo: 31) + 1
            }
        }
        for count in active { try reader.skipReferenceListModification(activeCount: count) }
        let isWeighted =
            type.isPredicted ? picture.weightsPrediction : type == .bipredicted && picture.weightedBipredIdc == 1
        if isWeighted {
            try reader.skipPredictionWeights(activeCounts: active, hasChroma: sequence.chroma.arrayType != 0)
        }
    }

    private func readDeblocking(_ reader: inout BitReader) throws(CodecSyntaxError) {
        guard try reader.unsignedExpGolomb("disable_deblocking_filter_idc", upTo: 2) != 1 else { return }
        _ = try reader.signedExpGolomb("slice_alpha_c0_offset_div2")
        _ = try reader.signedExpGolomb("slice_beta_offset_div2")
    }
}
