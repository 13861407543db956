import CFFmpeg
import EncoderProtocol
import TrackOutput

extension InputFile {
    /// Containers that know where their key frames are. What has none is searched by its bytes, and may be entered between
    /// two key frames.
    var knowsKeyFrames: Bool {
        let names = formatName.split(separator: ",")
        return names.contains("mov") || names.contains("matroska")
    }

    /// Reads a stream no more.
    func leaveOut(_ stream: Int) {
        guard stream < Int(context.pointee.nb_streams) else { return }
        context.pointee.streams[stream]?.pointee.discard = AVDISCARD_ALL
    }

    /// Reads nothing but one stream from now on.
    func keepOnly(_ stream: Int) {
        for index in 0..<Int(context.pointee.nb_streams) where index != stream {
            context.pointee.streams[index]?.pointee.discard = AVDISCARD_ALL
        }
    }
}

extension InputPart {
    /// How long before a piece reading begins, in seconds: the filters have then seen what they look back at.
    private static let margins = [1.0, 4, 16, 64]

    /// Goes to a key frame well before a time.
    ///
    /// - Parameter time: in seconds of the part.
    /// - Returns: when the key frame is on show, in the stream's time base: what is decoded of earlier pictures is not to be
    ///   used. Nil where there is none: reading then begins at the beginning.
    func enter(before time: Double) throws -> Int64? {
        guard let video = input.video, let source else { return nil }
        let base = try input.stream(video).time_base
        let latest = containerStart + time - 3 / source.frameRate.value
        for margin in Self.margins where containerStart + time - margin > input.startTime {
            let target = containerStart + time - margin
            input.seek(to: target)
            if let stamp = try keyFrame(of: video), Double(stamp) * av_q2d(base) <= latest {
                input.seek(to: target)
                return stamp
            }
        }
        input.seek(to: input.startTime)
        return nil
    }

    /// When the next picture of the stream is on show; nil unless it is a key frame.
    private func keyFrame(of video: Int) throws -> Int64? {
        var found: Int64?
        try input.readPackets { packet in
            guard Int(packet.pointee.stream_index) == video else { return true }
            if packet.pointee.flags & AV_PKT_FLAG_KEY != 0, packet.pointee.pts != keyway_no_timestamp {
                found = packet.pointee.pts
            }
            return false
        }
        return found
    }

    /// What decides on filters and encoders, of the first picture.
    func firstForm(_ clock: StreamClock, threads: Int) throws -> String {
        guard let video = input.video, let decoder = videoDecoder, let source else { return "" }
        var form: String?
        let feed = PictureForm(clock, source)
        if start > 0 { input.seek(to: containerStart) }
        try input.readPackets { packet in
            guard Int(packet.pointee.stream_index) == video else { return true }
            try decoder.decode(packet) { frame in form = form ?? feed.form(frame) }
            return form == nil
        }
        if form == nil { try decoder.decode(nil) { frame in form = form ?? feed.form(frame) } }
        return form ?? ""
    }
}

/// What a picture is like, in one line.
struct PictureForm {
    private let duration: Double
    private let start: Double
    private let base: AVRational

    init(_ clock: StreamClock, _ source: SourcePicture) {
        base = clock.timeBase
        start = clock.start
        duration = 1 / source.frameRate.value
    }

    /// Nil for a picture that lies before the beginning.
    func form(_ frame: UnsafeMutablePointer<AVFrame>) -> String? {
        let stamp = frame.pointee.best_effort_timestamp
        if stamp != keyway_no_timestamp, Double(stamp) * av_q2d(base) + duration <= start { return nil }
        return Self.text(frame)
    }

    static func text(_ frame: UnsafeMutablePointer<AVFrame>) -> String {
        let picture = frame.pointee
        let aspect = picture.sample_aspect_ratio
        let numbers: [Int64] = [
            Int64(picture.width), Int64(picture.height), Int64(picture.format), Int64(aspect.num), Int64(aspect.den),
            Int64(picture.interlaced_frame), Int64(picture.color_primaries.rawValue),
            Int64(picture.color_trc.rawValue), Int64(picture.colorspace.rawValue), Int64(picture.color_range.rawValue),
        ]
        return (numbers.map(String.init) + (MasteringLight(frame)?.hevc ?? [])).joined(separator: " ")
    }
}
