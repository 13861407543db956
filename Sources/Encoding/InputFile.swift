import CFFmpeg
import CInputPort
import EncoderProtocol
import Glibc
import TrackOutput

/// The opened input: its container, and the streams that are used. Owned by one thread.
final class InputFile {
    let context: UnsafeMutablePointer<AVFormatContext>
    let name: String
    /// Nil without pictures that move.
    let video: Int?
    /// All streams of sound, the one that plays by itself first; at most `maximumSounds`.
    let sounds: [Int]
    /// How many more there are.
    let leftOutSounds: Int
    /// Streams of subtitles.
    let texts: [Int]
    static let maximumSounds = 16
    static let maximumTexts = 16
    /// Of one picture: 8192 by 4352.
    static let maximumPixels = 8192 * 4352
    private let io: UnsafeMutablePointer<AVIOContext>?

    /// Opens what a descriptor holds and looks at its streams.
    init(_ file: EncodingInput) throws {
        guard let allocated = keyway_reading_context(file.descriptor, file.size, keyway_input_read) else {
            throw EncodingFailure(.limitExceeded, "no memory to open the input")
        }
        name = file.name
        io = allocated.pointee.pb
        allocated.pointee.probesize = 16 << 20
        allocated.pointee.max_analyze_duration = 10_000_000
        allocated.pointee.max_streams = 64
        var opened: UnsafeMutablePointer<AVFormatContext>? = allocated
        let result = avformat_open_input(&opened, nil, nil, nil)
        guard result >= 0, let context = opened else {
            keyway_free_io(io)
            throw Self.failure(toOpen: file.descriptor, result)
        }
        self.context = context
        do {
            try Self.refuseHugePictures(context)
            try check(
                keyway_find_stream_info(context, Int64(Self.maximumPixels)), .damaged, "its streams cannot be read")
            let best = av_find_best_stream(context, AVMEDIA_TYPE_VIDEO, -1, -1, nil, 0)
            let moves = best >= 0 && !Self.isPicture(context, best)
            video = moves ? Int(best) : nil
            let all = Self.sounds(context, beside: moves ? best : -1)
            sounds = Array(all.prefix(Self.maximumSounds))
            leftOutSounds = all.count - sounds.count
            texts = Array(Self.streams(context, AVMEDIA_TYPE_SUBTITLE).prefix(Self.maximumTexts))
        } catch {
            var closing: UnsafeMutablePointer<AVFormatContext>? = context
            avformat_close_input(&closing)
            keyway_free_io(io)
            throw error
        }
        let used = Set(sounds + texts + [video].compactMap { $0 })
        for index in 0..<Int(context.pointee.nb_streams) where !used.contains(index) {
            context.pointee.streams[index]?.pointee.discard = AVDISCARD_ALL
        }
    }

    deinit {
        var closing: UnsafeMutablePointer<AVFormatContext>? = context
        avformat_close_input(&closing)
        keyway_free_io(io)
    }

    /// Throws unless there is something to encode.
    func refuseWhatCannotPlay() throws {
        let format = formatName
        if format.hasSuffix("_pipe") || format.hasPrefix("image2") {
            throw EncodingFailure(.noVideo, "it is a still picture; a film has pictures that move, or sound")
        }
        guard video != nil || !sounds.isEmpty else {
            throw EncodingFailure(.noVideo, "it has neither video nor sound")
        }
    }

    var formatName: String { context.pointee.iformat.map { String(cString: $0.pointee.name) } ?? "" }

    func stream(_ index: Int) throws -> AVStream { try streamPointer(index).pointee }

    func streamPointer(_ index: Int) throws -> UnsafeMutablePointer<AVStream> {
        guard index < Int(context.pointee.nb_streams), let stream = context.pointee.streams[index] else {
            throw EncodingFailure(.damaged, "a stream vanished")
        }
        return stream
    }

    /// In seconds, as the container, the video or the first stream of sound declares it; 0 when none does.
    var declaredDuration: Double {
        if let index = video ?? sounds.first, let stream = try? stream(index), stream.duration != keyway_no_timestamp,
            stream.duration > 0
        {
            return Double(stream.duration) * av_q2d(stream.time_base)
        }
        guard context.pointee.duration != keyway_no_timestamp else { return 0 }
        return max(0, Double(context.pointee.duration) / Double(AV_TIME_BASE))
    }

    /// Where the presentation starts, in seconds: the earliest stream used. Sound that begins a moment before the pictures
    /// is its encoder's priming, and not waited for.
    var startTime: Double {
        func start(_ index: Int) -> Double? {
            guard let stream = try? stream(index), stream.start_time != keyway_no_timestamp else { return nil }
            return Double(stream.start_time) * av_q2d(stream.time_base)
        }
        let pictures = video.flatMap(start)
        guard let earliest = (sounds.compactMap(start) + [pictures].compactMap { $0 }).min() else { return 0 }
        guard let pictures, pictures - earliest < Self.longestPriming else { return earliest }
        return pictures
    }

    /// In seconds.
    private static let longestPriming = 0.06

    /// Goes to a place at or before a time, in seconds of the container; from the beginning where it cannot.
    func seek(to seconds: Double) {
        let target = Int64(exactly: (seconds * Double(AV_TIME_BASE)).rounded()) ?? 0
        if avformat_seek_file(context, -1, Int64.min, target, target, 0) < 0 {
            _ = avformat_seek_file(context, -1, Int64.min, Int64.min, Int64.min, AVSEEK_FLAG_BYTE)
        }
    }

    /// Samples of common encryption (ISO/IEC 23001-7) look damaged to a decoder.
    private static func refuseEncrypted(_ packet: UnsafeMutablePointer<AVPacket>) throws {
        guard packet.pointee.side_data_elems > 0,
            av_packet_get_side_data(packet, AV_PKT_DATA_ENCRYPTION_INFO, nil) != nil
        else { return }
        throw EncodingFailure(.encrypted, "its samples are encrypted: the film in the clear is needed")
    }

    /// Reads packets to the end.
    ///
    /// - Parameter handle: says whether more is wanted.
    func readPackets(_ handle: (UnsafeMutablePointer<AVPacket>) throws -> Bool) throws {
        guard let packet = av_packet_alloc() else { throw EncodingFailure(.limitExceeded, "no memory for packets") }
        defer {
            var packet: UnsafeMutablePointer<AVPacket>? = packet
            av_packet_free(&packet)
        }
        while true {
            let result = av_read_frame(context, packet)
            if result == keyway_error_end { return }
            if result == keyway_error_again { continue }
            try Self.refuseEncrypted(packet)
            try check(result, .damaged, "it cannot be read to its end")
            defer { av_packet_unref(packet) }
            Heartbeat.beat()
            try ProcessorTime.refuseWhenUsedUp()
            guard try handle(packet) else { return }
        }
    }

    /// What the container says of sizes, before anything is decoded.
    private static func refuseHugePictures(_ context: UnsafeMutablePointer<AVFormatContext>) throws {
        for index in streams(context, AVMEDIA_TYPE_VIDEO) {
            guard let codec = context.pointee.streams[index]?.pointee.codecpar?.pointee else { continue }
            try refuseHugePicture(Int(codec.width), Int(codec.height))
        }
    }

    static func refuseHugePicture(_ width: Int, _ height: Int) throws {
        guard width <= 16_384, height <= 16_384, width * height <= maximumPixels else {
            throw EncodingFailure(
                .limitExceeded,
                "its pictures are \(width)x\(height); at most \(maximumPixels) pixels (8192x4352) are taken")
        }
    }

    private static func sounds(_ context: UnsafeMutablePointer<AVFormatContext>, beside video: Int32) -> [Int] {
        let best = av_find_best_stream(context, AVMEDIA_TYPE_AUDIO, -1, video, nil, 0)
        guard best >= 0 else { return [] }
        return [Int(best)]
            + streams(context, AVMEDIA_TYPE_AUDIO).filter { index in
                guard let codec = context.pointee.streams[index]?.pointee.codecpar else { return false }
                return index != best && codec.pointee.ch_layout.nb_channels > 0
            }
    }

    private static func streams(_ context: UnsafeMutablePointer<AVFormatContext>, _ type: AVMediaType) -> [Int] {
        (0..<Int(context.pointee.nb_streams)).filter { index in
            context.pointee.streams[index]?.pointee.codecpar?.pointee.codec_type == type
        }
    }

    /// Album art and thumbnails are streams of one picture.
    private static func isPicture(_ context: UnsafeMutablePointer<AVFormatContext>, _ index: Int32) -> Bool {
        guard let stream = context.pointee.streams[Int(index)] else { return true }
        return stream.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC != 0
    }

    /// Tells a file that is no media from media whose headers are damaged or cut off.
    private static func failure(toOpen descriptor: Int32, _ result: Int32) -> EncodingFailure {
        var bytes = [UInt8](repeating: 0, count: 4096 + Int(AVPROBE_PADDING_SIZE))
        let count = bytes.withUnsafeMutableBytes { keyway_input_read(descriptor, $0.baseAddress, 4096, 0) }
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
