import CFFmpeg
import CInputPort
import EncoderProtocol
import Glibc
public import TrackOutput

/// Decrypts and decodes one segment with FFmpeg, and says how many frames came of it. Owned by one thread.
public enum SegmentDecode {
    /// Errors of one segment that are counted.
    private static let maximumErrors = 100_000

    /// - Parameters:
    ///   - descriptor: init segment and segment, one behind the other.
    ///   - size: of both, in bytes.
    ///   - key: of 16 bytes, where the samples are encrypted; nil where they are clear.
    /// - Throws: `EncodingFailure`.
    public static func run(descriptor: Int32, size: Int64, key: [UInt8]?, output: FrameOutput) throws {
        keyway_bound_log()
        guard let allocated = keyway_reading_context(descriptor, size, keyway_input_read) else {
            throw EncodingFailure(.limitExceeded, "no memory to open the segment")
        }
        let io = allocated.pointee.pb
        defer { keyway_free_io(io) }
        var options: OpaquePointer?
        if let key {
            var digits = key.map { byte in
                let text = String(byte, radix: 16)
                return byte < 16 ? "0" + text : text
            }.joined()
            av_dict_set(&options, "decryption_key", digits, 0)
            digits = ""
        }
        var opened: UnsafeMutablePointer<AVFormatContext>? = allocated
        let result = avformat_open_input(&opened, nil, nil, &options)
        av_dict_free(&options)
        guard result >= 0, let context = opened else { throw EncodingFailure(.damaged, "it cannot be opened") }
        defer {
            var closing: UnsafeMutablePointer<AVFormatContext>? = context
            avformat_close_input(&closing)
        }
        let counts = try decode(context)
        try output.send(.decoded(frames: counts.frames, errors: counts.errors))
        try output.send(.finished)
    }

    private static func decode(_ context: UnsafeMutablePointer<AVFormatContext>) throws -> (frames: Int, errors: Int) {
        guard context.pointee.nb_streams == 1, let stream = context.pointee.streams[0],
            let parameters = stream.pointee.codecpar
        else { throw EncodingFailure(.damaged, "it has not just one track") }
        guard let codec = avcodec_find_decoder(parameters.pointee.codec_id),
            let decoder = avcodec_alloc_context3(codec)
        else { throw EncodingFailure(.unsupportedCodec, "there is no decoder for its codec") }
        var freed: UnsafeMutablePointer<AVCodecContext>? = decoder
        defer { avcodec_free_context(&freed) }
        avcodec_parameters_to_context(decoder, parameters)
        decoder.pointee.thread_count = 1
        // Broken pictures are errors here, not something to be concealed.
        decoder.pointee.err_recognition = AV_EF_EXPLODE | AV_EF_CRCCHECK | AV_EF_BITSTREAM | AV_EF_BUFFER
        guard avcodec_open2(decoder, codec, nil) >= 0 else {
            throw EncodingFailure(.damaged, "its decoder does not open")
        }
        guard let packet = av_packet_alloc(), let frame = av_frame_alloc() else {
            throw EncodingFailure(.limitExceeded, "no memory for frames")
        }
        var (packets, frames): (UnsafeMutablePointer<AVPacket>?, UnsafeMutablePointer<AVFrame>?) = (packet, frame)
        defer {
            av_packet_free(&packets)
            av_frame_free(&frames)
        }
        var counts = (frames: 0, errors: 0)
        func take() {
            while counts.errors < maximumErrors {
                let result = avcodec_receive_frame(decoder, frame)
                if result == keyway_error_again || result == keyway_error_end { return }
                if result < 0 { counts.errors += 1 } else { counts.frames += 1 }
                if result < 0 { return }
            }
        }
        while counts.errors < maximumErrors {
            let result = av_read_frame(context, packet)
            if result == keyway_error_end { break }
            guard result >= 0 else {
                counts.errors += 1
                break
            }
            if avcodec_send_packet(decoder, packet) < 0 { counts.errors += 1 }
            av_packet_unref(packet)
            take()
        }
        _ = avcodec_send_packet(decoder, nil)
        take()
        return counts
    }
}

/// AES-128-CBC with PKCS#7 padding, as segments of HLS are encrypted (RFC 8216, 4.3.2.4): FFmpeg's, so that what reads is not
/// what wrote.
public enum SegmentDecryption {
    /// - Throws: `EncodingFailure` when the bytes are no such segment.
    public static func decrypt(_ bytes: [UInt8], key: [UInt8], vector: [UInt8]) throws -> [UInt8] {
        guard key.count == 16, vector.count == 16, !bytes.isEmpty, bytes.count % 16 == 0, let aes = av_aes_alloc()
        else { throw EncodingFailure(.damaged, "it is not a whole number of blocks") }
        defer { av_free(UnsafeMutableRawPointer(aes)) }
        guard av_aes_init(aes, key, 128, 1) == 0 else { throw EncodingFailure(.internalError, "AES does not begin") }
        var chain = vector
        var clear = [UInt8](repeating: 0, count: bytes.count)
        av_aes_crypt(aes, &clear, bytes, Int32(clamping: bytes.count / 16), &chain, 1)
        guard let padding = clear.last, (1...16).contains(padding),
            clear.suffix(Int(padding)).allSatisfy({ $0 == padding })
        else { throw EncodingFailure(.damaged, "its padding is wrong: the key or the IV is not the segment's") }
        return Array(clear.dropLast(Int(padding)))
    }
}
