import CFFmpeg
import EncoderProtocol
import Glibc
import MediaModel
import TrackOutput

/// A picture in the form that JPEG has. Owned by one thread.
final class StillFrame {
    private let frame: UnsafeMutablePointer<AVFrame>

    /// A black one; both sides even.
    init(width: Int, height: Int) throws {
        guard let frame = av_frame_alloc() else { throw Self.noMemory }
        self.frame = frame
        frame.pointee.width = Int32(clamping: width)
        frame.pointee.height = Int32(clamping: height)
        frame.pointee.format = AV_PIX_FMT_YUVJ420P.rawValue
        try check(av_frame_get_buffer(frame, 0), .limitExceeded, "no memory for still pictures")
        // Black in the full range, and no colour.
        for plane in Self.planes(frame) {
            memset(plane.data, plane.isLuma ? 0 : 128, plane.stride * plane.height)
        }
    }

    /// What a frame shows, kept: the frame may be used again.
    init(copying source: UnsafeMutablePointer<AVFrame>) throws {
        guard let frame = av_frame_clone(source) else { throw Self.noMemory }
        self.frame = frame
    }

    deinit {
        var frame: UnsafeMutablePointer<AVFrame>? = frame
        av_frame_free(&frame)
    }

    private static var noMemory: EncodingFailure { EncodingFailure(.limitExceeded, "no memory for still pictures") }

    /// The size of a still picture in the shape of the source, never larger than it; both sides even.
    static func size(of source: SourcePicture, longest: Int) -> (width: Int, height: Int) {
        let (width, height) = (Double(source.width), Double(source.height))
        // What is nearly square has more pixels than a picture may have.
        let fitting = (Double(ImageFormat.largestSheet) * 0.98 / (width * height)).squareRoot()
        let scale = min(1, Double(longest) / max(width, height), fitting)
        return (Ladder.even(Double(source.width) * scale), Ladder.even(Double(source.height) * scale))
    }

    private struct Plane {
        var data: UnsafeMutablePointer<UInt8>
        var stride: Int
        var width: Int
        var height: Int
        var isLuma: Bool
    }

    /// Of 4:2:0.
    private static func planes(_ frame: UnsafeMutablePointer<AVFrame>) -> [Plane] {
        let (width, height) = (Int(frame.pointee.width), Int(frame.pointee.height))
        let (data, strides) = (frame.pointee.data, frame.pointee.linesize)
        let places = [(data.0, strides.0), (data.1, strides.1), (data.2, strides.2)]
        return places.enumerated().compactMap { number, place in
            guard let data = place.0, place.1 > 0 else { return nil }
            let isLuma = number == 0
            return Plane(
                data: data, stride: Int(place.1), width: isLuma ? width : (width + 1) / 2,
                height: isLuma ? height : (height + 1) / 2, isLuma: isLuma)
        }
    }

    /// Puts a picture at a place, both of even numbers; what does not fit is left out.
    func draw(_ picture: UnsafeMutablePointer<AVFrame>, x: Int, y: Int) {
        for (into, from) in zip(Self.planes(frame), Self.planes(picture)) {
            let (left, top) = into.isLuma ? (x, y) : (x / 2, y / 2)
            let (width, height) = (min(from.width, into.width - left), min(from.height, into.height - top))
            guard width > 0, height > 0 else { continue }
            for row in 0..<height {
                memcpy(into.data + (top + row) * into.stride + left, from.data + row * from.stride, width)
            }
        }
    }

    /// How much there is to see: how far luma lies from its mean, less for what is nearly black or nearly white.
    static func detail(of picture: UnsafeMutablePointer<AVFrame>) -> Double {
        guard let luma = planes(picture).first(where: \.isLuma) else { return 0 }
        var (sum, squares, count) = (0, 0, 0)
        // Every fourth pixel both ways tells as much.
        for row in stride(from: 0, to: luma.height, by: 4) {
            let line = luma.data + row * luma.stride
            for column in stride(from: 0, to: luma.width, by: 4) {
                let value = Int(line[column])
                sum += value
                squares += value * value
                count += 1
            }
        }
        guard count > 0 else { return 0 }
        let mean = Double(sum) / Double(count)
        let deviation = max(0, Double(squares) / Double(count) - mean * mean).squareRoot()
        return mean < 32 || mean > 224 ? deviation / 4 : deviation
    }

    /// FFmpeg's scale of 2 (best) to 31.
    private static let quality: Int32 = 4

    /// As a JPEG file.
    func jpeg() throws -> [UInt8] {
        let encoder = try Encoder(codec: "mjpeg", options: []) { context in
            context.pointee.width = frame.pointee.width
            context.pointee.height = frame.pointee.height
            context.pointee.pix_fmt = AV_PIX_FMT_YUVJ420P
            context.pointee.color_range = AVCOL_RANGE_JPEG
            context.pointee.time_base = AVRational(num: 1, den: 25)
            context.pointee.flags = context.pointee.flags & ~AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_QSCALE
            context.pointee.global_quality = FF_QP2LAMBDA * Self.quality
            context.pointee.thread_count = 1
        }
        frame.pointee.quality = FF_QP2LAMBDA * Self.quality
        frame.pointee.pts = 0
        frame.pointee.pict_type = AV_PICTURE_TYPE_NONE
        var file: [UInt8] = []
        try encoder.encode(frame) { file += $0.bytes }
        try encoder.encode(nil) { file += $0.bytes }
        guard !file.isEmpty else { throw EncodingFailure(.internalError, "a picture cannot be encoded as JPEG") }
        return file
    }
}
