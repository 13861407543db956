import CFFmpeg
import CodecSyntax
import EncoderProtocol
import ISOBaseMedia
import MediaModel
import TrackCodecs
import TrackOutput

/// What a track of sound is, beside its samples.
struct SoundDescription {
    /// Of the track.
    var name: String
    var language: String
    var role: AudioRole?
    var codec: AudioRecipe.Codec
    var channelCount: Int
    /// In bits per second.
    var bitrate: Int
}

/// Sound at 48 kHz in AAC-LC or Opus, cut near the video's segment boundaries. Owned by one thread.
final class AudioRendition {
    static let sampleRate = 48_000

    let channelCount: Int
    private let encoder: Encoder
    private let writer: TrackWriter
    private let boundaries: SoundBoundaries
    private let fifo: OpaquePointer
    private let frame: UnsafeMutablePointer<AVFrame>
    private let frameSize: Int64
    /// Samples that were taken, encoded and written.
    private(set) var takenCount: Int64 = 0
    private var encodedCount: Int64 = 0
    private var writtenCount: Int64 = 0
    /// Packets before this time are the encoder's priming, in samples.
    private let priming: Int64

    init(_ sound: SoundDescription, boundaries: SoundBoundaries, number: Int, output: FrameOutput) throws {
        channelCount = sound.channelCount
        self.boundaries = boundaries
        encoder = try Self.encoder(sound)
        frameSize = Int64(max(encoder.context.pointee.frame_size, 1))
        // Opus begins 312 samples early. Silence before the sound makes that whole frames, which are left out.
        let early = Int64(max(encoder.context.pointee.initial_padding, 0))
        priming = sound.codec == .opus ? (frameSize - early % frameSize) % frameSize : 0
        guard
            let fifo = av_audio_fifo_alloc(AV_SAMPLE_FMT_FLTP, Int32(channelCount), Int32(frameSize * 4)),
            let frame = av_frame_alloc()
        else { throw EncodingFailure(.limitExceeded, "no memory for sound") }
        self.fifo = fifo
        self.frame = frame
        writer = try TrackWriter(try Self.description(sound, encoder), number: number, output: output)
        if priming > 0 { try addSilence(priming, counts: false) }
    }

    deinit {
        av_audio_fifo_free(fifo)
        var frame: UnsafeMutablePointer<AVFrame>? = frame
        av_frame_free(&frame)
    }

    private static func encoder(_ sound: SoundDescription) throws -> Encoder {
        let options = sound.codec == .opus ? [("mapping_family", sound.channelCount > 2 ? "1" : "0")] : []
        return try Encoder(codec: sound.codec == .opus ? "libopus" : "aac", options: options) { context in
            context.pointee.sample_rate = Int32(sampleRate)
            context.pointee.sample_fmt = sound.codec == .opus ? AV_SAMPLE_FMT_FLT : AV_SAMPLE_FMT_FLTP
            av_channel_layout_default(&context.pointee.ch_layout, Int32(sound.channelCount))
            context.pointee.bit_rate = Int64(sound.bitrate)
            context.pointee.time_base = AVRational(num: 1, den: Int32(sampleRate))
            if sound.codec == .aac { context.pointee.profile = FF_PROFILE_AAC_LOW }
        }
    }

    private static func description(_ sound: SoundDescription, _ encoder: Encoder) throws -> TrackDescription {
        var configuration: CodecConfiguration
        var format = AudioFormat(sampleRate: sampleRate, channelCount: sound.channelCount)
        if sound.codec == .aac {
            // FFmpeg's own configuration goes on with a backward compatible signal that AAC-LC does not need.
            let aac = try AudioSpecificConfig(lowComplexity: sampleRate, channelCount: sound.channelCount)
            guard let encoded = aac.encoded else {
                throw EncodingFailure(.internalError, "the sound's configuration cannot be written")
            }
            configuration = CodecConfiguration(
                sampleEntry: "mp4a", decoderSpecific: encoded, codecString: aac.codecString)
            format.channelConfiguration = sound.channelCount > 2 ? aac.loudspeakerLayout : nil
        } else {
            let codec = try encoder.trackCodec()
            configuration = codec.configuration
            configuration.boxes = []
            // PreSkip is behind us: its samples are in frames that are left out.
            if configuration.decoderSpecific.count > 4 {
                configuration.decoderSpecific.replaceSubrange(2..<4, with: [0, 0])
            }
            format = codec.audio ?? format
        }
        var description = TrackDescription(
            name: sound.name, kind: .audio, codec: configuration, timescale: UInt32(sampleRate),
            language: sound.language, averageBitrate: sound.bitrate, peakBitrate: sound.bitrate, audio: format)
        description.audioRole = sound.role
        return description
    }

    /// Takes the next samples, without gaps from time zero on.
    ///
    /// - Parameter limit: how many may have been taken in all; what is beyond is dropped.
    func take(_ samples: UnsafeMutablePointer<AVFrame>, limit: Int64) throws {
        let count = min(Int64(samples.pointee.nb_samples), limit - takenCount)
        guard count > 0 else { return }
        try write(samples.pointee.extended_data, count)
        takenCount += count
        try encodeWholeFrames()
    }

    /// Adds silence up to a number of samples in all.
    func fill(to count: Int64) throws {
        while takenCount < count { try addSilence(min(count - takenCount, Int64(Self.sampleRate)), counts: true) }
    }

    private func addSilence(_ count: Int64, counts: Bool) throws {
        try withFrame(count) { frame in
            av_samples_set_silence(
                frame.pointee.extended_data, 0, Int32(count), Int32(channelCount), AV_SAMPLE_FMT_FLTP)
            try write(frame.pointee.extended_data, count)
        }
        if counts { takenCount += count }
        try encodeWholeFrames()
    }

    /// Gives the frame, with room for so many samples, and empties it. It is one for all, and a frame that has buffers must not
    /// be given others (they would have the sizes of the old ones): so whoever has it calls nobody who wants it.
    private func withFrame<Result>(
        _ count: Int64, _ body: (UnsafeMutablePointer<AVFrame>) throws -> Result
    ) throws -> Result {
        guard frame.pointee.buf.0 == nil else { throw EncodingFailure(.internalError, "a frame of sound is in use") }
        frame.pointee.nb_samples = Int32(count)
        frame.pointee.format = AV_SAMPLE_FMT_FLTP.rawValue
        frame.pointee.sample_rate = Int32(Self.sampleRate)
        av_channel_layout_default(&frame.pointee.ch_layout, Int32(channelCount))
        defer { av_frame_unref(frame) }
        try check(av_frame_get_buffer(frame, 0), .limitExceeded, "no memory for sound")
        return try body(frame)
    }

    private func write(_ data: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?, _ count: Int64) throws {
        guard let data else { return }
        let written = data.withMemoryRebound(to: UnsafeMutableRawPointer?.self, capacity: channelCount) {
            av_audio_fifo_write(fifo, $0, Int32(count))
        }
        guard written == Int32(count) else { throw EncodingFailure(.limitExceeded, "no memory for sound") }
    }

    private func encodeWholeFrames() throws {
        while Int64(av_audio_fifo_size(fifo)) >= frameSize { try encodeFrame(frameSize) }
    }

    private func encodeFrame(_ count: Int64) throws {
        try withFrame(count) { frame in
            let read = frame.pointee.extended_data.withMemoryRebound(
                to: UnsafeMutableRawPointer?.self, capacity: channelCount
            ) { av_audio_fifo_read(fifo, $0, Int32(count)) }
            guard read == Int32(count) else { throw EncodingFailure(.internalError, "sound got lost") }
            frame.pointee.pts = encodedCount
            encodedCount += count
            guard encoder.context.pointee.sample_fmt == AV_SAMPLE_FMT_FLT else {
                return try encoder.encode(frame, write)
            }
            let interleaved = try interleave(frame)
            defer {
                var interleaved: UnsafeMutablePointer<AVFrame>? = interleaved
                av_frame_free(&interleaved)
            }
            try encoder.encode(interleaved, write)
        }
    }

    /// libopus wants its channels sample by sample.
    private func interleave(_ planar: UnsafeMutablePointer<AVFrame>) throws -> UnsafeMutablePointer<AVFrame> {
        guard let frame = av_frame_alloc() else { throw EncodingFailure(.limitExceeded, "no memory for sound") }
        let count = Int(planar.pointee.nb_samples)
        frame.pointee.nb_samples = Int32(count)
        frame.pointee.format = AV_SAMPLE_FMT_FLT.rawValue
        frame.pointee.sample_rate = Int32(Self.sampleRate)
        frame.pointee.pts = planar.pointee.pts
        av_channel_layout_default(&frame.pointee.ch_layout, Int32(channelCount))
        try check(av_frame_get_buffer(frame, 0), .limitExceeded, "no memory for sound")
        guard let target = frame.pointee.extended_data[0] else { return frame }
        target.withMemoryRebound(to: Float.self, capacity: count * channelCount) { target in
            for channel in 0..<channelCount {
                planar.pointee.extended_data[channel]?.withMemoryRebound(to: Float.self, capacity: count) { source in
                    for index in 0..<count { target[index * channelCount + channel] = source[index] }
                }
            }
        }
        return frame
    }

    func finish() throws {
        let left = Int64(av_audio_fifo_size(fifo))
        if left > 0 { try encodeFrame(left) }
        try encoder.encode(nil, write)
        if writer.isEmpty { throw EncodingFailure(.damaged, "no sound could be decoded") }
        try writer.finish()
    }

    /// Drops the encoder's priming, which lies before time zero, so that no edit list is needed.
    private func write(_ packet: CodedPacket) throws {
        guard packet.presentationTime >= priming else { return }
        if boundaries.isFirst(frame: writtenCount, of: frameSize, rate: Int64(Self.sampleRate)) { try writer.cut() }
        writer.add(
            Array(packet.bytes),
            FragmentSample(size: UInt32(clamping: packet.bytes.count), duration: UInt32(frameSize), isSync: true),
            subsamples: [])
        writtenCount += 1
    }
}

/// Where sound is cut: at the frame nearest to each of the video's boundaries.
struct SoundBoundaries {
    /// Of a segment of the video, as a fraction of seconds.
    var numerator: Int64
    var denominator: Int64

    init(groupSize: Int, frameRate: Rational) {
        numerator = Int64(groupSize) * Int64(frameRate.denominator)
        denominator = Int64(frameRate.numerator)
    }

    /// Whether a frame of sound, by number, begins a segment.
    func isFirst(frame: Int64, of size: Int64, rate: Int64) -> Bool {
        guard frame > 0 else { return false }
        return segment(frame, size, rate) != segment(frame - 1, size, rate)
    }

    private func segment(_ frame: Int64, _ size: Int64, _ rate: Int64) -> Int64 {
        // The middle of a frame rounds to the nearest boundary.
        let middle = (frame * size + size / 2).multipliedReportingOverflow(by: denominator)
        let length = numerator.multipliedReportingOverflow(by: rate)
        guard !middle.overflow, !length.overflow, length.partialValue > 0 else { return 0 }
        return middle.partialValue / length.partialValue
    }
}
