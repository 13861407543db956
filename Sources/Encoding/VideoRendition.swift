import CFFmpeg
import CodecSyntax
import EncoderProtocol
import ISOBaseMedia
import MediaModel
import TrackCodecs
import TrackOutput

/// One video rendition: closed groups of pictures that start at the same frames in every rendition. Owned by one thread.
final class VideoRendition {
    private let coding: VideoCoding
    private let number: Int
    private let output: FrameOutput
    private let stretch: FilmStretch
    private var stream: Stream?
    private var encodedCount: Int64
    private var writtenCount: Int64
    private let frameDuration: UInt32
    private let timescale: UInt32
    /// Holds the rendition against its source; nil when that is not asked for.
    private let meter: QualityMeter?

    /// What there is from the first picture on.
    private final class Stream {
        var encoder: Encoder
        let writer: TrackWriter
        var mapper: any SampleMapper
        /// The first picture, without its samples: what every encoder of the rendition is set by.
        let first: FirstPicture

        init(encoder: Encoder, writer: TrackWriter, mapper: any SampleMapper, first: FirstPicture) {
            self.encoder = encoder
            self.writer = writer
            self.mapper = mapper
            self.first = first
        }
    }

    init(
        _ coding: VideoCoding, number: Int, stretch: FilmStretch, measuresQuality: Bool, output: FrameOutput
    ) throws {
        self.coding = coding
        self.number = number
        self.output = output
        self.stretch = stretch
        encodedCount = Int64(stretch.first)
        writtenCount = Int64(stretch.first)
        // A timescale in which a frame has a whole duration, fine enough for players that round.
        var factor = 1
        while coding.frameRate.numerator * factor < 10_000 { factor *= 2 }
        frameDuration = UInt32(clamping: coding.frameRate.denominator * factor)
        timescale = UInt32(clamping: coding.frameRate.numerator * factor)
        meter = measuresQuality ? try QualityMeter(name: coding.planned.name) : nil
    }

    /// Pictures of the film so far.
    var pictureCount: Int { Int(encodedCount) }

    /// Whether it has all pictures of its stretch.
    var isComplete: Bool { stretch.end.map { pictureCount >= $0 } ?? false }

    /// Takes the next frame of the constant rate; what is behind its stretch is none of its.
    func encode(_ frame: UnsafeMutablePointer<AVFrame>) throws {
        guard !isComplete else { return }
        let stream = try self.stream ?? begin(like: frame)
        if stretch.beginsPiece(pictureCount) {
            try end(stream)
            stream.encoder = try coding.encoder(like: stream.first.frame)
            try meter?.begin(stream.encoder)
        }
        frame.pointee.pts = encodedCount
        let isFirst = encodedCount % Int64(coding.groupSize) == 0
        frame.pointee.pict_type = isFirst ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE
        frame.pointee.interlaced_frame = 0
        encodedCount += 1
        try meter?.take(source: frame)
        try stream.encoder.encode(frame, write)
    }

    func finish() throws {
        guard let stream else { throw EncodingFailure(.noVideo, "no picture could be decoded") }
        try end(stream)
        try stream.writer.finish()
        if let quality = try meter?.finish() { try output.send(.measured(quality)) }
    }

    /// Takes what the encoder still holds: after that it is of no use.
    private func end(_ stream: Stream) throws {
        try stream.encoder.encode(nil, write)
        try meter?.endPiece()
    }

    private func begin(like frame: UnsafeMutablePointer<AVFrame>) throws -> Stream {
        let encoder = try coding.encoder(like: frame)
        let codec = try encoder.trackCodec()
        var configuration = codec.configuration
        // The muxer knows neither rates nor that pixels are square; what it says of colour and light is the encoder's.
        configuration.boxes.removeAll { !["colr", "mdcv", "clli"].contains($0.type) }
        guard
            let format = codec.picture?.format(
                frameRateNumerator: coding.frameRate.numerator, frameRateDenominator: coding.frameRate.denominator)
        else { throw EncodingFailure(.internalError, "the encoder's track has no picture") }
        let description = TrackDescription(
            name: coding.planned.name, kind: .video, codec: configuration, timescale: timescale,
            averageBitrate: coding.planned.bitrate, peakBitrate: coding.planned.maximumBitrate, video: format)
        let made = Stream(
            encoder: encoder, writer: try writer(description), mapper: codec.mapper, first: try FirstPicture(frame))
        stream = made
        try meter?.begin(encoder)
        return made
    }

    private func writer(_ description: TrackDescription) throws -> TrackWriter {
        guard stretch.first > 0 else { return try TrackWriter(description, number: number, output: output) }
        return TrackWriter(
            continuing: description, number: number, fragments: UInt32(clamping: stretch.first / coding.groupSize),
            at: UInt64(stretch.first) * UInt64(frameDuration), output: output)
    }

    /// Decode times count packets: with a constant rate and closed groups, the presentation time less the decode time is
    /// the sample's signed composition offset, and the presentation starts at zero.
    private func write(_ packet: CodedPacket) throws {
        guard let stream else { return }
        if packet.isKey { try stream.writer.cut() }
        let bytes = try SampleForm.sample(packet.bytes, of: coding.planned.codec)
        let map = try stream.mapper.map(bytes)
        let offset = (packet.presentationTime - writtenCount) * Int64(frameDuration)
        stream.writer.add(
            bytes,
            FragmentSample(
                size: UInt32(clamping: bytes.count), duration: frameDuration,
                compositionOffset: Int32(clamping: offset), isSync: packet.isKey),
            subsamples: map.subsamples)
        writtenCount += 1
        try meter?.take(coded: packet)
    }
}

/// What a frame says of itself beside its samples. Owned by one thread.
final class FirstPicture {
    let frame: UnsafeMutablePointer<AVFrame>

    init(_ like: UnsafeMutablePointer<AVFrame>) throws {
        guard let frame = av_frame_alloc() else { throw EncodingFailure(.limitExceeded, "no memory for a picture") }
        self.frame = frame
        try check(av_frame_copy_props(frame, like), .limitExceeded, "no memory for a picture")
        frame.pointee.width = like.pointee.width
        frame.pointee.height = like.pointee.height
        frame.pointee.format = like.pointee.format
    }

    deinit {
        var frame: UnsafeMutablePointer<AVFrame>? = frame
        av_frame_free(&frame)
    }
}
