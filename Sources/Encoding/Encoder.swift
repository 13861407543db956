import CFFmpeg
import EncoderProtocol
import TrackCodecs
import TrackOutput

/// A coded access unit as an encoder gives it. The bytes are the encoder's, for the time of the call.
struct CodedPacket {
    var bytes: UnsafeBufferPointer<UInt8>
    /// In the encoder's time base.
    var presentationTime: Int64
    var isKey: Bool
    let packet: UnsafeMutablePointer<AVPacket>
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
        guard let codec = avcodec_find_encoder_by_name(name) else {
            throw EncodingFailure(.unsupportedCodec, "this FFmpeg has no encoder '\(name)'")
        }
        guard let context = avcodec_alloc_context3(codec), let packet = av_packet_alloc() else {
            throw EncodingFailure(.limitExceeded, "no memory for an encoder")
        }
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

    /// What the muxer writes of it in a sample entry, read back.
    func trackCodec() throws -> TrackCodec {
        try SampleEntryMuxing.codec(timeBase: context.pointee.time_base) { parameters in
            try check(avcodec_parameters_from_context(parameters, context), .limitExceeded, "no memory for the muxer")
        }
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
                    bytes: UnsafeBufferPointer(start: data, count: Int(packet.pointee.size)),
                    presentationTime: packet.pointee.pts, isKey: packet.pointee.flags & AV_PKT_FLAG_KEY != 0,
                    packet: packet))
        }
    }
}
