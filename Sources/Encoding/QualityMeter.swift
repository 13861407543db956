import CFFmpeg
import EncoderProtocol
import TrackOutput

/// Decodes what an encoder gives and holds it against what the encoder got: structural similarity and signal to noise.
/// Owned by one thread; holds the pictures that the encoder holds.
final class QualityMeter {
    private let name: String
    private var decoder: Decoder?
    private var graph: FilterGraph?
    private var sources: [UnsafeMutablePointer<AVFrame>] = []
    private var timeBase = AVRational(num: 1, den: 25)
    private var count = 0
    private var similarity = 0.0
    private var meanError = 0.0

    /// - Throws: `EncodingFailure` when this FFmpeg cannot measure.
    init(name: String) throws {
        self.name = name
        guard FilterGraph.has("ssim"), FilterGraph.has("psnr") else {
            throw EncodingFailure(.notTaken, "this FFmpeg measures no quality: it lacks 'ssim' and 'psnr'")
        }
    }

    deinit { for frame in sources { Self.free(frame) } }

    func begin(_ encoder: Encoder) throws {
        timeBase = encoder.context.pointee.time_base
        var parameters = avcodec_parameters_alloc()
        defer { avcodec_parameters_free(&parameters) }
        guard let parameters else { throw EncodingFailure(.limitExceeded, "no memory to measure quality") }
        try check(
            avcodec_parameters_from_context(parameters, encoder.context), .limitExceeded,
            "no memory to measure quality")
        decoder = try Decoder(parameters, timeBase: timeBase, threads: 1, kind: "rendition")
    }

    func take(source frame: UnsafeMutablePointer<AVFrame>) throws {
        guard let kept = av_frame_clone(frame) else {
            throw EncodingFailure(.limitExceeded, "no memory to measure quality")
        }
        sources.append(kept)
    }

    func take(coded packet: CodedPacket) throws { try decoder?.decode(packet.packet, compare) }

    /// Ends what one encoder made: the next one's packets need a decoder of their own.
    func endPiece() throws {
        try decoder?.decode(nil, compare)
        decoder = nil
    }

    /// Nil when nothing was compared.
    func finish() throws -> RenditionQuality? {
        try endPiece()
        try graph?.finish(0, at: keyway_no_timestamp, note)
        try graph?.finish(1, at: keyway_no_timestamp, note)
        guard count > 0 else { return nil }
        let error = meanError / Double(count)
        return RenditionQuality(
            name: name, similarity: similarity / Double(count),
            signalToNoise: error > 0 ? Decibels.ofRatio(Self.peak * Self.peak / error) : nil, pictures: count)
    }

    private static let peak = 255.0

    private func compare(_ decoded: UnsafeMutablePointer<AVFrame>) throws {
        guard !sources.isEmpty else { return }
        let source = sources.removeFirst()
        defer { Self.free(source) }
        decoded.pointee.pts = source.pointee.pts
        if graph == nil { graph = try Self.comparison(source, decoded, timeBase) }
        try graph?.push(source, to: 0, note)
        try graph?.push(decoded, to: 1, note)
    }

    private static func comparison(
        _ source: UnsafeMutablePointer<AVFrame>, _ decoded: UnsafeMutablePointer<AVFrame>, _ base: AVRational
    ) throws -> FilterGraph {
        let arguments = [source, decoded].map { frame in
            "video_size=\(frame.pointee.width)x\(frame.pointee.height):pix_fmt=\(frame.pointee.format)"
                + ":time_base=\(base.num)/\(base.den)"
        }
        // The first filter hands its picture on with what it found.
        return try FilterGraph(
            .video, sources: arguments, sinkCount: 1,
            description: "[in0]format=yuv420p,split[a][b];[in1]format=yuv420p[c];[c][a]ssim[d];[d][b]psnr[out0]",
            threads: 1)
    }

    private func note(_: Int, _ frame: UnsafeMutablePointer<AVFrame>) throws {
        guard let all = Self.value("lavfi.ssim.All", frame) else { return }
        let channels = ["y", "u", "v"].compactMap { Self.value("lavfi.psnr.mse.\($0)", frame) }
        guard channels.count == 3 else { return }
        count += 1
        similarity += all
        // As FFmpeg weighs planes: by their pixels.
        meanError += (4 * channels[0] + channels[1] + channels[2]) / 6
    }

    private static func value(_ key: String, _ frame: UnsafeMutablePointer<AVFrame>) -> Double? {
        guard let entry = av_dict_get(frame.pointee.metadata, key, nil, 0), let text = entry.pointee.value else {
            return nil
        }
        return Double(String(cString: text))
    }

    private static func free(_ frame: UnsafeMutablePointer<AVFrame>) {
        var frame: UnsafeMutablePointer<AVFrame>? = frame
        av_frame_free(&frame)
    }
}
