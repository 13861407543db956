import CFFmpeg
import EncoderProtocol
import TrackOutput

/// The picture that lies over the film, decoded once. Owned by one thread.
final class OverlayPicture {
    private let picture: UnsafeMutablePointer<AVFrame>

    /// - Throws: `EncodingFailure` when it is no picture.
    init(_ file: EncodingInput) throws {
        let input = try InputFile(file)
        let best = av_find_best_stream(input.context, AVMEDIA_TYPE_VIDEO, -1, -1, nil, 0)
        guard best >= 0, let picture = av_frame_alloc() else {
            throw EncodingFailure(.noVideo, "\(file.name): the overlay is no picture")
        }
        self.picture = picture
        let stream = try input.streamPointer(Int(best))
        stream.pointee.discard = AVDISCARD_DEFAULT
        let decoder = try Decoder(stream.pointee, threads: 1, kind: "overlay")
        var isFound = false
        func keep(_ frame: UnsafeMutablePointer<AVFrame>) throws {
            guard !isFound else { return }
            try check(av_frame_ref(picture, frame), .limitExceeded, "no memory for the overlay")
            picture.pointee.pts = 0
            isFound = true
        }
        try input.readPackets { packet in
            guard packet.pointee.stream_index == best else { return true }
            try decoder.decode(packet, keep)
            return !isFound
        }
        if !isFound { try decoder.decode(nil, keep) }
        guard isFound, picture.pointee.width > 1, picture.pointee.height > 1 else {
            throw EncodingFailure(.damaged, "\(file.name): the overlay cannot be decoded")
        }
    }

    deinit {
        var picture: UnsafeMutablePointer<AVFrame>? = picture
        av_frame_free(&picture)
    }

    var sourceArguments: String {
        "video_size=\(picture.pointee.width)x\(picture.pointee.height):pix_fmt=\(picture.pointee.format):time_base=1/25"
    }

    func frame() -> UnsafeMutablePointer<AVFrame> { picture }
}
