import CChromaprint
import CFFmpeg
import EncoderProtocol
public import TrackOutput

/// Decodes the first stream of sound and gives Chromaprint's raw fingerprint of it: 32 bits for each 0.1238 seconds, which
/// stay nearly the same when the sound is encoded anew. Owned by one thread.
public enum SoundFingerprint {
    /// What Chromaprint works at.
    private static let sampleRate: Int32 = 11_025
    /// Of sound, in seconds: twelve hours.
    private static let longest = 43_200
    private static let itemsPerEvent = 4096

    /// - Throws: `EncodingFailure` for what is no media, or cannot be decoded.
    public static func run(_ file: EncodingInput, output: FrameOutput) throws {
        keyway_bound_log()
        let input = try InputFile(file)
        if let index = input.sounds.first {
            let items = try fingerprint(input, index)
            for start in stride(from: 0, to: items.count, by: itemsPerEvent) {
                try output.send(.fingerprinted(items: Array(items[start...].prefix(itemsPerEvent))))
            }
        }
        try output.send(.finished)
    }

    private static func fingerprint(_ input: InputFile, _ index: Int) throws -> [UInt32] {
        guard let context = chromaprint_new(keyway_chromaprint_algorithm) else {
            throw EncodingFailure(.limitExceeded, "no memory for the fingerprint")
        }
        defer { chromaprint_free(context) }
        guard chromaprint_start(context, sampleRate, 1) == 1 else {
            throw EncodingFailure(.internalError, "Chromaprint does not begin")
        }
        let stream = try input.stream(index)
        let decoder = try Decoder(stream, threads: 1, kind: "sound")
        var graph: FilterGraph?
        var form: SoundForm?
        var samples = 0
        func feed(_: Int, _ frame: UnsafeMutablePointer<AVFrame>) throws {
            guard let bytes = frame.pointee.data.0, frame.pointee.nb_samples > 0 else { return }
            samples += Int(frame.pointee.nb_samples)
            let fed = bytes.withMemoryRebound(to: Int16.self, capacity: Int(frame.pointee.nb_samples)) {
                chromaprint_feed(context, $0, frame.pointee.nb_samples)
            }
            guard fed == 1 else { throw EncodingFailure(.internalError, "Chromaprint takes no more") }
        }
        func take(_ frame: UnsafeMutablePointer<AVFrame>) throws {
            // A stream may change its form: what follows is filtered anew.
            if form != SoundForm(frame) {
                try graph?.finish(at: keyway_no_timestamp, feed)
                graph = try filters(frame, stream.time_base)
                form = SoundForm(frame)
            }
            try graph?.push(frame, feed)
        }
        try input.readPackets { packet in
            guard Int(packet.pointee.stream_index) == index else { return true }
            try decoder.decode(packet, take)
            return samples < longest * Int(sampleRate)
        }
        try decoder.decode(nil, take)
        try graph?.finish(at: keyway_no_timestamp, feed)
        guard samples > 0 else {
            throw EncodingFailure(.damaged, "none of its sound can be decoded")
        }
        return try items(context)
    }

    private static func items(_ context: OpaquePointer) throws -> [UInt32] {
        var items: UnsafeMutablePointer<UInt32>?
        var count: Int32 = 0
        guard chromaprint_finish(context) == 1, chromaprint_get_raw_fingerprint(context, &items, &count) == 1,
            let items
        else { return [] }
        defer { chromaprint_dealloc(items) }
        return Array(UnsafeBufferPointer(start: items, count: Int(max(count, 0))))
    }

    private static func filters(
        _ frame: UnsafeMutablePointer<AVFrame>, _ base: AVRational
    ) throws -> FilterGraph {
        try FilterGraph(
            .audio, sources: [try SoundFilters.source(frame, base)], sinkCount: 1,
            description: "[in0]aresample=\(sampleRate),aformat=sample_fmts=s16:channel_layouts=mono[out0]",
            threads: 1)
    }
}

/// What a filter is made for.
private struct SoundForm: Equatable {
    let rate: Int32
    let format: Int32
    let channels: Int32

    init(_ frame: UnsafeMutablePointer<AVFrame>) {
        rate = frame.pointee.sample_rate
        format = frame.pointee.format
        channels = frame.pointee.ch_layout.nb_channels
    }
}
