import CFFmpeg
import CodecSyntax
import EncoderProtocol
import ISOBaseMedia
import MediaModel
import TrackOutput

/// The sound: AAC-LC at 48 kHz, stereo at 128 kbit/s or mono at 64, cut near the video's segment boundaries. Owned by one
/// thread.
final class AudioRendition {
    static let sampleRate = 48_000
    static let frameSize: Int64 = 1024

    private let encoder: Encoder
    private let writer: TrackWriter
    private var encodedCount: Int64 = 0
    private var writtenCount: Int64 = 0

    init(
        name: String, channelCount: Int, language: String, role: AudioRole?, number: Int, output: FrameOutput
    ) throws {
        let bitrate = Self.bitrate(channelCount)
        encoder = try Encoder(codec: "aac", options: []) { context in
            context.pointee.sample_rate = Int32(Self.sampleRate)
            context.pointee.sample_fmt = AV_SAMPLE_FMT_FLTP
            av_channel_layout_default(&context.pointee.ch_layout, Int32(channelCount))
            context.pointee.bit_rate = Int64(bitrate)
            context.pointee.time_base = AVRational(num: 1, den: Int32(Self.sampleRate))
            context.pointee.profile = FF_PROFILE_AAC_LOW
        }
        // FFmpeg's own configuration goes on with a backward compatible signal that AAC-LC does not need.
        let configuration = try AudioSpecificConfig(lowComplexity: Self.sampleRate, channelCount: channelCount)
        guard let encoded = configuration.encoded else {
            throw EncodingFailure(.internalError, "the sound's configuration cannot be written")
        }
        var description = TrackDescription(
            name: name, kind: .audio,
            codec: CodecConfiguration(
                sampleEntry: "mp4a", decoderSpecific: encoded, codecString: configuration.codecString),
            timescale: UInt32(Self.sampleRate), language: language, averageBitrate: bitrate, peakBitrate: bitrate,
            audio: AudioFormat(sampleRate: Self.sampleRate, channelCount: channelCount))
        description.audioRole = role
        writer = try TrackWriter(description, number: number, output: output)
    }

    /// In bits per second.
    static func bitrate(_ channelCount: Int) -> Int {
        channelCount == 1 ? 64_000 : 128_000
    }

    /// Takes the next samples; the filter gives frames of the encoder's size, without gaps from time zero on.
    func encode(_ frame: UnsafeMutablePointer<AVFrame>) throws {
        frame.pointee.pts = encodedCount
        encodedCount += Int64(frame.pointee.nb_samples)
        try encoder.encode(frame, write)
    }

    func finish() throws {
        try encoder.encode(nil, write)
        if writer.isEmpty { throw EncodingFailure(.damaged, "no sound could be decoded") }
        try writer.finish()
    }

    /// Drops the encoder's priming, which lies before time zero, so that no edit list is needed.
    private func write(_ packet: CodedPacket) throws {
        guard packet.presentationTime >= 0 else { return }
        let segment = Int64(Self.sampleRate * VideoRendition.segmentDuration)
        // The boundary is the frame nearest to the video's.
        let position = writtenCount * Self.frameSize + Self.frameSize / 2
        if writtenCount > 0, position / segment != (position - Self.frameSize) / segment { try writer.cut() }
        writer.add(
            packet.bytes,
            FragmentSample(size: UInt32(clamping: packet.bytes.count), duration: UInt32(Self.frameSize), isSync: true),
            subsamples: [])
        writtenCount += 1
    }
}
