import CFFmpeg
import EncoderProtocol
import TrackOutput

/// The quick look that a content-aware ladder begins with: stretches of the source at constant quality tell how many bits
/// it needs.
enum ContentAnalysis {
    /// How many stretches, and how long each is in seconds.
    private static let stretches = 4
    private static let length = 2.0
    /// The lines that are encoded, and the rate factor.
    private static let lines = 360.0
    private static let rateFactor = "23"
    /// A ladder's bit rates are multiplied by one of these.
    private static let factors = 0.4...1.5

    /// What the adaptive ladder's bit rates are multiplied by.
    static func factor(
        _ file: EncodingInput, _ source: SourcePicture, _ frameRate: Rational, _ threads: Int
    ) throws -> Double {
        var bits = 0.0
        var seconds = 0.0
        let scale = min(1, lines / Double(min(source.width, source.height)))
        let size = (Ladder.even(Double(source.width) * scale), Ladder.even(Double(source.height) * scale))
        for part in try places(file, threads) {
            let measured = try measure(file, part, size, frameRate, threads)
            bits += measured.bits
            seconds += measured.seconds
        }
        guard seconds > 0 else { return 1 }
        let usual = Ladder.adaptive(width: size.0, height: size.1, frameRate: frameRate.value, sourceBitrate: nil)
        guard let reference = usual.first else { return 1 }
        // Constant quality spends less than its highest rate: what the ladder has for peaks stays.
        let factor = bits / seconds * 1.25 / Double(reference.bitrate)
        return min(max(factor, factors.lowerBound), factors.upperBound)
    }

    private static func places(_ file: EncodingInput, _ threads: Int) throws -> [EncodingOrder.Part] {
        let duration = try InputFile(file).declaredDuration
        guard duration > Double(stretches) * length * 1.5 else { return [EncodingOrder.Part(input: 0)] }
        return (0..<stretches).map { number in
            let start = duration * (Double(number) + 0.5) / Double(stretches) - length / 2
            return EncodingOrder.Part(input: 0, start: max(start, 0), end: max(start, 0) + length)
        }
    }

    private static func measure(
        _ file: EncodingInput, _ place: EncodingOrder.Part, _ size: (Int, Int), _ frameRate: Rational, _ threads: Int
    ) throws -> (bits: Double, seconds: Double) {
        let part = try InputPart(file, place, usesVideo: true, usesSound: false, threads: threads)
        guard let stream = part.input.video, let source = part.source, let decoder = part.videoDecoder else {
            return (0, 0)
        }
        var recipe = VideoRecipe()
        recipe.keyFrameInterval = length
        var planned = PlannedVideo(
            codec: .h264, width: size.0, height: size.1, bitrate: 50_000_000, maximumBitrate: 50_000_000)
        planned.constantRateFactor = Double(rateFactor)
        let coding = VideoCoding(
            planned: planned, recipe: recipe, frameRate: frameRate, threads: threads, isTenBit: false)
        var encoder: Encoder?
        var (bytes, count) = (0, 0)
        let filters = PictureFilters(
            frameRate: frameRate,
            outputs: [PictureOutput(width: size.0, height: size.1, isTenBit: false, isStandardRange: true)])
        let clock = try part.clock(stream, length: place.end.map { $0 - (place.start ?? 0) })
        let feed = PictureFeed(decoder, source, filters, clock: clock, threads: threads) { _, frame in
            let used = try encoder ?? coding.encoder(like: frame)
            encoder = used
            frame.pointee.pts = Int64(count)
            frame.pointee.pict_type = AV_PICTURE_TYPE_NONE
            count += 1
            try used.encode(frame) { bytes += $0.bytes.count }
        }
        try part.run(feed, [], before: 0) { _ in }
        try feed.finish(at: nil)
        try encoder?.encode(nil) { bytes += $0.bytes.count }
        return (Double(bytes) * 8, Double(count) / frameRate.value)
    }
}
