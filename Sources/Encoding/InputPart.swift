import CFFmpeg
import EncoderProtocol
import TrackOutput

/// A stretch of an input, opened, with a decoder for each stream that is used. Owned by one thread.
final class InputPart {
    let file: EncodingInput
    let input: InputFile
    /// From the presentation's beginning, in seconds.
    let start: Double
    /// In seconds; nil for the input's end.
    let end: Double?
    let source: SourcePicture?
    let videoDecoder: Decoder?
    let sounds: [SoundSource]
    let texts: [TextStream]
    private(set) var warnings: [String] = []
    /// Of a track as it is stored; nil for a film as any other.
    private let stored: StoredTimes?

    /// Share of packets that may fail to decode before the input counts as damaged.
    private static let tolerableErrors = 0.02
    /// How much shorter than declared the input may be, in seconds and as a share.
    private static let tolerableLoss = (seconds: 0.5, share: 0.02)

    /// - Parameter threads: of each codec; 0 for as many as there are processors.
    init(
        _ file: EncodingInput, _ part: EncodingOrder.Part, usesVideo: Bool, usesSound: Bool, threads: Int,
        stored: StoredTimes? = nil
    ) throws {
        self.file = file
        self.stored = stored
        let input = try InputFile(file)
        self.input = input
        try input.refuseWhatCannotPlay()
        start = part.start ?? 0
        end = part.end
        try Self.refuseEndless(stored?.duration ?? input.declaredDuration, start, end)
        if usesVideo, let video = input.video {
            let decoder = try Decoder(input.stream(video), threads: threads, kind: "video")
            videoDecoder = decoder
            source = try SourcePicture(input, video: video, decoder)
        } else {
            videoDecoder = nil
            source = nil
        }
        var sounds: [SoundSource] = []
        for index in usesSound ? input.sounds : [] {
            do {
                sounds.append(try SoundSource(input, stream: index))
            } catch let failure as EncodingFailure where index != input.sounds.first {
                warnings.append("stream \(index) is left out: \(failure.message)")
            }
        }
        if usesSound, input.leftOutSounds > 0 {
            warnings.append(
                "streams of sound are left out: \(input.leftOutSounds); an asset keeps \(InputFile.maximumSounds)")
        }
        self.sounds = sounds
        var texts: [TextStream] = []
        for index in input.texts {
            if let text = try TextStream(input, stream: index) {
                texts.append(text)
            } else {
                warnings.append("stream \(index) is left out: its subtitles are pictures, not text")
            }
        }
        self.texts = texts
    }

    /// How long it is as the input declares it, in seconds; 0 when unknown.
    var declaredDuration: Double {
        let whole = wholeDuration
        let until = end.map { whole > 0 ? min($0, whole) : $0 } ?? whole
        return max(0, until - start)
    }

    /// The longest film that is encoded, in seconds: two pictures of a file that says that years lie between them would be as
    /// many pictures as a film of years.
    static let longest = 86_400.0

    private static func refuseEndless(_ duration: Double, _ start: Double, _ end: Double?) throws {
        // Where the input does not say how long it is, the clip's end does.
        let length = min(end ?? .infinity, duration > 0 ? duration : end ?? 0) - start
        guard length > longest else { return }
        throw EncodingFailure(
            .limitExceeded,
            "it says that it is \(Self.seconds(length)) s long; at most \(Int(longest)) s (a day) are encoded, or a clip of it"
        )
    }

    /// Silence, or the first picture, would fill the time before what begins only then.
    static func refuseLateBeginning(_ seconds: Double, _ what: String) throws {
        guard seconds > longest else { return }
        throw EncodingFailure(
            .limitExceeded, "its \(what) begins at second \(Self.seconds(seconds)); a film is at most a day long")
    }

    /// Of the input, likewise.
    private var wholeDuration: Double { stored?.duration ?? input.declaredDuration }

    /// Where it begins, in seconds of the container. What is stored counts from the film's beginning, wherever its first
    /// picture is.
    var containerStart: Double { (stored == nil ? input.startTime : 0) + start }

    /// A clock for a stream.
    ///
    /// - Parameter length: of the part when it is cut, in seconds; nil for all there is.
    func clock(_ stream: Int, length: Double?) throws -> StreamClock {
        StreamClock(
            timeBase: try input.stream(stream).time_base, start: containerStart, duration: length,
            declared: max(0, wholeDuration - start))
    }

    /// Reads the part and gives each packet to whom it belongs.
    ///
    /// - Parameters:
    ///   - before: how much of the film lies before the part, in seconds.
    ///   - isEntered: reading goes on where it is; otherwise it begins with the part.
    ///   - isEnough: whether no more pictures are wanted.
    func run(
        _ pictures: PictureFeed?, _ feeds: [SoundFeed], before: Double, isEntered: Bool = false,
        isEnough: () -> Bool = { false }, progress: (Double) throws -> Void
    ) throws {
        if start > 0, !isEntered { input.seek(to: containerStart) }
        let length = end.map { $0 - start }
        try input.readPackets { packet in
            let index = Int(packet.pointee.stream_index)
            if index == input.video, let pictures {
                if let stored { try stored.stamp(packet, base: try input.stream(index).time_base) }
                try pictures.take(packet)
                try progress(pictures.decodedUntil)
            } else if let feed = feeds.first(where: { $0.source.stream == index }) {
                try feed.take(packet, parameters: try input.stream(index).codecpar)
                if pictures == nil { try progress(feed.seconds) }
            } else if let text = texts.first(where: { $0.stream == index }) {
                try text.take(packet, start: containerStart, length: length, before: before)
            }
            let isDone = (pictures?.isComplete ?? true) && feeds.allSatisfy(\.isComplete)
            return !isEnough() && (end == nil || !isDone || (pictures == nil && feeds.isEmpty))
        }
        if isEnough() { return }
        try pictures?.take(nil)
        for feed in feeds { try feed.take(nil, parameters: nil) }
    }

    /// A file that was cut or damaged must not become a short asset.
    ///
    /// - Returns: what an operator should know.
    func refuseDamage(_ pictures: PictureFeed?, _ feeds: [SoundFeed]) throws -> [String] {
        if let pictures, !pictures.hasPictures {
            guard start == 0 else {
                throw EncodingFailure(.notTaken, "there is no picture behind second \(Self.seconds(start))")
            }
            throw EncodingFailure(.damaged, "no picture could be decoded")
        }
        let warnings = try errors(pictures, feeds)
        let declared = declaredDuration
        let reached = pictures?.decodedUntil ?? feeds.map(\.seconds).max() ?? 0
        guard declared - reached <= max(Self.tolerableLoss.seconds, declared * Self.tolerableLoss.share) else {
            throw EncodingFailure(
                .truncated,
                "it declares \(Self.seconds(declared)) s of \(pictures == nil ? "sound" : "video") and ends after "
                    + "\(Self.seconds(reached)) s")
        }
        return warnings
    }

    /// Of sound beside pictures that others see; how long it must be is for them to say.
    func refuseBadSound(_ feeds: [SoundFeed]) throws -> [String] { try errors(nil, feeds) }

    private func errors(_ pictures: PictureFeed?, _ feeds: [SoundFeed]) throws -> [String] {
        let decoders = [pictures?.decoder].compactMap { $0 } + feeds.map(\.source.decoder)
        let errors = decoders.reduce(0) { $0 + $1.errorCount }
        let packets = decoders.reduce(0) { $0 + $1.packetCount }
        guard Double(errors) <= max(2, Double(packets) * Self.tolerableErrors) else {
            throw EncodingFailure(.damaged, "\(errors) of \(packets) packets cannot be decoded")
        }
        var warnings: [String] = []
        if errors > 0 { warnings.append("\(errors) of \(packets) packets could not be decoded") }
        let mended = decoders.reduce(0) { $0 + $1.mendedCount }
        if mended > 0 { warnings.append("\(mended) decoded frames are damaged: look at the film") }
        let jumps = (pictures?.jumps ?? 0) + feeds.reduce(0) { $0 + $1.jumps }
        if jumps > 0 { warnings.append("its times jump \(jumps) times: the jumps are left out") }
        return warnings
    }

    static func seconds(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }
}
