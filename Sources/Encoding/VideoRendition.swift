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
    private var stream: Stream?
    private var encodedCount: Int64 = 0
    private var writtenCount: Int64 = 0
    private let frameDuration: UInt32
    private let timescale: UInt32
    /// Holds the rendition against its source; nil when that is not asked for.
    private let meter: QualityMeter?

    /// What there is from the first picture on.
    private struct Stream {
        var encoder: Encoder
        var writer: TrackWriter
        var mapper: any SampleMapper
    }

    init(_ coding: VideoCoding, number: Int, measuresQuality: Bool, output: FrameOutput) throws {
        self.coding = coding
        self.number = number
        self.output = output
        // A timescale in which a frame has a whole duration, fine enough for players that round.
        var factor = 1
        while coding.frameRate.numerator * factor < 10_000 { factor *= 2 }
        frameDuration = UInt32(clamping: coding.frameRate.denominator * factor)
        timescale = UInt32(clamping: coding.frameRate.numerator * factor)
        meter = measuresQuality ? try QualityMeter(name: coding.planned.name) : nil
    }

    /// Pictures so far.
    var pictureCount: Int { Int(encodedCount) }

    /// Takes the next frame of the constant rate.
    func encode(_ frame: UnsafeMutablePointer<AVFrame>) throws {
        let encoder = try stream?.encoder ?? begin(like: frame)
        frame.pointee.pts = encodedCount
        let isFirst = encodedCount % Int64(coding.groupSize) == 0
        frame.pointee.pict_type = isFirst ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE
        frame.pointee.interlaced_frame = 0
        encodedCount += 1
        try meter?.take(source: frame)
        try encoder.encode(frame, write)
    }

    func finish() throws {
        guard let stream else { throw EncodingFailure(.noVideo, "no picture could be decoded") }
        try stream.encoder.encode(nil, write)
        try stream.writer.finish()
        if let quality = try meter?.finish() { try output.send(.measured(quality)) }
    }

    private func begin(like frame: UnsafeMutablePointer<AVFrame>) throws -> Encoder {
        let encoder = try coding.encoder(like: frame)
        let codec = try encoder.trackCodec()
        var configuration = codec.configuration
        // The muxer knows neither rates nor that pixels are square; what it says of colour and light is the encoder's.
        configuration.boxes.removeAll { !["colr", "mdcv", "clli"].contains($0.type) }
        guard
            let format = codec.picture?.format(
                frameRateNumerator: coding.frameRate.numerator, frameRateDenominator: coding.frameRate.denominator)
        else { throw EncodingFailure(.internalError, "the encoder's track has no picture") }
        let writer = try TrackWriter(
            TrackDescription(
                name: coding.planned.name, kind: .video, codec: configuration, timescale: timescale,
                averageBitrate: coding.planned.bitrate, peakBitrate: coding.planned.maximumBitrate, video: format),
            number: number, output: output)
        stream = Stream(encoder: encoder, writer: writer, mapper: codec.mapper)
        try meter?.begin(encoder)
        return encoder
    }

    /// Decode times count packets: with a constant rate and closed groups, the presentation time less the decode time is
    /// the sample's signed composition offset, and the presentation starts at zero.
    private func write(_ packet: CodedPacket) throws {
        guard let writer = stream?.writer else { return }
        if packet.isKey { try writer.cut() }
        let bytes = try SampleForm.sample(packet.bytes, of: coding.planned.codec)
        let map = try stream?.mapper.map(bytes)
        let offset = (packet.presentationTime - writtenCount) * Int64(frameDuration)
        writer.add(
            bytes,
            FragmentSample(
                size: UInt32(clamping: bytes.count), duration: frameDuration,
                compositionOffset: Int32(clamping: offset), isSync: packet.isKey),
            subsamples: map?.subsamples ?? [])
        writtenCount += 1
        try meter?.take(coded: packet)
    }
}
