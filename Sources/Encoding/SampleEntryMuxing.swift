import CFFmpeg
import EncoderProtocol
import ISOBaseMedia
import MediaModel
import TrackCodecs
import TrackOutput

/// The sample entry of a coded stream as FFmpeg's MP4 muxer writes it, read back as of any file: one seam for all codecs.
enum SampleEntryMuxing {
    /// - Parameters:
    ///   - first: samples that the muxer must see, for codecs whose configuration stands in them.
    ///   - parameters: fills in the codec's parameters.
    static func codec(
        timeBase: AVRational, first: [UnsafeMutablePointer<AVPacket>] = [],
        _ parameters: (UnsafeMutablePointer<AVCodecParameters>) throws -> Void
    ) throws -> TrackCodec {
        let bytes = try movie(timeBase, first, parameters)
        do {
            let boxes = try BoxParser.parse(bytes).map(\.box)
            guard let movie = boxes.first(where: { $0.type == "moov" }) as? ContainerBox,
                let entries = movie.descendant("trak", "mdia", "minf", "stbl", "stsd"),
                let entry = entries.children.first
            else { throw EncodingFailure(.internalError, "the muxer wrote no sample entry") }
            return try TrackCodec(entry)
        } catch let failure as EncodingFailure {
            throw failure
        } catch {
            throw EncodingFailure(.internalError, "the muxer's sample entry: \(error)")
        }
    }

    /// A movie of one track.
    private static func movie(
        _ timeBase: AVRational, _ first: [UnsafeMutablePointer<AVPacket>],
        _ parameters: (UnsafeMutablePointer<AVCodecParameters>) throws -> Void
    ) throws -> [UInt8] {
        var made: UnsafeMutablePointer<AVFormatContext>?
        try check(
            avformat_alloc_output_context2(&made, nil, "mp4", nil), .internalError, "this FFmpeg has no MP4 muxer")
        guard let context = made, let stream = avformat_new_stream(context, nil),
            let codec = stream.pointee.codecpar
        else { throw EncodingFailure(.limitExceeded, "no memory for the muxer") }
        defer { avformat_free_context(context) }
        try parameters(codec)
        codec.pointee.codec_tag = codec.pointee.codec_id == AV_CODEC_ID_HEVC ? 0x3163_7668 : 0  // hvc1
        stream.pointee.time_base = timeBase
        try check(avio_open_dyn_buf(&context.pointee.pb), .limitExceeded, "no memory for the muxer")
        var options: OpaquePointer?
        let flags = first.isEmpty ? "empty_moov+default_base_moof+write_colr" : "delay_moov+frag_keyframe"
        av_dict_set(&options, "movflags", flags, 0)
        var result = avformat_write_header(context, &options)
        av_dict_free(&options)
        for packet in first where result >= 0 { result = av_write_frame(context, packet) }
        if result >= 0, !first.isEmpty { result = av_write_trailer(context) }
        var bytes: UnsafeMutablePointer<UInt8>?
        let count = avio_close_dyn_buf(context.pointee.pb, &bytes)
        context.pointee.pb = nil
        defer { av_free(bytes) }
        try check(result, .internalError, "the sample entry cannot be written")
        guard let bytes, count > 0 else { throw EncodingFailure(.internalError, "the sample entry cannot be written") }
        return Array(UnsafeBufferPointer(start: bytes, count: Int(count)))
    }
}
