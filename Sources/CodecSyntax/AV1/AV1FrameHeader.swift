/// uncompressed_header() of AV1 (5.9.2), read to its end: in a frame OBU the tiles begin behind it.
struct AV1FrameHeader: Sendable {
    /// show_existing_frame: frame_to_show_map_idx; then there are no tiles.
    private(set) var shownSlot: Int?
    private(set) var isKey = false
    private(set) var isShown = true
    /// refresh_frame_flags.
    private(set) var refreshes = 0
    private(set) var tiles: AV1TileInfo?
    /// What later frames see of this one.
    private(set) var reference: AV1Reference?
    /// Order hints of the references that the header says were lost, by slot.
    private(set) var lostOrderHints: [Int: Int] = [:]
    /// Bytes from the start of the payload to the first byte boundary behind the header.
    private(set) var byteLength = 0

    private let sequence: AV1SequenceHeader
    private var references: [AV1Reference?]
    private let layer: (temporal: Int, spatial: Int)

    private var isIntra = false
    private var isSwitch = false
    private var isShowable = false
    private var isResilient = true
    private var allowsScreenContent = false
    private var forcesIntegerVectors = false
    private var overridesSize = false
    private var orderHint = 0
    /// primary_ref_frame; nil for PRIMARY_REF_NONE.
    private var primary: Int?
    private var referenceIndices: [Int] = []
    private var size = (upscaledWidth: 0, width: 0, height: 0)
    private var allowsBlockCopy = false
    private var isPrecise = false
    private var isLossless = false

    /// - Parameters:
    ///   - payload: of a frame header OBU or a frame OBU.
    ///   - references: the eight slots.
    ///   - layer: temporal_id and spatial_id of the unit.
    init(
        _ payload: UnsafeRawBufferPointer, sequence: AV1SequenceHeader, references: [AV1Reference?],
        layer: (temporal: Int, spatial: Int)?
    ) throws(CodecSyntaxError) {
        self.sequence = sequence
        self.references = references
        self.layer = layer ?? (0, 0)
        var reader = BitReader(payload, .frameHeader, removesEmulationPrevention: false)
        if try readKind(&reader) {
            try readReferencesAndSize(&reader)
            try readTail(&reader)
        }
        reader.alignToByte()
        byteLength = reader.bytePosition
    }

    /// The header up to frame_type and its kin; false when it only shows a frame of before.
    private mutating func readKind(_ reader: inout BitReader) throws(CodecSyntaxError) -> Bool {
        if sequence.isReducedStill {
            (isKey, isIntra) = (true, true)
        } else {
            if try reader.flag() {  // show_existing_frame
                let slot = try reader.integer(3)
                if sequence.timing.hasTemporalPoints { try reader.skip(sequence.timing.presentationTimeLength) }
                if let frameID = sequence.frameID { try reader.skip(frameID.length) }
                shownSlot = slot
                isKey = references[slot]?.isKey ?? false
                if isKey { refreshes = 0xFF }
                return false
            }
            let type = try reader.integer(2)
            isKey = type == 0
            isIntra = type == 0 || type == 2
            isSwitch = type == 3
            isShown = try reader.flag()
            if isShown, sequence.timing.hasTemporalPoints { try reader.skip(sequence.timing.presentationTimeLength) }
            isShowable = isShown ? !isKey : try reader.flag()
            isResilient = isSwitch || (isKey && isShown) ? true : try reader.flag()
        }
        if isKey, isShown {
            for slot in references.indices { references[slot]?.orderHint = 0 }
        }
        return true
    }

    private mutating func readReferencesAndSize(_ reader: inout BitReader) throws(CodecSyntaxError) {
        let updatesNothing = try reader.flag()  // disable_cdf_update
        let tools = sequence.tools
        allowsScreenContent = tools.screenContent == 2 ? try reader.flag() : tools.screenContent == 1
        if allowsScreenContent {
            forcesIntegerVectors = tools.integerVectors == 2 ? try reader.flag() : tools.integerVectors == 1
        }
        if isIntra { forcesIntegerVectors = true }
        if let frameID = sequence.frameID { try reader.skip(frameID.length) }
        overridesSize = isSwitch ? true : sequence.isReducedStill ? false : try reader.flag()
        orderHint = try reader.integer(tools.orderHintBits)
        if !isIntra, !isResilient {
            let index = try reader.integer(3)
            primary = index == 7 ? nil : index
        }
        if sequence.timing.hasDecoderModel { try skipRemovalTimes(&reader) }
        refreshes = isSwitch || (isKey && isShown) ? 0xFF : try reader.integer(8)
        if !isIntra || refreshes != 0xFF, isResilient, tools.orderHintBits > 0 {
            for slot in 0..<8 {
                let hint = try reader.integer(tools.orderHintBits)
                if hint != references[slot]?.orderHint ?? 0 { lostOrderHints[slot] = hint }
            }
            for (slot, hint) in lostOrderHints { references[slot] = .lost(orderHint: hint) }
        }
        if isIntra {
            try readSize(&reader)
            try skipRenderSize(&reader)
            if allowsScreenContent, size.upscaledWidth == size.width { allowsBlockCopy = try reader.flag() }
        } else {
            try readInterReferences(&reader)
        }
        if !sequence.isReducedStill, !updatesNothing { _ = try reader.flag() }  // disable_frame_end_update_cdf
    }

    /// buffer_removal_time of each operating point that the frame is part of.
    private func skipRemovalTimes(_ reader: inout BitReader) throws(CodecSyntaxError) {
        guard try reader.flag() else { return }
        for point in sequence.operatingPoints where point.hasDecoderModel {
            let isPart = point.idc >> layer.temporal & 1 == 1 && point.idc >> (layer.spatial + 8) & 1 == 1
            if point.idc == 0 || isPart { try reader.skip(sequence.timing.removalTimeLength) }
        }
    }

    private mutating func readInterReferences(_ reader: inout BitReader) throws(CodecSyntaxError) {
        let tools = sequence.tools
        let isShort = tools.orderHintBits > 0 ? try reader.flag() : false
        if isShort {
            let (last, gold) = (try reader.integer(3), try reader.integer(3))
            referenceIndices = AV1ShortReferences.indices(
                last: last, gold: gold, distances: references.map { distance($0?.orderHint ?? 0, orderHint) })
        }
        for _ in 0..<7 {
            if !isShort { referenceIndices.append(try reader.integer(3)) }
            if let frameID = sequence.frameID { try reader.skip(frameID.deltaLength) }
        }
        if overridesSize, !isResilient {
            try readSizeOfReference(&reader)
        } else {
            try readSize(&reader)
            try skipRenderSize(&reader)
        }
        isPrecise = forcesIntegerVectors ? false : try reader.flag()
        if try !reader.flag() { _ = try reader.bits(2) }  // is_filter_switchable, interpolation_filter
        _ = try reader.flag()  // is_motion_mode_switchable
        if !isResilient, tools.allowsReferenceVectors { _ = try reader.flag() }  // use_ref_frame_mvs
    }

    /// frame_size() (5.9.5).
    private mutating func readSize(_ reader: inout BitReader) throws(CodecSyntaxError) {
        size.upscaledWidth = overridesSize ? try reader.integer(sequence.sizeBits.width) + 1 : sequence.width
        size.height = overridesSize ? try reader.integer(sequence.sizeBits.height) + 1 : sequence.height
        try readSuperResolution(&reader)
    }

    /// frame_size_with_refs() (5.9.7).
    private mutating func readSizeOfReference(_ reader: inout BitReader) throws(CodecSyntaxError) {
        for index in referenceIndices where try reader.flag() {  // found_ref
            guard let other = references[index], other.height > 0 else {
                throw reader.error(.inconsistent, "the size of a frame that is not there")
            }
            (size.upscaledWidth, size.height) = (other.upscaledWidth, other.height)
            try readSuperResolution(&reader)
            return
        }
        try readSize(&reader)
        try skipRenderSize(&reader)
    }

    /// superres_params() (5.9.8).
    private mutating func readSuperResolution(_ reader: inout BitReader) throws(CodecSyntaxError) {
        var denominator = 8
        if sequence.tools.allowsSuperResolution, try reader.flag() { denominator = try reader.integer(3) + 9 }
        size.width = (size.upscaledWidth * 8 + denominator / 2) / denominator
    }

    private func skipRenderSize(_ reader: inout BitReader) throws(CodecSyntaxError) {
        if try reader.flag() { _ = try reader.bits(32) }
    }

    /// get_relative_dist() (5.9.3).
    private func distance(_ first: Int, _ second: Int) -> Int {
        guard sequence.tools.orderHintBits > 0 else { return 0 }
        let middle = 1 << (sequence.tools.orderHintBits - 1)
        let difference = first - second
        return (difference & (middle - 1)) - (difference & middle)
    }
}

extension AV1FrameHeader {
    /// From tile_info() to the end.
    private mutating func readTail(_ reader: inout BitReader) throws(CodecSyntaxError) {
        var previous: AV1Reference?
        if let primary {
            guard let frame = references[referenceIndices[primary]] else {
                throw reader.error(.inconsistent, "primary_ref_frame is not there")
            }
            previous = frame
        }
        tiles = try AV1TileInfo(
            &reader, width: size.width, height: size.height, usesLargeSuperblocks: sequence.usesLargeSuperblocks)
        let quantisers = try readQuantisers(&reader)
        let segmentation = try AV1Segmentation(&reader, previous: previous?.segmentation)
        if quantisers.base > 0, try reader.flag() {  // delta_q_present
            _ = try reader.bits(2)
            if !allowsBlockCopy, try reader.flag() { _ = try reader.bits(3) }  // delta_lf_present
        }
        isLossless =
            quantisers.hasNoDeltas
            && segmentation.quantiserIndices(base: quantisers.base).allSatisfy { $0 == 0 }
        try skipFilters(&reader)
        if !isLossless { _ = try reader.flag() }  // tx_mode_select
        let choosesReferences = isIntra ? false : try reader.flag()  // reference_select
        if choosesReferences, allowsSkipMode { _ = try reader.flag() }  // skip_mode_present
        if !isIntra, !isResilient, sequence.tools.allowsWarpedMotion { _ = try reader.flag() }
        _ = try reader.flag()  // reduced_tx_set
        let motion =
            isIntra
            ? AV1GlobalMotion()
            : try AV1GlobalMotion(&reader, previous: previous?.motion ?? AV1GlobalMotion(), isPrecise: isPrecise)
        if sequence.tools.hasFilmGrain, isShown || isShowable { try skipFilmGrain(&reader) }
        reference = AV1Reference(
            upscaledWidth: size.upscaledWidth, height: size.height, orderHint: orderHint, isKey: isKey, motion: motion,
            segmentation: segmentation)
    }

    /// quantization_params() (5.9.12).
    private func readQuantisers(
        _ reader: inout BitReader
    ) throws(CodecSyntaxError) -> (base: Int, hasNoDeltas: Bool) {
        let base = try reader.integer(8)
        var hasNoDeltas = try reader.readDeltaQuantiser() == 0
        if sequence.colour.planes > 1 {
            let differs = sequence.colour.separatesChromaQuantisers ? try reader.flag() : false
            for _ in 0..<(differs ? 4 : 2) {
                let delta = try reader.readDeltaQuantiser()
                hasNoDeltas = hasNoDeltas && delta == 0
            }
        }
        if try reader.flag() {  // using_qmatrix
            _ = try reader.bits(sequence.colour.separatesChromaQuantisers ? 12 : 8)
        }
        return (base, hasNoDeltas)
    }

    /// loop_filter_params(), cdef_params() and lr_params() (5.9.11, 5.9.19, 5.9.20).
    private func skipFilters(_ reader: inout BitReader) throws(CodecSyntaxError) {
        let hasColour = sequence.colour.planes > 1
        guard !allowsBlockCopy else { return }
        if !isLossless {
            let levels = try reader.bits(12)
            if hasColour, levels != 0 { _ = try reader.bits(12) }
            _ = try reader.bits(3)  // loop_filter_sharpness
            if try reader.flag(), try reader.flag() {  // loop_filter_delta_enabled, loop_filter_delta_update
                for _ in 0..<10 where try reader.flag() { _ = try reader.bits(7) }
            }
            if sequence.tools.allowsDirectionalFilter {
                _ = try reader.bits(2)  // cdef_damping_minus_3
                let strengths = 1 << (try reader.integer(2))
                try reader.skip(strengths * (hasColour ? 12 : 6))
            }
        }
        let isAllLossless = isLossless && size.width == size.upscaledWidth
        if !isAllLossless, sequence.tools.allowsRestoration { try skipRestoration(&reader) }
    }

    private func skipRestoration(_ reader: inout BitReader) throws(CodecSyntaxError) {
        var (restores, restoresChroma) = (false, false)
        for plane in 0..<sequence.colour.planes where try reader.bits(2) != 0 {
            restores = true
            if plane > 0 { restoresChroma = true }
        }
        guard restores else { return }
        if try reader.flag(), !sequence.usesLargeSuperblocks { _ = try reader.flag() }  // lr_unit_shift and its extra
        let isCentred = sequence.colour.isSubsampledHorizontally && sequence.colour.isSubsampledVertically
        if isCentred, restoresChroma { _ = try reader.flag() }  // lr_uv_shift
    }

    /// skipModeAllowed (5.9.22), for a frame that chooses among its references.
    private var allowsSkipMode: Bool {
        guard sequence.tools.orderHintBits > 0 else { return false }
        let hints = referenceIndices.map { references[$0]?.orderHint ?? 0 }
        let before = hints.filter { distance($0, orderHint) < 0 }
        guard var nearest = before.first else { return false }
        for hint in before where distance(hint, nearest) > 0 { nearest = hint }
        if hints.contains(where: { distance($0, orderHint) > 0 }) { return true }
        return hints.contains { distance($0, nearest) < 0 }
    }

    /// film_grain_params() (5.9.30).
    private func skipFilmGrain(_ reader: inout BitReader) throws(CodecSyntaxError) {
        guard try reader.flag() else { return }  // apply_grain
        _ = try reader.bits(16)  // grain_seed
        if !isIntra, !isSwitch, try !reader.flag() {  // update_grain
            _ = try reader.bits(3)
            return
        }
        let colour = sequence.colour
        let lumaPoints = try reader.readGrainPoints()
        let isFromLuma = colour.isMonochrome ? false : try reader.flag()
        let isCentred = colour.isSubsampledHorizontally && colour.isSubsampledVertically
        var chromaPoints = [0, 0]
        if !colour.isMonochrome, !isFromLuma, !(isCentred && lumaPoints == 0) {
            chromaPoints = [try reader.readGrainPoints(), try reader.readGrainPoints()]
        }
        _ = try reader.bits(2)  // grain_scaling_minus_8
        let lag = try reader.integer(2)
        let positions = 2 * lag * (lag + 1)
        if lumaPoints > 0 { try reader.skip(8 * positions) }
        for points in chromaPoints where isFromLuma || points > 0 {
            try reader.skip(8 * (positions + (lumaPoints > 0 ? 1 : 0)))
        }
        _ = try reader.bits(4)  // ar_coeff_shift_minus_6, grain_scale_shift
        for points in chromaPoints where points > 0 { _ = try reader.bits(25) }
        _ = try reader.bits(2)  // overlap_flag, clip_to_restricted_range
    }
}

extension AV1Reference {
    /// A frame that was not received: only its place in output order is known.
    static func lost(orderHint: Int) -> AV1Reference {
        AV1Reference(
            upscaledWidth: 0, height: 0, orderHint: orderHint, isKey: false, motion: AV1GlobalMotion(),
            segmentation: AV1Segmentation())
    }
}

extension BitReader {
    /// read_delta_q() (5.9.13).
    fileprivate mutating func readDeltaQuantiser() throws(CodecSyntaxError) -> Int {
        try flag() ? try signed(7) : 0
    }

    /// A number of points of 16 bits each; gives the number.
    fileprivate mutating func readGrainPoints() throws(CodecSyntaxError) -> Int {
        let count = try integer(4)
        try skip(16 * count)
        return count
    }
}
