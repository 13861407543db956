import CFFmpeg
import EncoderProtocol
import TrackOutput

/// How loud a stream of sound is in the channels of a track, measured over all of it before it is encoded (EBU R 128): so
/// one gain does for the whole, and nothing is compressed.
struct Loudness {
    /// Integrated, in LUFS; nil for silence.
    private(set) var integrated: Double?
    /// True peak in dBTP; nil for silence.
    private(set) var peak: Double?

    /// No louder than this after the gain, in dBTP.
    private static let highestPeak = -1.0
    /// Below this there is nothing to measure (EBU R 128 gates at -70 LUFS).
    private static let gate = -69.9
    private static let gains = -60.0...40.0

    /// - Parameters:
    ///   - start: in seconds of the container.
    ///   - length: in seconds; nil for all.
    init(
        _ file: EncodingInput, stream index: Int, channelCount: Int, start: Double, length: Double?
    ) throws {
        guard FilterGraph.has("ebur128") else {
            throw EncodingFailure(.notTaken, "this FFmpeg measures no loudness: it lacks 'ebur128'")
        }
        let input = try InputFile(file)
        let stream = try input.stream(index)
        let decoder = try Decoder(stream, threads: 1, kind: "sound")
        var clock = StreamClock(
            timeBase: stream.time_base, start: start, duration: length, declared: input.declaredDuration)
        var graph: FilterGraph?
        var isComplete = false
        var found: (integrated: Double?, peak: Double?) = (nil, nil)
        func note(_: Int, _ frame: UnsafeMutablePointer<AVFrame>) {
            found.integrated = Self.value("lavfi.r128.I", frame) ?? found.integrated
            found.peak = Self.value("lavfi.r128.true_peak", frame) ?? found.peak
        }
        func take(_ frame: UnsafeMutablePointer<AVFrame>) throws {
            let duration = av_rescale_q(
                Int64(frame.pointee.nb_samples), AVRational(num: 1, den: max(frame.pointee.sample_rate, 1)),
                clock.timeBase)
            let time = clock.time(of: frame.pointee.pts, duration: duration)
            if let end = clock.end, time >= end { isComplete = true }
            guard !isComplete, time.addingOrZero(duration) > 0 else { return }
            frame.pointee.pts = time
            let filters = try graph ?? Self.meter(frame, clock.timeBase, channelCount)
            graph = filters
            try filters.push(frame, note)
        }
        if start > input.startTime { input.seek(to: start) }
        try input.readPackets { packet in
            guard Int(packet.pointee.stream_index) == index else { return true }
            try decoder.decode(packet, take)
            return !isComplete
        }
        try decoder.decode(nil, take)
        try graph?.finish(at: keyway_no_timestamp, note)
        integrated = found.integrated
        peak = found.peak.map { Decibels.ofAmplitude($0) }
    }

    /// In dB, to reach a loudness without going over the highest peak; zero for silence.
    func gain(to target: Double) -> Double {
        guard let integrated, integrated > Self.gate else { return 0 }
        let wanted = target - integrated
        let room = peak.map { Self.highestPeak - $0 } ?? wanted
        return min(max(min(wanted, room), Self.gains.lowerBound), Self.gains.upperBound)
    }

    private static func meter(
        _ frame: UnsafeMutablePointer<AVFrame>, _ base: AVRational, _ channelCount: Int
    ) throws -> FilterGraph {
        try FilterGraph(
            .audio, sources: [try SoundFilters.source(frame, base)], sinkCount: 1,
            description:
                "[in0]aformat=channel_layouts=\(SoundFilters.layout(channelCount)),ebur128=metadata=1:peak=true:framelog=verbose[out0]",
            threads: 1)
    }

    private static func value(_ prefix: String, _ frame: UnsafeMutablePointer<AVFrame>) -> Double? {
        var highest: Double?
        var entry: UnsafeMutablePointer<AVDictionaryEntry>?
        // The peaks of channels stand behind one another.
        while let next = av_dict_get(frame.pointee.metadata, prefix, entry, AV_DICT_IGNORE_SUFFIX) {
            entry = next
            let key = String(cString: next.pointee.key)
            guard key == prefix || key.hasPrefix(prefix + "s_ch"),
                let value = Double(String(cString: next.pointee.value))
            else { continue }
            highest = max(highest ?? value, value)
        }
        return highest
    }
}
