import CFFmpeg
import CodecSyntax
import EncoderProtocol
import ISOBaseMedia
import MediaModel
import TrackOutput

/// One rung of the ladder: H.264 High with closed groups of pictures of two seconds that start at the same frames in every
/// rendition. Owned by one thread.
final class VideoRendition {
    /// In seconds.
    static let segmentDuration = 2

    private let encoder: Encoder
    private let writer: TrackWriter
    private let mapper: AVCSubsampleMapper
    private let frameRate: Rational
    private let frameDuration: UInt32
    private var encodedCount: Int64 = 0
    private var writtenCount: Int64 = 0

    init(_ rung: LadderRung, frameRate: Rational, threads: Int, number: Int, output: FrameOutput) throws {
        self.frameRate = frameRate
        encoder = try Encoder(codec: "libx264", options: Self.options(rung)) { context in
            context.pointee.width = Int32(rung.width)
            context.pointee.height = Int32(rung.height)
            context.pointee.pix_fmt = AV_PIX_FMT_YUV420P
            context.pointee.sample_aspect_ratio = AVRational(num: 1, den: 1)
            context.pointee.time_base = AVRational(
                num: Int32(frameRate.denominator), den: Int32(frameRate.numerator))
            context.pointee.framerate = AVRational(
                num: Int32(frameRate.numerator), den: Int32(frameRate.denominator))
            context.pointee.bit_rate = Int64(rung.bitrate)
            context.pointee.rc_max_rate = Int64(rung.bitrate)
            context.pointee.rc_buffer_size = Int32(clamping: rung.bitrate * 5)
            context.pointee.max_b_frames = 3
            context.pointee.refs = 3
            context.pointee.thread_count = Int32(threads)
        }
        let configuration = try AVCDecoderConfiguration(annexB: encoder.extradata)
        mapper = try AVCSubsampleMapper(configuration: configuration)
        // A timescale in which a frame has a whole duration, fine enough for players that round.
        var factor = 1
        while frameRate.numerator * factor < 10_000 { factor *= 2 }
        frameDuration = UInt32(clamping: frameRate.denominator * factor)
        writer = try TrackWriter(
            TrackDescription(
                name: Self.name(rung), kind: .video,
                codec: CodecConfiguration(
                    sampleEntry: "avc1", decoderSpecific: configuration.encoded, codecString: configuration.codecString),
                timescale: UInt32(clamping: frameRate.numerator * factor), averageBitrate: rung.bitrate,
                peakBitrate: rung.bitrate,
                video: VideoFormat(
                    width: rung.width, height: rung.height, frameRateNumerator: frameRate.numerator,
                    frameRateDenominator: frameRate.denominator)),
            number: number, output: output)
    }

    static func name(_ rung: LadderRung) -> String {
        "video-\(rung.height)p-\(rung.bitrate / 1000)k"
    }

    /// Key frames come only where they are asked for; `forced-idr` makes them start closed groups.
    private static func options(_ rung: LadderRung) -> [(String, String)] {
        [
            ("preset", "veryfast"), ("profile", "high"), ("forced-idr", "1"),
            ("x264-params", "keyint=infinite:min-keyint=1:scenecut=0:open-gop=0:b-adapt=1:nal-hrd=none:aud=0"),
        ]
    }

    /// Takes the next frame of the constant rate.
    func encode(_ frame: UnsafeMutablePointer<AVFrame>) throws {
        frame.pointee.pts = encodedCount
        frame.pointee.pict_type = startsSegment(encodedCount) ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE
        encodedCount += 1
        try encoder.encode(frame, write)
    }

    func finish() throws {
        try encoder.encode(nil, write)
        guard !writer.isEmpty else { throw EncodingFailure(.noVideo, "no picture could be decoded") }
        try writer.finish()
    }

    /// Whether a frame is the first at or after a multiple of the segment duration.
    private func startsSegment(_ frame: Int64) -> Bool {
        guard frame > 0 else { return true }
        return segment(of: frame) != segment(of: frame - 1)
    }

    private func segment(of frame: Int64) -> Int64 {
        frame * Int64(frameRate.denominator) / (Int64(frameRate.numerator) * Int64(Self.segmentDuration))
    }

    /// Decode times count packets: with a constant rate and closed groups, the presentation time less the decode time is
    /// the sample's signed composition offset, and the presentation starts at zero.
    private func write(_ packet: CodedPacket) throws {
        if packet.isKey { try writer.cut() }
        let bytes = try AnnexB.lengthPrefixed(packet.bytes)
        let offset = (packet.presentationTime - writtenCount) * Int64(frameDuration)
        writer.add(
            bytes,
            FragmentSample(
                size: UInt32(clamping: bytes.count), duration: frameDuration,
                compositionOffset: Int32(clamping: offset),
                isSync: packet.isKey),
            subsamples: try mapper.subsamples(of: bytes))
        writtenCount += 1
    }
}
