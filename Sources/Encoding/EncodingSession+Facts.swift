import CFFmpeg
import EncoderProtocol
import Foundation
import MediaModel
import TrackOutput

extension EncodingSession {
    static func facts(_ part: InputPart, _ frameRate: Rational) -> EncoderInput {
        EncoderInput(
            format: part.input.formatName, duration: part.input.declaredDuration,
            videoCodec: part.videoDecoder?.codecName, width: part.source?.width ?? 0, height: part.source?.height ?? 0,
            frameRate: part.source == nil ? 0 : frameRate.value, audioCodec: part.sounds.first?.decoder.codecName)
    }

    /// Tracks of still pictures that a preset asks for.
    static func stillCount(_ preset: EncodingPreset) -> Int {
        (preset.thumbnails == nil ? 0 : 1) + (preset.poster == nil ? 0 : 1)
    }

    static func role(_ text: String) -> TextFormat.Role { TextFormat.Role(rawValue: text) ?? .subtitle }

    static func renditions(
        _ planned: [PlannedVideo], _ recipe: VideoRecipe, _ source: SourcePicture, _ frameRate: Rational,
        _ threads: Int,
        _ order: EncodingOrder, _ stretch: FilmStretch, _ output: FrameOutput
    ) throws -> [VideoRendition] {
        let av1Count = planned.count { $0.codec == .av1 }
        let processors = threads > 0 ? threads : ProcessInfo.processInfo.activeProcessorCount
        return try planned.enumerated().map { number, video in
            var coding = VideoCoding(
                planned: video, recipe: recipe, frameRate: frameRate, threads: threads,
                isTenBit: isTenBit(video, source, recipe))
            coding.isRepeatable = stretch.pieceSize != nil
            coding.av1Threads = max(1, processors / max(av1Count, 1))
            return try VideoRendition(
                coding, number: number, stretch: stretch, measuresQuality: order.measuresQuality, output: output)
        }
    }

    /// Of several inputs an error says which.
    static func naming<Result>(_ file: EncodingInput, alone: Bool, _ work: () throws -> Result) throws -> Result {
        do {
            return try work()
        } catch var failure as EncodingFailure where !alone {
            failure.message = "\(file.name): \(failure.message)"
            throw failure
        }
    }
}

/// Says at most twice a second how far the work is.
struct ProgressReport {
    /// Of what is done, in seconds of the film.
    var start = 0.0
    var duration: Double
    private let started = ContinuousClock.now
    private var last: ContinuousClock.Instant?

    init(_ stretch: FilmStretch, duration: Double, frameRate: Rational) {
        start = Double(stretch.first) / frameRate.value
        self.duration = (stretch.end.map { Double($0) / frameRate.value } ?? duration) - start
    }

    mutating func event(at time: Double) -> EncoderEvent? {
        let seconds = time - start
        let now = ContinuousClock.now
        if let last, now - last < .milliseconds(500) { return nil }
        last = now
        let elapsed = (now - started) / .seconds(1)
        return .progress(
            fraction: duration > 0 ? min(max(seconds / duration, 0), 1) : 0, seconds: seconds,
            speed: elapsed > 0 ? seconds / elapsed : 0)
    }
}
