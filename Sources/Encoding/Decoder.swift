import CFFmpeg
import EncoderProtocol
import TrackOutput

/// Decodes one stream. Owned by one thread.
final class Decoder {
    let context: UnsafeMutablePointer<AVCodecContext>
    private let frame: UnsafeMutablePointer<AVFrame>
    /// Packets that could not be decoded.
    private(set) var errorCount = 0
    /// Frames that were decoded with errors: the decoder made up what was missing.
    private(set) var mendedCount = 0
    private(set) var packetCount = 0

    convenience init(_ stream: AVStream, threads: Int, kind: String) throws {
        guard let parameters = stream.codecpar else { throw EncodingFailure(.damaged, "the \(kind) has no parameters") }
        try self.init(parameters, timeBase: stream.time_base, threads: threads, kind: kind)
    }

    /// - Parameters:
    ///   - threads: 0 for as many as there are processors.
    ///   - kind: what errors call it.
    init(
        _ parameters: UnsafeMutablePointer<AVCodecParameters>, timeBase: AVRational, threads: Int, kind: String
    ) throws {
        let name = String(cString: avcodec_get_name(parameters.pointee.codec_id))
        guard let codec = avcodec_find_decoder(parameters.pointee.codec_id) else {
            throw EncodingFailure(.unsupportedCodec, "there is no decoder for its \(kind) (\(name))")
        }
        guard let context = avcodec_alloc_context3(codec), let frame = av_frame_alloc() else {
            throw EncodingFailure(.limitExceeded, "no memory for the \(kind) decoder")
        }
        self.context = context
        self.frame = frame
        try check(avcodec_parameters_to_context(context, parameters), .damaged, "the \(kind) parameters are damaged")
        context.pointee.pkt_timebase = timeBase
        context.pointee.max_pixels = Int64(InputFile.maximumPixels)
        context.pointee.thread_count = Int32(threads)
        try check(avcodec_open2(context, codec, nil), .unsupportedCodec, "its \(kind) (\(name)) cannot be decoded")
    }

    /// The codec's name as FFmpeg has it.
    var codecName: String { String(cString: avcodec_get_name(context.pointee.codec_id)) }

    deinit {
        var frame: UnsafeMutablePointer<AVFrame>? = frame
        av_frame_free(&frame)
        var context: UnsafeMutablePointer<AVCodecContext>? = context
        avcodec_free_context(&context)
    }

    /// Decodes a packet, or what is left when it is nil, and hands on each frame. A packet that cannot be decoded is
    /// counted, not fatal: streams often start between two key frames.
    func decode(
        _ packet: UnsafeMutablePointer<AVPacket>?, _ handle: (UnsafeMutablePointer<AVFrame>) throws -> Void
    ) throws {
        packetCount += packet == nil ? 0 : 1
        let sent = avcodec_send_packet(context, packet)
        if sent < 0, sent != keyway_error_end {
            guard sent != keyway_error_memory else { throw EncodingFailure(.limitExceeded, "decoding", ffmpeg: sent) }
            errorCount += 1
        }
        while true {
            let received = avcodec_receive_frame(context, frame)
            if received == keyway_error_again || received == keyway_error_end { return }
            guard received >= 0 else {
                guard received != keyway_error_memory else {
                    throw EncodingFailure(.limitExceeded, "decoding", ffmpeg: received)
                }
                errorCount += 1
                return
            }
            defer { av_frame_unref(frame) }
            if frame.pointee.decode_error_flags != 0 || frame.pointee.flags & AV_FRAME_FLAG_CORRUPT != 0 {
                mendedCount += 1
            }
            try handle(frame)
        }
    }
}
