import CFFmpeg
import EncoderProtocol
import ISOBaseMedia
import MediaModel
import TrackCodecs
import TrackOutput

/// AC-3 or E-AC-3 of the source as it is, a frame a sample. Owned by one thread.
final class PassthroughTrack {
    /// Samples of a frame (ETSI TS 102 366, 4.1): six blocks of 256.
    private static let frameSize: Int64 = 1536

    private let sound: SoundDescription
    private let boundaries: SoundBoundaries
    private let number: Int
    private let output: FrameOutput
    private var writer: TrackWriter?
    private var rate: Int64 = 48_000
    /// Frames from the presentation's beginning, also those that are missing.
    private var position: Int64 = 0

    init(_ sound: SoundDescription, boundaries: SoundBoundaries, number: Int, output: FrameOutput) {
        self.sound = sound
        self.boundaries = boundaries
        self.number = number
        self.output = output
    }

    func take(
        _ packet: UnsafeMutablePointer<AVPacket>, _ parameters: UnsafeMutablePointer<AVCodecParameters>?,
        _ clock: StreamClock
    ) throws {
        guard let parameters, let data = packet.pointee.data, packet.pointee.size > 8 else { return }
        let writer = try self.writer ?? begin(packet, parameters, clock)
        let seconds = packet.pointee.pts == keyway_no_timestamp ? nil : clock.presentation(packet.pointee.pts)
        let expected = Double(position * Self.frameSize) / Double(rate)
        let length = Double(Self.frameSize) / Double(rate)
        // What lies before the beginning, and what is there already, is dropped.
        if let seconds, seconds < expected - length / 2 { return }
        var startsAnew = false
        if let seconds, seconds > expected + length / 2, seconds < expected + 24 * 3600 {
            try writer.cut()
            position = Int64((seconds / length).rounded())
            writer.begin(at: UInt64(position * Self.frameSize))
            startsAnew = true
        }
        if !startsAnew, boundaries.isFirst(frame: position, of: Self.frameSize, rate: rate) { try writer.cut() }
        writer.add(
            Array(UnsafeBufferPointer(start: data, count: Int(packet.pointee.size))),
            FragmentSample(
                size: UInt32(clamping: packet.pointee.size), duration: UInt32(Self.frameSize), isSync: true),
            subsamples: [])
        position += 1
    }

    private func begin(
        _ packet: UnsafeMutablePointer<AVPacket>, _ parameters: UnsafeMutablePointer<AVCodecParameters>,
        _ clock: StreamClock
    ) throws -> TrackWriter {
        guard let first = av_packet_clone(packet) else {
            throw EncodingFailure(.limitExceeded, "no memory for sound")
        }
        defer {
            var first: UnsafeMutablePointer<AVPacket>? = first
            av_packet_free(&first)
        }
        first.pointee.stream_index = 0
        first.pointee.pts = 0
        first.pointee.dts = 0
        rate = Int64(max(parameters.pointee.sample_rate, 1))
        let codec = try SampleEntryMuxing.codec(
            timeBase: AVRational(num: 1, den: Int32(clamping: rate)), first: [first]
        ) { target in
            try check(avcodec_parameters_copy(target, parameters), .limitExceeded, "no memory for sound")
        }
        var configuration = codec.configuration
        configuration.boxes = []
        var description = TrackDescription(
            name: sound.name, kind: .audio, codec: configuration, timescale: UInt32(clamping: rate),
            language: sound.language, averageBitrate: sound.bitrate, peakBitrate: sound.bitrate, audio: codec.audio)
        description.audioRole = sound.role
        let made = try TrackWriter(description, number: number, output: output)
        writer = made
        return made
    }

    func finish() throws {
        guard let writer, !writer.isEmpty else {
            throw EncodingFailure(.damaged, "the sound that is passed through has no frame")
        }
        try writer.finish()
    }
}
