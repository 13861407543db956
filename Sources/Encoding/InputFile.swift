import CFFmpeg
import EncoderProtocol
import Glibc
import TrackOutput

/// The opened input: its container, and the streams that are used. Owned by one thread.
final class InputFile {
    let context: UnsafeMutablePointer<AVFormatContext>
    let video: Int
    /// All streams of sound, the one that plays by itself first; at most `maximumSounds`.
    let sounds: [Int]
    /// How many more there are.
    let leftOutSounds: Int
    static let maximumSounds = 16
    private let io: UnsafeMutablePointer<AVIOContext>?

    /// Opens what a descriptor holds and looks at its streams.
    init(descriptor: Int32) throws {
        guard let allocated = keyway_reading_context(descriptor) else {
            throw EncodingFailure(.limitExceeded, "no memory to open the input")
        }
        io = allocated.pointee.pb
        allocated.pointee.probesize = 16 << 20
        allocated.pointee.max_analyze_duration = 10_000_000
        allocated.pointee.max_streams = 64
        var opened: UnsafeMutablePointer<AVFormatContext>? = allocated
        let result = avformat_open_input(&opened, nil, nil, nil)
        guard result >= 0, let context = opened else {
            keyway_free_io(io)
            throw Self.failure(toOpen: descriptor, result)
        }
        self.context = context
        do {
            try check(avformat_find_stream_info(context, nil), .damaged, "its streams cannot be read")
            let video = av_find_best_stream(context, AVMEDIA_TYPE_VIDEO, -1, -1, nil, 0)
            guard video >= 0, !Self.isPicture(context, video) else {
                throw EncodingFailure(.noVideo, "it has no video")
            }
            self.video = Int(video)
            let all = Self.sounds(context, beside: video)
            sounds = Array(all.prefix(Self.maximumSounds))
            leftOutSounds = all.count - sounds.count
        } catch {
            var closing: UnsafeMutablePointer<AVFormatContext>? = context
            avformat_close_input(&closing)
            keyway_free_io(io)
            throw error
        }
        for index in 0..<Int(context.pointee.nb_streams) where index != video && !sounds.contains(index) {
            context.pointee.streams[index]?.pointee.discard = AVDISCARD_ALL
        }
    }

    deinit {
        var closing: UnsafeMutablePointer<AVFormatContext>? = context
        avformat_close_input(&closing)
        keyway_free_io(io)
    }

    func stream(_ index: Int) throws -> AVStream {
        guard index < Int(context.pointee.nb_streams), let stream = context.pointee.streams[index] else {
            throw EncodingFailure(.damaged, "a stream vanished")
        }
        return stream.pointee
    }

    func streamPointer(_ index: Int) throws -> UnsafeMutablePointer<AVStream> {
        guard index < Int(context.pointee.nb_streams), let stream = context.pointee.streams[index] else {
            throw EncodingFailure(.damaged, "a stream vanished")
        }
        return stream
    }

    /// In seconds, as the container or the video stream declares it; 0 when neither does.
    var declaredDuration: Double {
        if let stream = try? stream(video), stream.duration != keyway_no_timestamp, stream.duration > 0 {
            return Double(stream.duration) * av_q2d(stream.time_base)
        }
        guard context.pointee.duration != keyway_no_timestamp else { return 0 }
        return max(0, Double(context.pointee.duration) / Double(AV_TIME_BASE))
    }

    /// Where the presentation starts, in seconds: the earliest stream used.
    var startTime: Double {
        let starts = ([video] + sounds).compactMap { index -> Double? in
            guard let stream = try? stream(index), stream.start_time != keyway_no_timestamp else { return nil }
            return Double(stream.start_time) * av_q2d(stream.time_base)
        }
        return starts.min() ?? 0
    }

    private static func sounds(_ context: UnsafeMutablePointer<AVFormatContext>, beside video: Int32) -> [Int] {
        let best = av_find_best_stream(context, AVMEDIA_TYPE_AUDIO, -1, video, nil, 0)
        guard best >= 0 else { return [] }
        let others = (0..<Int(context.pointee.nb_streams)).filter { index in
            guard let stream = context.pointee.streams[index], let codec = stream.pointee.codecpar else { return false }
            return index != best && codec.pointee.codec_type == AVMEDIA_TYPE_AUDIO
                && codec.pointee.ch_layout.nb_channels > 0
        }
        return [Int(best)] + others
    }

    /// Album art and thumbnails are streams of one picture.
    private static func isPicture(_ context: UnsafeMutablePointer<AVFormatContext>, _ index: Int32) -> Bool {
        guard let stream = context.pointee.streams[Int(index)] else { return true }
        return stream.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC != 0
    }

    /// Tells a file that is no media from media whose headers are damaged or cut off.
    private static func failure(toOpen descriptor: Int32, _ result: Int32) -> EncodingFailure {
        var bytes = [UInt8](repeating: 0, count: 4096 + Int(AVPROBE_PADDING_SIZE))
        let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, 4096, 0) }
        let score = bytes.withUnsafeMutableBufferPointer { buffer -> Int32 in
            var probe = AVProbeData()
            probe.buf = buffer.baseAddress
            probe.buf_size = Int32(max(count, 0))
            var score: Int32 = 0
            _ = av_probe_input_format3(&probe, 1, &score)
            return score
        }
        guard score > AVPROBE_SCORE_MAX / 4 else {
            return EncodingFailure(.notMedia, "it is not a media file that can be read")
        }
        return EncodingFailure(.truncated, "its headers are damaged or cut off", ffmpeg: result)
    }
}
