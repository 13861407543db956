import CFFmpeg
import EncoderProtocol
import Glibc
import TrackOutput

extension EncodingSession {
    func facts(_ picture: SourcePicture) -> EncoderInput {
        EncoderInput(
            format: String(cString: input.context.pointee.iformat.pointee.name), duration: input.declaredDuration,
            videoCodec: String(cString: avcodec_get_name(videoDecoder.context.pointee.codec_id)),
            width: picture.width, height: picture.height, frameRate: frameRate.value,
            audioCodec: sounds.first.map { String(cString: avcodec_get_name($0.decoder.context.pointee.codec_id)) })
    }

    func announce() throws {
        var tracks = rungs.map {
            PlannedRendition(name: VideoRendition.name($0), bitrate: $0.bitrate, width: $0.width, height: $0.height)
        }
        tracks += sounds.map { PlannedRendition(name: $0.name, bitrate: $0.bitrate) }
        if input.leftOutSounds > 0 {
            try output.send(
                .warning(
                    message: "\(input.leftOutSounds) streams of sound are left out; an asset keeps "
                        + "\(InputFile.maximumSounds)"))
        }
        try output.send(.planned(tracks: tracks))
    }
}

/// The source's picture upright and with square pixels.
struct SourcePicture {
    var width: Int
    var height: Int
    /// Of the video, in bits per second; nil when unknown.
    var bitrate: Int?

    init(_ input: InputFile, _ decoder: Decoder) throws {
        let stream = try input.streamPointer(input.video)
        let coded = (Int(decoder.context.pointee.width), Int(decoder.context.pointee.height))
        guard (16...16_384).contains(coded.0), (16...16_384).contains(coded.1) else {
            throw EncodingFailure(.damaged, "its pictures are \(coded.0)x\(coded.1)")
        }
        var aspect = av_guess_sample_aspect_ratio(input.context, stream, nil)
        if aspect.num <= 0 || aspect.den <= 0 { aspect = AVRational(num: 1, den: 1) }
        let scale = min(max(av_q2d(aspect), 0.1), 10)
        // Pixels that are not square: the shorter side is kept, so that nothing is enlarged twice.
        var size = (Double(coded.0) * max(scale, 1), Double(coded.1) / min(scale, 1))
        if scale > 1 { size = (Double(coded.0), Double(coded.1) / scale) }
        if scale < 1 { size = (Double(coded.0) * scale, Double(coded.1)) }
        let isTurned = keyway_rotation(stream) % 180 != 0
        width = Int((isTurned ? size.1 : size.0).rounded())
        height = Int((isTurned ? size.0 : size.1).rounded())
        let own = stream.pointee.codecpar.pointee.bit_rate
        let whole = input.context.pointee.bit_rate
        bitrate = own > 0 ? Int(own) : whole > 0 ? Int(whole) : nil
    }
}

extension AVStream {
    /// Frames per second as the container knows them.
    var averageRate: Rational? {
        for rate in [avg_frame_rate, r_frame_rate] where rate.num > 0 && rate.den > 0 {
            return Rational(Int(rate.num), Int(rate.den))
        }
        return nil
    }
}

extension Decoder {
    /// Mono stays mono; everything else becomes stereo.
    var targetChannelCount: Int { context.pointee.ch_layout.nb_channels == 1 ? 1 : 2 }
}

/// Says at most twice a second how far the work is.
struct ProgressReport {
    let duration: Double
    private let started = ContinuousClock.now
    private var last: ContinuousClock.Instant?

    init(duration: Double) {
        self.duration = duration
    }

    mutating func event(at seconds: Double) -> EncoderEvent? {
        let now = ContinuousClock.now
        if let last, now - last < .milliseconds(500) { return nil }
        last = now
        let elapsed = (now - started) / .seconds(1)
        return .progress(
            fraction: duration > 0 ? min(max(seconds / duration, 0), 1) : 0, seconds: seconds,
            speed: elapsed > 0 ? seconds / elapsed : 0)
    }
}
