/// sequence_header_obu() (AV1, 5.5), as far as codec strings and frame headers need it.
public struct AV1SequenceHeader: Hashable, Sendable {
    /// seq_profile, 0 to 2.
    public let profile: Int
    /// seq_level_idx[0].
    public let level: Int
    /// seq_tier[0]: High rather than Main.
    public let isHighTier: Bool
    /// max_frame_width_minus_1 + 1 and the same of the height.
    public let width: Int
    public let height: Int
    /// How colour is coded and what it means.
    public let colour: AV1ColourConfiguration

    let isReducedStill: Bool
    let timing: Timing
    let operatingPoints: [OperatingPoint]
    /// frame_width_bits_minus_1 + 1 and frame_height_bits_minus_1 + 1.
    let sizeBits: (width: Int, height: Int)
    /// idLen and delta_frame_id_length_minus_2 + 2; nil without frame ids.
    let frameID: (length: Int, deltaLength: Int)?
    let usesLargeSuperblocks: Bool
    let tools: Tools

    struct Timing: Hashable, Sendable {
        var hasDecoderModel = false
        var hasEqualIntervals = false
        var bufferDelayLength = 0
        var removalTimeLength = 0
        var presentationTimeLength = 0
        /// temporal_point_info() is in frame headers.
        var hasTemporalPoints: Bool { hasDecoderModel && !hasEqualIntervals }
    }

    struct OperatingPoint: Hashable, Sendable {
        var idc: Int
        var hasDecoderModel: Bool
    }

    struct Tools: Hashable, Sendable {
        var allowsWarpedMotion = false
        /// OrderHintBits; 0 when enable_order_hint is 0.
        var orderHintBits = 0
        var allowsReferenceVectors = false
        /// seq_force_screen_content_tools and seq_force_integer_mv: 0, 1, or 2 for a choice by frame.
        var screenContent = 2
        var integerVectors = 2
        var allowsSuperResolution = false
        var allowsDirectionalFilter = false
        var allowsRestoration = false
        var hasFilmGrain = false
    }

    public static func == (left: Self, right: Self) -> Bool {
        left.profile == right.profile && left.level == right.level && left.isHighTier == right.isHighTier
            && left.width == right.width && left.height == right.height && left.colour == right.colour
            && left.isReducedStill == right.isReducedStill && left.timing == right.timing
            && left.operatingPoints == right.operatingPoints && left.sizeBits == right.sizeBits
            && left.frameID?.length == right.frameID?.length
            && left.frameID?.deltaLength == right.frameID?.deltaLength
            && left.usesLargeSuperblocks == right.usesLargeSuperblocks && left.tools == right.tools
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(width)
        hasher.combine(height)
        hasher.combine(colour)
    }

    init(_ payload: UnsafeRawBufferPointer) throws(CodecSyntaxError) {
        var reader = BitReader(payload, .sequenceHeader, removesEmulationPrevention: false)
        profile = try reader.integer(3)
        guard profile <= 2 else { throw reader.error(.outOfRange, "seq_profile is \(profile)") }
        _ = try reader.flag()  // still_picture
        isReducedStill = try reader.flag()
        var timing = Timing()
        let first: (level: Int, isHighTier: Bool)
        if isReducedStill {
            first = (try reader.integer(5), false)
            operatingPoints = [OperatingPoint(idc: 0, hasDecoderModel: false)]
        } else {
            if try reader.flag() { timing = try Self.readTiming(&reader) }
            (first, operatingPoints) = try Self.readOperatingPoints(&reader, timing)
        }
        self.timing = timing
        (level, isHighTier) = first
        sizeBits = (try reader.integer(4) + 1, try reader.integer(4) + 1)
        width = try reader.integer(sizeBits.width) + 1
        height = try reader.integer(sizeBits.height) + 1
        frameID = isReducedStill ? nil : try Self.readFrameID(&reader)
        usesLargeSuperblocks = try reader.flag()
        _ = try reader.bits(2)  // enable_filter_intra, enable_intra_edge_filter
        var tools = isReducedStill ? Tools() : try Self.readTools(&reader)
        tools.allowsSuperResolution = try reader.flag()
        tools.allowsDirectionalFilter = try reader.flag()
        tools.allowsRestoration = try reader.flag()
        colour = try AV1ColourConfiguration(&reader, profile: profile)
        tools.hasFilmGrain = try reader.flag()
        self.tools = tools
    }

    /// timing_info() and decoder_model_info() (5.5.3, 5.5.4).
    private static func readTiming(_ reader: inout BitReader) throws(CodecSyntaxError) -> Timing {
        var timing = Timing()
        try reader.skip(64)
        timing.hasEqualIntervals = try reader.flag()
        if timing.hasEqualIntervals { _ = try reader.unsignedExpGolomb("num_ticks_per_picture_minus_1") }
        timing.hasDecoderModel = try reader.flag()
        guard timing.hasDecoderModel else { return timing }
        timing.bufferDelayLength = try reader.integer(5) + 1
        _ = try reader.bits(32)  // num_units_in_decoding_tick
        timing.removalTimeLength = try reader.integer(5) + 1
        timing.presentationTimeLength = try reader.integer(5) + 1
        return timing
    }

    private static func readOperatingPoints(
        _ reader: inout BitReader, _ timing: Timing
    ) throws(CodecSyntaxError) -> ((level: Int, isHighTier: Bool), [OperatingPoint]) {
        let hasDisplayDelay = try reader.flag()
        var points: [OperatingPoint] = []
        var first = (level: 0, isHighTier: false)
        for index in 0...(try reader.integer(5)) {
            var point = OperatingPoint(idc: try reader.integer(12), hasDecoderModel: false)
            let level = try reader.integer(5)
            let isHighTier = level > 7 ? try reader.flag() : false
            if index == 0 { first = (level, isHighTier) }
            if timing.hasDecoderModel {
                point.hasDecoderModel = try reader.flag()
                if point.hasDecoderModel { try reader.skip(2 * timing.bufferDelayLength + 1) }
            }
            if hasDisplayDelay, try reader.flag() { _ = try reader.bits(4) }
            points.append(point)
        }
        return (first, points)
    }

    private static func readFrameID(
        _ reader: inout BitReader
    ) throws(CodecSyntaxError) -> (length: Int, deltaLength: Int)? {
        guard try reader.flag() else { return nil }
        let deltaLength = try reader.integer(4) + 2
        return (deltaLength + (try reader.integer(3)) + 1, deltaLength)
    }

    private static func readTools(_ reader: inout BitReader) throws(CodecSyntaxError) -> Tools {
        var tools = Tools()
        _ = try reader.bits(2)  // enable_interintra_compound, enable_masked_compound
        tools.allowsWarpedMotion = try reader.flag()
        _ = try reader.flag()  // enable_dual_filter
        let hasOrderHint = try reader.flag()
        if hasOrderHint {
            _ = try reader.flag()  // enable_jnt_comp
            tools.allowsReferenceVectors = try reader.flag()
        }
        if try !reader.flag() { tools.screenContent = try reader.integer(1) }
        if tools.screenContent > 0, try !reader.flag() { tools.integerVectors = try reader.integer(1) }
        if hasOrderHint { tools.orderHintBits = try reader.integer(3) + 1 }
        return tools
    }
}

/// color_config() (AV1, 5.5.2).
public struct AV1ColourConfiguration: Hashable, Sendable {
    /// BitDepth: 8, 10 or 12.
    public let bitDepth: Int
    /// mono_chrome.
    public let isMonochrome: Bool
    /// subsampling_x and subsampling_y.
    public let isSubsampledHorizontally: Bool
    public let isSubsampledVertically: Bool
    /// chroma_sample_position, 0 to 3.
    public let chromaPosition: Int
    /// color_primaries, transfer_characteristics, matrix_coefficients, color_range; nil when not described.
    public let meaning: VideoUsability.Colour?
    /// color_range.
    public let isFullRange: Bool
    let separatesChromaQuantisers: Bool

    init(_ reader: inout BitReader, profile: Int) throws(CodecSyntaxError) {
        let isDeep = try reader.flag()
        let isTwelve = isDeep && profile == 2 ? try reader.flag() : false
        bitDepth = isTwelve ? 12 : isDeep ? 10 : 8
        isMonochrome = profile == 1 ? false : try reader.flag()
        var codes: [UInt8]?
        if try reader.flag() {
            let word = try reader.bits(24)
            codes = [16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) }
        }
        var position = 0
        var separates = false
        if isMonochrome {
            isFullRange = try reader.flag()
            (isSubsampledHorizontally, isSubsampledVertically) = (true, true)
        } else if codes == [1, 13, 0] {  // sRGB
            isFullRange = true
            (isSubsampledHorizontally, isSubsampledVertically) = (false, false)
            separates = try reader.flag()
        } else {
            isFullRange = try reader.flag()
            (isSubsampledHorizontally, isSubsampledVertically) = try Self.readSubsampling(&reader, profile, bitDepth)
            if isSubsampledHorizontally, isSubsampledVertically { position = try reader.integer(2) }
            separates = try reader.flag()
        }
        chromaPosition = position
        separatesChromaQuantisers = separates
        let range = isFullRange
        meaning = codes.map {
            VideoUsability.Colour(primaries: $0[0], transfer: $0[1], matrix: $0[2], isFullRange: range)
        }
    }

    private static func readSubsampling(
        _ reader: inout BitReader, _ profile: Int, _ bitDepth: Int
    ) throws(CodecSyntaxError) -> (Bool, Bool) {
        switch profile {
        case 0: return (true, true)
        case 1: return (false, false)
        default:
            guard bitDepth == 12 else { return (true, false) }
            let horizontal = try reader.flag()
            return (horizontal, horizontal ? try reader.flag() : false)
        }
    }

    var planes: Int { isMonochrome ? 1 : 3 }
}
