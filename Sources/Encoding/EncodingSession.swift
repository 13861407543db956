import CFFmpeg
import EncoderProtocol
import Glibc
public import TrackOutput

/// One run: opens the input, decodes it once, and feeds every rendition. Owned by one thread.
public final class EncodingSession {
    /// Share of packets that may fail to decode before the input counts as damaged.
    private static let tolerableErrors = 0.02
    /// How much shorter than declared the video may be, in seconds and as a share.
    private static let tolerableLoss = (seconds: 0.5, share: 0.02)

    let output: FrameOutput
    let input: InputFile
    let videoDecoder: Decoder
    let frameRate: Rational
    private var video: [VideoRendition] = []
    let sounds: [SoundTrack]
    private var videoGraph: FilterGraph?
    let rungs: [LadderRung]
    private let start: Double
    private var decodedUntil = 0.0
    private var progress: ProgressReport

    /// - Parameters:
    ///   - descriptor: the open input.
    ///   - threads: of each codec; 0 for as many as there are processors.
    public init(descriptor: Int32, threads: Int, output: FrameOutput) throws {
        keyway_bound_log()
        self.output = output
        let input = try InputFile(descriptor: descriptor)
        self.input = input
        let stream = try input.stream(input.video)
        videoDecoder = try Decoder(stream, threads: threads, kind: "video")
        var sounds: [SoundTrack] = []
        for index in input.sounds {
            do {
                sounds.append(try SoundTrack(input, stream: index, names: Set(sounds.map(\.name))))
            } catch let failure as EncodingFailure where index != input.sounds.first {
                try output.send(.warning(message: "stream \(index) is left out: \(failure.message)"))
            }
        }
        self.sounds = sounds
        frameRate = .frameRate(average: stream.averageRate)
        start = input.startTime
        progress = ProgressReport(duration: input.declaredDuration)
        let size = try SourcePicture(input, videoDecoder)
        rungs = Ladder.adaptive(
            width: size.width, height: size.height, frameRate: frameRate.value, sourceBitrate: size.bitrate)
        try output.send(.probed(facts(size)))
        try announce()
        for (number, rung) in rungs.enumerated() {
            video.append(
                try VideoRendition(rung, frameRate: frameRate, threads: threads, number: number, output: output))
        }
        for (number, sound) in sounds.enumerated() {
            try sound.begin(number: rungs.count + number, output: output)
        }
    }

    /// Encodes the whole input.
    public func run() throws {
        guard let packet = av_packet_alloc() else { throw EncodingFailure(.limitExceeded, "no memory for packets") }
        defer {
            var packet: UnsafeMutablePointer<AVPacket>? = packet
            av_packet_free(&packet)
        }
        while true {
            let result = av_read_frame(input.context, packet)
            if result == keyway_error_end { break }
            if result == keyway_error_again { continue }
            try check(result, .damaged, "it cannot be read to its end")
            defer { av_packet_unref(packet) }
            let index = Int(packet.pointee.stream_index)
            if index == input.video {
                try videoDecoder.decode(packet, takeVideo)
            } else if let sound = sounds.first(where: { $0.stream == index }) {
                try takeSound(packet, sound)
            }
        }
        try videoDecoder.decode(nil, takeVideo)
        for sound in sounds { try takeSound(nil, sound) }
        try finish()
    }

    private func finish() throws {
        try refuseDamage()
        try videoGraph?.finish(at: try videoEnd()) { number, frame in try self.video[number].encode(frame) }
        for rendition in video { try rendition.finish() }
        for sound in sounds { try sound.finish() }
        try output.send(.finished)
    }

    /// Where the last picture ends, in the video stream's time base.
    private func videoEnd() throws -> Int64 {
        let base = av_q2d(try input.stream(input.video).time_base)
        let units = decodedUntil / max(base, 1e-9)
        return Int64(exactly: units.rounded()) ?? keyway_no_timestamp
    }

    /// A file that was cut or damaged must not become a short asset.
    private func refuseDamage() throws {
        guard videoGraph != nil else { throw EncodingFailure(.damaged, "no picture could be decoded") }
        let errors = sounds.reduce(videoDecoder.errorCount) { $0 + $1.decoder.errorCount }
        let packets = sounds.reduce(videoDecoder.packetCount) { $0 + $1.decoder.packetCount }
        guard Double(errors) <= max(2, Double(packets) * Self.tolerableErrors) else {
            throw EncodingFailure(.damaged, "\(errors) of \(packets) packets cannot be decoded")
        }
        let declared = input.declaredDuration
        let missing = declared - decodedUntil
        guard missing <= max(Self.tolerableLoss.seconds, declared * Self.tolerableLoss.share) else {
            throw EncodingFailure(
                .truncated,
                "it declares \(Self.seconds(declared)) s of video and ends after \(Self.seconds(decodedUntil)) s")
        }
        if errors > 0 { try output.send(.warning(message: "\(errors) of \(packets) packets could not be decoded")) }
    }

    private static func seconds(_ value: Double) -> String {
        "\((value * 100).rounded() / 100)"
    }

    private func takeVideo(_ frame: UnsafeMutablePointer<AVFrame>) throws {
        let stream = try input.stream(input.video)
        let time = frame.pointee.best_effort_timestamp
        if time != keyway_no_timestamp {
            let seconds = Double(time) * av_q2d(stream.time_base) - start
            decodedUntil = max(decodedUntil, seconds + 1 / frameRate.value)
            frame.pointee.pts = time.subtractingOrZero(offset(in: stream))
        }
        if videoGraph == nil {
            videoGraph = try .video(
                frame, stream: try input.streamPointer(input.video), frameRate: frameRate, rungs: rungs)
        }
        try videoGraph?.push(frame) { number, frame in try self.video[number].encode(frame) }
        if let event = progress.event(at: decodedUntil) { try output.send(event) }
    }

    /// The presentation's start in a stream's time base; zero when the container says nonsense.
    private func offset(in stream: AVStream) -> Int64 {
        Int64(exactly: (start / av_q2d(stream.time_base)).rounded()) ?? 0
    }

    private func takeSound(_ packet: UnsafeMutablePointer<AVPacket>?, _ sound: SoundTrack) throws {
        let stream = try input.stream(sound.stream)
        try sound.decode(packet, stream, start: offset(in: stream))
    }
}

extension Int64 {
    /// The difference, or zero when it cannot be told: times come from the file.
    func subtractingOrZero(_ other: Int64) -> Int64 {
        let difference = subtractingReportingOverflow(other)
        return difference.overflow ? 0 : difference.partialValue
    }
}
