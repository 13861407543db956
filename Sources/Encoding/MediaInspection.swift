import CFFmpeg
import EncoderProtocol
public import TrackOutput

/// Says what all streams of a file are, without decoding more than finding that out needs. Owned by one thread.
public enum MediaInspection {
    /// - Throws: `EncodingFailure` for what is no media.
    public static func run(_ file: EncodingInput, output: FrameOutput) throws {
        keyway_bound_log()
        let input = try InputFile(file)
        try output.send(.inspected(try facts(input)))
        try output.send(.finished)
    }

    static func facts(_ input: InputFile) throws -> MediaFacts {
        var facts = MediaFacts(
            containers: input.formatName.split(separator: ",").map(String.init), duration: input.declaredDuration,
            videos: [], audios: [], subtitles: [])
        for index in 0..<Int(input.context.pointee.nb_streams) {
            let stream = try input.streamPointer(index)
            guard let parameters = stream.pointee.codecpar else { continue }
            let codec = String(cString: avcodec_get_name(parameters.pointee.codec_id))
            switch parameters.pointee.codec_type {
            case AVMEDIA_TYPE_VIDEO where stream.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC == 0:
                facts.videos.append(video(codec, stream, parameters.pointee))
            case AVMEDIA_TYPE_AUDIO:
                facts.audios.append(
                    MediaFacts.Audio(
                        codec: codec, channels: Int(parameters.pointee.ch_layout.nb_channels),
                        layout: layout(parameters), sampleRate: Int(parameters.pointee.sample_rate),
                        language: try input.language(of: index)))
            case AVMEDIA_TYPE_SUBTITLE:
                facts.subtitles.append(
                    MediaFacts.Subtitles(codec: codec, language: try input.language(of: index)))
            default: continue
            }
        }
        return facts
    }

    private static func video(
        _ codec: String, _ stream: UnsafeMutablePointer<AVStream>, _ parameters: AVCodecParameters
    ) -> MediaFacts.Video {
        let format = AVPixelFormat(rawValue: parameters.format)
        let size = (Int(parameters.width), Int(parameters.height))
        let isTurned = keyway_rotation(stream) % 180 != 0
        let rate = Rational.frameRate(average: stream.pointee.averageRate, finest: stream.pointee.finestRate)
        return MediaFacts.Video(
            codec: codec, width: isTurned ? size.1 : size.0, height: isTurned ? size.0 : size.1,
            frameRate: rate.value, bitDepth: SourcePicture.bitDepth(format),
            pixelFormat: word(av_get_pix_fmt_name(format)),
            primaries: word(av_color_primaries_name(parameters.color_primaries)),
            transfer: word(av_color_transfer_name(parameters.color_trc)),
            matrix: word(av_color_space_name(parameters.color_space)),
            isInterlaced: [AV_FIELD_TT, AV_FIELD_BB, AV_FIELD_TB, AV_FIELD_BT].contains(parameters.field_order))
    }

    private static func word(_ text: UnsafePointer<CChar>?) -> String { text.map { String(cString: $0) } ?? "unknown" }

    private static func layout(_ parameters: UnsafeMutablePointer<AVCodecParameters>) -> String {
        var text = [CChar](repeating: 0, count: 128)
        guard av_channel_layout_describe(&parameters.pointee.ch_layout, &text, text.count) >= 0 else {
            return "unknown"
        }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
