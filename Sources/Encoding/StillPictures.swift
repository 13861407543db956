import CFFmpeg
import EncoderProtocol
import MediaModel
import TrackOutput

/// Thumbnails and poster of a film, made of the frames that its renditions are made of. Owned by one thread.
final class StillPictures {
    private let thumbnails: ThumbnailSheets?
    private let poster: Poster?
    /// In the order of the filters' outputs.
    let outputs: [StillOutput]

    /// What the recipe and the source ask for; nil for nothing.
    ///
    /// - Parameters:
    ///   - duration: of the film as it is declared, in seconds; 0 when unknown.
    ///   - firstNumber: of the tracks that are made.
    ///   - warn: is told what is not made, and why.
    init?(
        _ preset: EncodingPreset, _ source: SourcePicture?, _ frameRate: Rational, duration: Double, firstNumber: Int,
        _ output: FrameOutput, warn: (String) throws -> Void
    ) throws {
        guard preset.thumbnails != nil || preset.poster != nil else { return nil }
        guard let source else {
            try warn("no thumbnails and no poster are made: the input has no pictures")
            return nil
        }
        guard !source.isHighDynamicRange || PictureFilters.mapsTones else {
            try warn(
                "no thumbnails and no poster are made: the pictures are HDR, and this FFmpeg has no 'zscale' to bring them "
                    + "to BT.709")
            return nil
        }
        let clock = StillClock(frameRate)
        thumbnails = preset.thumbnails.map {
            ThumbnailSheets($0, source, clock, frameRate, number: firstNumber, output)
        }
        poster = preset.poster.map { Poster($0, source, clock, frameRate, duration: duration, output) }
        outputs = [thumbnails?.still, poster?.still].compactMap { $0 }
        self.firstNumber = firstNumber
    }

    private let firstNumber: Int
    /// How many came behind those of `outputs`: of who makes nothing else, all of the film.
    private(set) var countedPictures = 0

    /// Takes a frame of one of `outputs`, or one to be counted.
    func take(_ number: Int, _ frame: UnsafeMutablePointer<AVFrame>) throws {
        guard number < outputs.count else {
            countedPictures += 1
            return
        }
        if number == 0, let thumbnails { try thumbnails.take(frame) } else { try poster?.take(frame) }
    }

    /// Sends what is left.
    ///
    /// - Parameter frameCount: of the film.
    /// - Returns: how many tracks were made; their numbers begin at `firstNumber`.
    func finish(frameCount: Int, warn: (String) throws -> Void) throws -> Int {
        var count = 0
        if let thumbnails {
            if try thumbnails.finish(frameCount: frameCount) {
                count += 1
            } else {
                try warn(
                    "no thumbnails are made: the film is not longer than \(thumbnails.intervalText) s, their interval")
            }
        }
        guard let poster else { return count }
        if try poster.finish(number: firstNumber + count, warn: warn) { count += 1 }
        return count
    }
}

/// The timescale of still pictures: frames have a whole duration in it.
struct StillClock {
    let timescale: UInt32
    let frameDuration: UInt32

    init(_ frameRate: Rational) {
        var factor = 1
        while frameRate.numerator * factor < 1000 { factor *= 2 }
        timescale = UInt32(clamping: frameRate.numerator * factor)
        frameDuration = UInt32(clamping: frameRate.denominator * factor)
    }
}

/// Sheets of thumbnails: each is sent when the first picture of the next one comes. Holds one sheet.
private final class ThumbnailSheets {
    let still: StillOutput
    private let format: ImageFormat
    private let clock: StillClock
    private let number: Int
    private let output: FrameOutput
    private var writer: ImageTrackWriter?
    private var sheet: StillFrame?
    /// Pictures so far.
    private var count = 0
    private var sheetCount = 0

    init(
        _ recipe: ThumbnailRecipe, _ source: SourcePicture, _ clock: StillClock, _ frameRate: Rational, number: Int,
        _ output: FrameOutput
    ) {
        self.clock = clock
        self.number = number
        self.output = output
        let step = max(1, Int((recipe.interval * frameRate.value).rounded()))
        let size = StillFrame.size(of: source, longest: recipe.width)
        var format = ImageFormat(
            role: .thumbnails, width: size.width, height: size.height, columns: recipe.columns, rows: recipe.rows,
            interval: clock.frameDuration.multipliedReportingOverflow(by: UInt32(clamping: step)).partialValue)
        // A sheet of square pictures is larger than one of wide ones.
        while format.rows > 1,
            format.sheetWidth * format.sheetHeight > ImageFormat.largestSheet
                || format.sheetDuration > UInt64(UInt32.max)
        { format.rows -= 1 }
        while format.columns > 1,
            format.sheetWidth * format.sheetHeight > ImageFormat.largestSheet
                || format.sheetDuration > UInt64(UInt32.max)
        { format.columns -= 1 }
        self.format = format
        still = StillOutput(width: size.width, height: size.height, step: step)
    }

    var intervalText: String { InputPart.seconds(Double(format.interval) / Double(clock.timescale)) }

    func take(_ frame: UnsafeMutablePointer<AVFrame>) throws {
        let place = count % format.sheetCount
        if place == 0 {
            if sheet != nil { try send(duration: UInt32(clamping: format.sheetDuration)) }
            sheet = try StillFrame(width: format.sheetWidth, height: format.sheetHeight)
        }
        sheet?.draw(frame, x: place % format.columns * format.width, y: place / format.columns * format.height)
        count += 1
    }

    /// - Returns: whether there are any: one picture is no choice of places.
    func finish(frameCount: Int) throws -> Bool {
        guard count > 1 else { return false }
        let end = UInt64(clamping: frameCount) * UInt64(clock.frameDuration)
        let start = UInt64(sheetCount) * format.sheetDuration
        try send(duration: UInt32(clamping: max(1, end - min(end, start))))
        try writer?.finish()
        return true
    }

    private func send(duration: UInt32) throws {
        guard let sheet else { return }
        let writer =
            self.writer
            ?? ImageTrackWriter(.still("thumbnails", format, clock.timescale), number: number, output: output)
        self.writer = writer
        try writer.add(try sheet.jpeg(), at: UInt64(sheetCount) * format.sheetDuration, duration: duration)
        sheetCount += 1
        self.sheet = nil
    }
}

/// The picture that stands for the film: that of a time, or the one with the most to see. Holds one picture.
private final class Poster {
    let still: StillOutput
    private let clock: StillClock
    private let output: FrameOutput
    private var best: (picture: StillFrame, frame: Int, score: Double)?
    private var count = 0

    /// Pictures that are looked at for the best one, at least, where the film has as many seconds.
    private static let candidates = 60.0
    /// Most seconds between them.
    private static let longestStep = 10.0

    init(
        _ recipe: PosterRecipe, _ source: SourcePicture, _ clock: StillClock, _ frameRate: Rational, duration: Double,
        _ output: FrameOutput
    ) {
        self.clock = clock
        self.output = output
        let size = StillFrame.size(of: source, longest: recipe.width)
        let seconds = min(max(duration / Self.candidates, 0.5), Self.longestStep)
        let only = recipe.position.map { Int(($0 * frameRate.value).rounded(.down)) }
        still = StillOutput(
            width: size.width, height: size.height, step: max(1, Int((seconds * frameRate.value).rounded())),
            only: only)
    }

    func take(_ frame: UnsafeMutablePointer<AVFrame>) throws {
        // Of a time: the film's first picture, and then the one that is meant.
        let number = still.only.map { count == 0 ? 0 : $0 } ?? count * still.step
        count += 1
        let score = still.only == nil ? StillFrame.detail(of: frame) : Double(count)
        guard score > best?.score ?? -1 else { return }
        best = (try StillFrame(copying: frame), number, score)
    }

    /// - Returns: whether there is one.
    func finish(number: Int, warn: (String) throws -> Void) throws -> Bool {
        guard let best else { return false }
        if let only = still.only, best.frame != only {
            try warn("the poster is the first picture: the film ends before the poster's time")
        }
        let format = ImageFormat(
            role: .poster, width: still.width, height: still.height, interval: clock.frameDuration)
        let writer = ImageTrackWriter(.still("poster", format, clock.timescale), number: number, output: output)
        try writer.add(
            try best.picture.jpeg(), at: UInt64(clamping: best.frame) * UInt64(clock.frameDuration),
            duration: clock.frameDuration)
        try writer.finish()
        return true
    }
}

extension TrackDescription {
    fileprivate static func still(_ name: String, _ format: ImageFormat, _ timescale: UInt32) -> TrackDescription {
        TrackDescription(
            name: name, kind: .image,
            codec: CodecConfiguration(sampleEntry: "jpeg", decoderSpecific: [], codecString: "jpeg"),
            timescale: timescale, averageBitrate: 0, peakBitrate: 0, image: format)
    }
}
