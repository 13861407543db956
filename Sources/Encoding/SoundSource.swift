import CFFmpeg
import EncoderProtocol
import MediaModel
import TrackOutput

/// A stream of sound of an input. Owned by one thread.
final class SoundSource {
    /// By number in the input.
    let stream: Int
    let decoder: Decoder
    let language: String
    let role: AudioRole?

    init(_ input: InputFile, stream: Int) throws {
        self.stream = stream
        decoder = try Decoder(input.stream(stream), threads: 1, kind: "sound")
        language = try input.language(of: stream)
        role = try input.stream(stream).audioRole
    }

    var channelCount: Int { Int(decoder.context.pointee.ch_layout.nb_channels) }

    /// In bits per second; nil when unknown.
    var bitrate: Int? {
        let rate = Int(decoder.context.pointee.bit_rate)
        return rate > 0 ? rate : nil
    }

    var isDolby: Bool { [AV_CODEC_ID_AC3, AV_CODEC_ID_EAC3].contains(decoder.context.pointee.codec_id) }
}

extension AVStream {
    /// What the container says that sound is for.
    fileprivate var audioRole: AudioRole? {
        if disposition & AV_DISPOSITION_COMMENT != 0 { return .commentary }
        if disposition & (AV_DISPOSITION_VISUAL_IMPAIRED | AV_DISPOSITION_DESCRIPTIONS) != 0 { return .description }
        return nil
    }
}

extension InputFile {
    /// RFC 5646 as the container has it, `und` when it has none that is a tag.
    func language(of index: Int) throws -> String {
        guard let entry = av_dict_get(try stream(index).metadata, "language", nil, 0), let value = entry.pointee.value
        else { return "und" }
        let text = String(cString: value).lowercased()
        let isTag = (2...3).contains(text.utf8.count) && text.utf8.allSatisfy { (0x61...0x7A).contains($0) }
        return isTag ? text : "und"
    }
}

/// The sound of one stream in one part: from packets through the decoder to the tracks. Owned by one thread.
final class SoundFeed {
    let source: SoundSource
    private var clock: StreamClock
    private let targets: [AudioRendition]
    private let passthrough: [PassthroughTrack]
    private let timeBase: AVRational
    private var graphs: [FilterGraph] = []
    /// In dB, by the number of channels that a track has; what is not there stays as it is.
    private let gains: [Int: Double]
    /// How many samples the targets may have in all at the part's end.
    private let limit: Int64
    private(set) var isComplete = false
    /// How far it is, in seconds of the part.
    private(set) var seconds = 0.0

    init(_ source: SoundSource, _ tracks: [SoundTrack], clock: StreamClock, gains: [Int: Double], limit: Int64) {
        self.source = source
        self.clock = clock
        self.gains = gains
        self.limit = limit
        timeBase = clock.timeBase
        targets = tracks.compactMap(\.rendition)
        passthrough = tracks.compactMap(\.passthrough)
    }

    var jumps: Int { clock.jumps }

    /// Decodes a packet, or what is left when it is nil.
    func take(_ packet: UnsafeMutablePointer<AVPacket>?, parameters: UnsafeMutablePointer<AVCodecParameters>?) throws {
        if let packet {
            for track in passthrough { try track.take(packet, parameters, clock) }
        }
        guard !targets.isEmpty else {
            if let packet, packet.pointee.pts != keyway_no_timestamp {
                seconds = max(seconds, clock.presentation(packet.pointee.pts.addingOrZero(packet.pointee.duration)))
            }
            return
        }
        try source.decoder.decode(packet) { frame in
            let rate = Int32(max(frame.pointee.sample_rate, 1))
            let duration = av_rescale_q(
                Int64(frame.pointee.nb_samples), AVRational(num: 1, den: rate), timeBase)
            let time = clock.time(of: frame.pointee.pts, duration: duration)
            if let end = clock.end, time >= end { isComplete = true }
            frame.pointee.pts = time
            seconds = max(seconds, clock.seconds(time.addingOrZero(duration)))
            guard time.addingOrZero(duration) > 0 else { return }
            if graphs.isEmpty { try begin(frame, at: clock.seconds(time)) }
            try push(frame)
        }
    }

    /// Sound that begins late has silence before it, which is made here: the filter would hold all of it in memory at once.
    private func begin(_ frame: UnsafeMutablePointer<AVFrame>, at start: Double) throws {
        try InputPart.refuseLateBeginning(start, "sound")
        let rate = Double(AudioRendition.sampleRate)
        let before = Int64(exactly: (max(0, start) * rate).rounded(.down)) ?? 0
        for target in targets { try target.fill(to: min(target.takenCount + before, limit)) }
        graphs = try targets.map {
            try SoundFilters.graph(
                frame, timeBase: timeBase, channelCount: $0.channelCount, gain: gains[$0.channelCount], first: before)
        }
    }

    private func push(_ frame: UnsafeMutablePointer<AVFrame>) throws {
        for (number, graph) in graphs.enumerated() {
            try graph.push(frame) { _, frame in try targets[number].take(frame, limit: limit) }
        }
    }

    func finish() throws {
        for (number, graph) in graphs.enumerated() {
            try graph.finish(at: keyway_no_timestamp) { _, frame in try targets[number].take(frame, limit: limit) }
        }
    }
}

/// From decoded sound to samples at 48 kHz.
enum SoundFilters {
    /// Without gaps from its beginning on: silence fills what is missing.
    ///
    /// - Parameter first: where it begins, in samples of what comes out.
    static func graph(
        _ frame: UnsafeMutablePointer<AVFrame>, timeBase: AVRational, channelCount: Int, gain: Double?, first: Int64
    ) throws -> FilterGraph {
        let target = layout(channelCount)
        let volume = gain.map { "volume=\(($0 * 100).rounded() / 100)dB:precision=float," } ?? ""
        let description =
            "[in0]aresample=\(AudioRendition.sampleRate):async=1:first_pts=\(first),\(volume)"
            + "aformat=sample_fmts=fltp:channel_layouts=\(target)[out0]"
        return try FilterGraph(
            .audio, sources: [try source(frame, timeBase)], sinkCount: 1, description: description, threads: 1)
    }

    /// In FFmpeg's words.
    static func layout(_ channelCount: Int) -> String { [1: "mono", 6: "5.1"][channelCount] ?? "stereo" }

    /// Arguments of the source filter.
    static func source(_ frame: UnsafeMutablePointer<AVFrame>, _ timeBase: AVRational) throws -> String {
        var layout = [CChar](repeating: 0, count: 128)
        if frame.pointee.ch_layout.order == AV_CHANNEL_ORDER_UNSPEC {
            av_channel_layout_default(&frame.pointee.ch_layout, frame.pointee.ch_layout.nb_channels)
        }
        try check(
            av_channel_layout_describe(&frame.pointee.ch_layout, &layout, layout.count), .damaged,
            "the sound's channels are not known")
        let name = String(decoding: layout.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return "time_base=\(timeBase.num)/\(timeBase.den):sample_rate=\(frame.pointee.sample_rate)"
            + ":sample_fmt=\(frame.pointee.format):channel_layout=\(name)"
    }
}
