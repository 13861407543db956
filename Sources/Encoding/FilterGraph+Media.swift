import CFFmpeg
import EncoderProtocol

extension FilterGraph {
    /// Upright, progressive pictures at a constant rate from time zero on, in the size of each rung. One graph for all
    /// rungs: what is common is done once.
    static func video(
        _ frame: UnsafeMutablePointer<AVFrame>, stream: UnsafeMutablePointer<AVStream>, frameRate: Rational,
        rungs: [LadderRung]
    ) throws -> FilterGraph {
        let base = stream.pointee.time_base
        let aspect = frame.pointee.sample_aspect_ratio
        var arguments = "video_size=\(frame.pointee.width)x\(frame.pointee.height):pix_fmt=\(frame.pointee.format)"
        arguments += ":time_base=\(base.num)/\(base.den)"
        if aspect.num > 0, aspect.den > 0 { arguments += ":pixel_aspect=\(aspect.num)/\(aspect.den)" }
        var filters: [String] = []
        if frame.pointee.interlaced_frame != 0 { filters.append("yadif=deint=interlaced") }
        filters += turning(keyway_rotation(stream))
        filters.append("fps=fps=\(frameRate.numerator)/\(frameRate.denominator):start_time=0:round=near")
        let labels = rungs.indices.map { "[s\($0)]" }.joined()
        var description = "[in]" + filters.joined(separator: ",") + ",split=\(rungs.count)\(labels)"
        for (number, rung) in rungs.enumerated() {
            description += ";[s\(number)]scale=\(rung.width):\(rung.height):flags=bicubic,setsar=1,format=yuv420p"
            description += "[out\(number)]"
        }
        return try FilterGraph(
            source: ("buffer", arguments), sink: "buffersink", sinkCount: rungs.count, description: description)
    }

    private static func turning(_ degrees: Int32) -> [String] {
        switch degrees {
        case 90: ["transpose=clock"]
        case 180: ["hflip", "vflip"]
        case 270: ["transpose=cclock"]
        default: []
        }
    }

    /// Samples at 48 kHz in frames of the encoder's size, without gaps from time zero on: silence fills what is missing.
    static func audio(
        _ frame: UnsafeMutablePointer<AVFrame>, stream: AVStream, channelCount: Int
    ) throws -> FilterGraph {
        var layout = [CChar](repeating: 0, count: 128)
        if frame.pointee.ch_layout.order == AV_CHANNEL_ORDER_UNSPEC {
            av_channel_layout_default(&frame.pointee.ch_layout, frame.pointee.ch_layout.nb_channels)
        }
        try check(
            av_channel_layout_describe(&frame.pointee.ch_layout, &layout, layout.count), .damaged,
            "the sound's channels are not known")
        let name = String(decoding: layout.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let arguments =
            "time_base=\(stream.time_base.num)/\(stream.time_base.den):sample_rate=\(frame.pointee.sample_rate)"
            + ":sample_fmt=\(frame.pointee.format):channel_layout=\(name)"
        let target = channelCount == 1 ? "mono" : "stereo"
        let description =
            "[in]aresample=\(AudioRendition.sampleRate):async=1:first_pts=0,"
            + "aformat=sample_fmts=fltp:channel_layouts=\(target),"
            + "asetnsamples=n=\(AudioRendition.frameSize):p=0[out0]"
        return try FilterGraph(
            source: ("abuffer", arguments), sink: "abuffersink", sinkCount: 1, description: description)
    }
}
