import CFFmpeg
import EncoderProtocol
import TrackOutput

extension EncodingFailure {
    /// From an error of FFmpeg.
    init(_ code: EncoderFailureCode, _ message: String, ffmpeg error: Int32) {
        var text = [CChar](repeating: 0, count: 128)
        av_strerror(error, &text, text.count)
        let reason = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        self.init(error == keyway_error_memory ? .limitExceeded : code, "\(message): \(reason)")
    }
}

/// Throws unless an FFmpeg function succeeded.
func check(_ result: Int32, _ code: EncoderFailureCode, _ message: @autoclosure () -> String) throws {
    guard result >= 0 else { throw EncodingFailure(code, message(), ffmpeg: result) }
}
