import CFFmpeg
import EncoderProtocol
public import TrackOutput

/// Looks at an input and says what it is, without decoding it. Owned by one thread.
public enum MediaProbe {
    /// - Throws: `EncodingFailure` for what cannot be encoded either.
    public static func run(descriptor: Int32, output: FrameOutput) throws {
        keyway_bound_log()
        let input = try InputFile(descriptor: descriptor)
        let stream = try input.stream(input.video)
        let decoder = try Decoder(stream, threads: 1, kind: "video")
        let picture = try SourcePicture(input, decoder)
        var audioCodec: String?
        if let first = input.sounds.first {
            let parameters = try input.stream(first).codecpar
            audioCodec = parameters.map { String(cString: avcodec_get_name($0.pointee.codec_id)) }
        }
        let facts = EncoderInput(
            format: String(cString: input.context.pointee.iformat.pointee.name), duration: input.declaredDuration,
            videoCodec: String(cString: avcodec_get_name(decoder.context.pointee.codec_id)), width: picture.width,
            height: picture.height, frameRate: Rational.frameRate(average: stream.averageRate).value,
            audioCodec: audioCodec)
        try output.send(.probed(facts))
        try output.send(.finished)
    }
}
