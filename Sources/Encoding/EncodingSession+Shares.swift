import CFFmpeg
import EncoderProtocol
import TrackOutput

extension EncodingOrder.Share {
    /// Whether video is planned only, so that all shares count tracks alike.
    var isWithoutVideo: Bool {
        switch self {
        case .plan, .sound, .stills: true
        case .whole, .pictures: false
        }
    }

    var isWithoutSound: Bool {
        if case .pictures = self { true } else { storedIndex != nil }
    }

    /// Whether sound is planned only, likewise.
    var plansSoundOnly: Bool {
        switch self {
        case .plan, .stills: true
        case .whole, .pictures, .sound: false
        }
    }

    /// Whether this one makes the still pictures.
    var makesStills: Bool {
        switch self {
        case .whole, .stills: true
        case .plan, .pictures, .sound: false
        }
    }
}

extension EncodingSession {
    static func parts(_ order: EncodingOrder, _ inputs: [EncodingInput], _ threads: Int) throws -> [InputPart] {
        let times = try order.share?.storedIndex.map { try StoredTimes(inputs[$0]) }
        return try order.parts.map { part in
            try naming(inputs[part.input], alone: order.parts.count == 1) {
                try InputPart(
                    inputs[part.input], part, usesVideo: order.preset.video != nil,
                    usesSound: !order.preset.audio.isEmpty && order.share?.isWithoutSound != true, threads: threads,
                    stored: times)
            }
        }
    }

    /// In pictures; nil for a film that is one piece.
    static func pieceSize(_ order: EncodingOrder, _ duration: Double, _ frameRate: Rational) -> Int? {
        guard let recipe = order.preset.video else { return nil }
        return (order.split ?? .off).pieceSize(
            duration: duration, groupSize: VideoCoding.groupSize(frameRate, recipe.keyFrameInterval),
            frameRate: frameRate.value)
    }

    static func factor(
        _ recipe: VideoRecipe, _ first: InputPart, _ frameRate: Rational, _ threads: Int
    ) throws -> Double {
        guard recipe.ladder == .contentAware, let source = first.source else { return 1 }
        return try ContentAnalysis.factor(first.file, source, frameRate, threads)
    }

    /// How a film falls into pieces, as its files declare their length.
    static func divided(
        _ parts: [InputPart], pieceSize: Int?, videoCount: Int, hasOthers: Bool, bitrateFactor: Double,
        frameRate: Rational, threads: Int
    ) throws -> DividedFilm {
        var film = DividedFilm(
            pieceSize: pieceSize ?? 0, pieceCount: 1, videoCount: videoCount, hasOthers: hasOthers,
            bitrateFactor: bitrateFactor, form: "", obstacle: nil)
        let part = parts[0]
        guard let pieceSize, let video = part.input.video else { return film }
        let pictures = part.declaredDuration * frameRate.value
        // What the end has beside whole pieces goes with the last one, unless it is half a piece.
        let count = (pictures / Double(pieceSize)).rounded()
        film.pieceCount = Int(exactly: min(max(count, 1), Double(DividedFilm.maximumPieces))) ?? 1
        if parts.count > 1 { film.obstacle = "its inputs follow one another" }
        if !part.input.knowsKeyFrames {
            film.obstacle = "files of its format (\(part.input.formatName)) do not say where their key frames are"
        }
        if part.declaredDuration <= 0 { film.obstacle = "it does not say how long it is" }
        guard film.obstacle == nil, film.pieceCount > 1 else { return film }
        film.form = try part.firstForm(try part.clock(video, length: nil), threads: threads)
        return film
    }
}
