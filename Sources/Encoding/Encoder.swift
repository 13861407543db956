import CFFmpeg
import EncoderProtocol
import TrackOutput

/// A coded access unit as an encoder gives it.
struct CodedPacket {
    var bytes: [UInt8]
    /// In the encoder's time base.
    var presentationTime: Int64
    var isKey: Bool
}

/// One encoder of FFmpeg. Owned by one thread.
final class Encoder {
    let context: UnsafeMutablePointer<AVCodecContext>
    private let packet: UnsafeMutablePointer<AVPacket>

    /// - Parameters:
    ///   - configure: sets the context's fields before it is opened.
    ///   - options: the codec's own.
    init(
        codec name: String, options: [(String, String)],
        configure: (UnsafeMutablePointer<AVCodecContext>) -> Void
    ) throws {
        guard let codec = avcodec_find_encoder_by_name(name), let context = avcodec_alloc_context3(codec),
            let packet = av_packet_alloc()
        else { throw EncodingFailure(.internalError, "this FFmpeg has no encoder \(name)") }
        self.context = context
        self.packet = packet
        context.pointee.flags |= AV_CODEC_FLAG_GLOBAL_HEADER
        configure(context)
        for (option, value) in options {
            try check(
                av_opt_set(context.pointee.priv_data, option, value, 0), .internalError, "\(name) refuses \(option)")
        }
        try check(avcodec_open2(context, codec, nil), .internalError, "\(name) cannot be opened")
    }

    deinit {
        var packet: UnsafeMutablePointer<AVPacket>? = packet
        av_packet_free(&packet)
        var context: UnsafeMutablePointer<AVCodecContext>? = context
        avcodec_free_context(&context)
    }

    /// The codec's configuration as FFmpeg gives it.
    var extradata: [UInt8] {
        guard let start = context.pointee.extradata, context.pointee.extradata_size > 0 else { return [] }
        return Array(UnsafeBufferPointer(start: start, count: Int(context.pointee.extradata_size)))
    }

    /// Encodes a frame, or what is left when it is nil, and hands on each packet.
    func encode(_ frame: UnsafeMutablePointer<AVFrame>?, _ handle: (CodedPacket) throws -> Void) throws {
        let sent = avcodec_send_frame(context, frame)
        if sent != keyway_error_end { try check(sent, .internalError, "a frame cannot be encoded") }
        while true {
            let result = avcodec_receive_packet(context, packet)
            if result == keyway_error_again || result == keyway_error_end { return }
            try check(result, .internalError, "a frame cannot be encoded")
            defer { av_packet_unref(packet) }
            guard let data = packet.pointee.data, packet.pointee.size > 0 else { continue }
            try handle(
                CodedPacket(
                    bytes: Array(UnsafeBufferPointer(start: data, count: Int(packet.pointee.size))),
                    presentationTime: packet.pointee.pts,
                    isKey: packet.pointee.flags & AV_PKT_FLAG_KEY != 0))
        }
    }
}
