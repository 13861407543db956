import EncoderProtocol
import Foundation
import TestSupport
import Testing

/// Inputs that others made or ffmpeg makes, each of a kind that the field's files are of, and what must become of it.
enum MadeInput: String, CaseIterable {
    // Of `Tests/Media`, where these are the names of the files.
    case bunny = "bigbuckbunny_720p"
    case bunnyOfOthers = "bbb_prog_10s"
    case interview = "interview_350k"
    case interviewOfMiddleRate = "interview_283k"
    case interviewOfLowRate = "interview_184k"
    case lateSound = "exo_sample"
    case fragments = "exo_frag"
    case av1 = "exo_av1"
    case hevc = "ed_hevc"
    // Made here.
    case interlaced, turned, anamorphic, variableRate, oddSize, tenBit, hdr10, hlg, fullRange, fiftyFrames, manyFrames
    case upright, tiny, singleFrame, threeFrames, oddTimeBase, lateStart, timesStartAgain
    case surround, dolby, dolbyPlus, twoLanguages, noSound
    case movieText, matroskaText, webText
    case soundOnly, soundWithCover, flac, rawVideo, prores, mpeg4, flash, animation, webm
    case stillPicture, cutShort, noMedia, empty, garbled, hugePictures, manyTracks, millionTracks, endless

    struct Outcome: Equatable {
        /// Codec, size or channels, and what else is remarkable, of each track.
        var tracks: [String] = []
        var refusal: EncoderFailureCode?
    }

    /// For people.
    var meaning: String {
        switch self {
        case .bunny: "`bigbuckbunny_720p.mp4`: H.264 1280x720, AAC 5.1, `moov` last, two `mdat`"
        case .bunnyOfOthers: "`bbb_prog_10s.mp4`: H.264 320x240 shown as 16:9, B-frames, 24 frames a second"
        case .interview: "`interview_350k.mp4`: H.264 512x384, 29.97 frames a second, sound first, `mdat` of 64 bits"
        case .interviewOfMiddleRate: "`interview_283k.mp4`: the same in fewer bits"
        case .interviewOfLowRate: "`interview_184k.mp4`: the same in fewer bits still"
        case .lateSound: "`exo_sample.mp4`: H.264 1080x720, sound 44 ms after the pictures"
        case .fragments: "`exo_frag.mp4`: H.264 in fragments, pictures 67 ms after the start"
        case .av1: "`exo_av1.mp4`: AV1 1080x720"
        case .hevc: "`ed_hevc.mp4`: HEVC 640x360 with B-frames"
        case .interlaced: "MPEG-2, 576 lines interlaced, 16:9 in pixels that are not square"
        case .turned: "H.264 that is to be turned by a quarter"
        case .anamorphic: "H.264, 720x576 shown as 16:9"
        case .variableRate: "H.264, frames of 1/30 s of which some are missing"
        case .oddSize: "H.264 4:4:4, 321x181"
        case .tenBit: "H.264 of ten bits"
        case .hdr10: "HEVC, PQ, with light levels"
        case .hlg: "HEVC, HLG"
        case .fullRange: "Motion JPEG of full range"
        case .fiftyFrames: "H.264, 50 frames a second"
        case .manyFrames: "H.264, 120 frames a second"
        case .upright: "H.264, higher than wide"
        case .tiny: "H.264, 48x48"
        case .singleFrame: "one frame"
        case .threeFrames: "three frames"
        case .oddTimeBase: "H.264, times in units of 1/90007 s"
        case .lateStart: "MPEG-TS that starts at second 5000"
        case .timesStartAgain: "two MPEG-TS files in one, of two sizes"
        case .surround: "AAC 5.1"
        case .dolby: "AC-3 5.1"
        case .dolbyPlus: "E-AC-3 5.1"
        case .twoLanguages: "two streams of sound, English and German"
        case .noSound: "no sound"
        case .movieText: "MP4 with subtitles (tx3g)"
        case .matroskaText: "Matroska with SubRip and ASS"
        case .webText: "WebM with WebVTT"
        case .soundOnly: "AAC alone"
        case .soundWithCover: "MP3 with a cover"
        case .flac: "FLAC"
        case .rawVideo: "H.264 without a container"
        case .prores: "ProRes and PCM"
        case .mpeg4: "AVI with MPEG-4 and MP3"
        case .flash: "FLV"
        case .animation: "GIF"
        case .webm: "VP9 and Opus"
        case .stillPicture: "PNG"
        case .cutShort: "MP4 without its second half"
        case .noMedia: "a text"
        case .empty: "an empty file"
        case .hugePictures: "GIF of 16000x16000"
        case .manyTracks: "an MP4 file of 20,000 tracks"
        case .millionTracks: "an MP4 file of 1,000,000 tracks, most of them empty"
        case .garbled: "MP4 with every thousandth byte of its pictures turned over"
        case .endless: "two frames, ten days from each other"
        }
    }

    /// With `H.264` in 360 lines, HEVC in 360 lines, AAC of up to 5.1 and Dolby's sound as it is: the preset of the tests.
    var outcome: Outcome {
        func video(_ size: String, _ frames: Int, _ hevc: String = "yuv420p") -> [String] {
            ["h264 \(size) yuv420p \(frames)", "hevc \(size) \(hevc) \(frames)"]
        }
        let text = ["text", "text"]
        switch self {
        case .bunny: return Outcome(tracks: video("640x360", 132) + ["aac 6"])
        // Its pixels are wider than high.
        case .bunnyOfOthers: return Outcome(tracks: video("320x180", 238) + ["aac 2"])
        case .interview, .interviewOfMiddleRate, .interviewOfLowRate:
            return Outcome(tracks: video("480x360", 329) + ["aac 2 eng"])
        case .lateSound, .av1: return Outcome(tracks: video("540x360", 30) + ["aac 1"])
        // The first picture stands until the second is due, where sound begins before the pictures.
        case .fragments: return Outcome(tracks: video("540x360", 32) + ["aac 1"])
        case .hevc: return Outcome(tracks: ["h264 640x360 yuv420p bt709 28", "hevc 640x360 yuv420p bt709 28", "aac 2"])
        case .interlaced: return Outcome(tracks: video("640x360", 50) + ["aac 1"])
        case .turned: return Outcome(tracks: video("360x640", 50) + ["aac 1"])
        case .anamorphic: return Outcome(tracks: video("640x360", 50))
        case .variableRate: return Outcome(tracks: video("320x180", 60))
        case .oddSize: return Outcome(tracks: video("322x182", 50))
        case .tenBit: return Outcome(tracks: video("320x180", 50, "yuv420p10le"))
        case .hdr10:
            return Outcome(tracks: ["h264 320x180 yuv420p bt709 50", "hevc 320x180 yuv420p10le smpte2084 50"])
        case .hlg:
            return Outcome(tracks: ["h264 320x180 yuv420p bt709 50", "hevc 320x180 yuv420p10le arib-std-b67 50"])
        case .fullRange, .rawVideo, .noSound, .garbled: return Outcome(tracks: video("320x180", 50))
        case .fiftyFrames: return Outcome(tracks: video("320x180", 100))
        case .manyFrames: return Outcome(tracks: video("320x180", 121))
        case .upright: return Outcome(tracks: video("180x320", 50))
        case .tiny: return Outcome(tracks: ["h264 48x48 yuv420p 50"])
        case .singleFrame: return Outcome(tracks: video("320x180", 1))
        case .threeFrames: return Outcome(tracks: video("320x180", 3))
        case .oddTimeBase, .lateStart, .flash, .webm: return Outcome(tracks: video("320x180", 50) + ["aac 1"])
        // ProRes has ten bits.
        case .prores: return Outcome(tracks: video("320x180", 50, "yuv420p10le") + ["aac 1"])
        // FFmpeg's AVI begins with a frame of twice the length.
        case .mpeg4: return Outcome(tracks: video("320x180", 51) + ["aac 1"])
        case .timesStartAgain: return Outcome(tracks: video("320x180", 100) + ["aac 1"])
        case .surround: return Outcome(tracks: video("320x180", 50) + ["aac 6"])
        case .dolby: return Outcome(tracks: video("320x180", 50) + ["aac 6", "ac3 6"])
        case .dolbyPlus: return Outcome(tracks: video("320x180", 50) + ["aac 6", "eac3 6"])
        case .twoLanguages: return Outcome(tracks: video("320x180", 50) + ["aac 1 eng", "aac 1 deu"])
        case .movieText, .webText: return Outcome(tracks: video("320x180", 50) + ["aac 1"] + text)
        case .matroskaText: return Outcome(tracks: video("320x180", 50) + ["aac 1"] + text + text)
        case .soundOnly, .soundWithCover, .flac: return Outcome(tracks: ["aac 1"])
        case .animation: return Outcome(tracks: video("320x180", 20))
        case .stillPicture: return Outcome(refusal: .noVideo)
        case .cutShort: return Outcome(refusal: .truncated)
        case .noMedia: return Outcome(refusal: .notMedia)
        case .empty: return Outcome(refusal: .inputEmpty)
        case .hugePictures: return Outcome(refusal: .limitExceeded)
        case .manyTracks, .millionTracks, .endless: return Outcome(refusal: .limitExceeded)
        }
    }

    /// What is made of all of them.
    static let preset = EncodingPreset(
        name: "inputs",
        video: VideoRecipe(renditions: [
            VideoRenditionRecipe(codec: .h264, width: 640, height: 360, bitrate: 600_000),
            VideoRenditionRecipe(codec: .hevc, width: 640, height: 360, bitrate: 600_000),
        ]),
        audio: [AudioRecipe(codec: .aac, channels: 6, bitrate: 384_000), AudioRecipe(codec: .passthrough, channels: 6)])

    private static let sound = ["-f", "lavfi", "-i", "sine=440:d=2"]
    private static let fast = ["-c:v", "libx264", "-preset", "ultrafast"]
    private static let six = [
        "-f", "lavfi", "-i", "sine=440:r=48000:d=2,pan=5.1|c0=c0|c1=0.5*c0|c2=c0|c3=c0|c4=c0|c5=c0",
    ]

    private static func pictures(_ size: String = "320x180", _ rate: Int = 25) -> [String] {
        ["-f", "lavfi", "-i", "testsrc2=s=\(size):r=\(rate):d=2"]
    }

    private static func colours(_ transfer: String, more: String = "") -> [String] {
        [
            "-pix_fmt", "yuv420p10le", "-c:v", "libx265", "-x265-params",
            "log-level=none:colorprim=bt2020:transfer=\(transfer):colormatrix=bt2020nc\(more)", "-color_primaries",
            "bt2020", "-color_trc", transfer, "-colorspace", "bt2020nc",
        ]
    }

    static func ffmpeg(_ arguments: [String]) throws {
        _ = try Tool.run(["ffmpeg", "-v", "error", "-y"] + arguments)
    }

    /// Makes the input in a folder.
    func make(_ folder: String) throws -> String {
        if let clip { return clip }
        func path(_ name: String) -> String { folder + "/" + name }
        func made(_ name: String, _ arguments: [String]...) throws -> String {
            try Self.ffmpeg(arguments.flatMap { $0 } + [path(name)])
            return path(name)
        }
        let (fast, sound, pictures) = (Self.fast, Self.sound, Self.pictures())
        switch self {
        case .interlaced:
            return try made(
                "in.ts", Self.pictures("720x576", 50), sound, ["-vf", "interlace=scan=tff,setdar=16/9"],
                ["-c:v", "mpeg2video", "-flags", "+ilme+ildct", "-b:v", "4M", "-c:a", "mp2"])
        case .turned:
            let straight = try made("straight.mp4", Self.pictures("640x360"), sound, fast)
            return try made("in.mp4", ["-i", straight, "-c", "copy", "-metadata:s:v", "rotate=90"])
        case .anamorphic: return try made("in.mp4", Self.pictures("720x576"), ["-vf", "setsar=64/45"], fast)
        case .variableRate:
            return try made(
                "in.mp4", Self.pictures("320x180", 30),
                ["-vf", "select='not(eq(mod(n,3),1))*not(eq(mod(n,7),2))'", "-fps_mode", "vfr"], fast)
        case .oddSize:
            return try made(
                "in.mkv", Self.pictures("640x360"), ["-vf", "format=yuv444p,crop=321:181:0:0:exact=1"], fast)
        case .tenBit: return try made("in.mkv", pictures, ["-pix_fmt", "yuv420p10le"], fast)
        case .hdr10:
            return try made(
                "in.mp4", pictures,
                Self.colours(
                    "smpte2084",
                    more: ":hdr10=1:master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)"
                        + "L(10000000,50):max-cll=1000,400"), ["-tag:v", "hvc1"])
        case .hlg: return try made("in.mkv", pictures, Self.colours("arib-std-b67"))
        case .fullRange: return try made("in.mov", pictures, ["-pix_fmt", "yuvj420p", "-c:v", "mjpeg"])
        case .fiftyFrames: return try made("in.mp4", Self.pictures("320x180", 50), fast)
        case .manyFrames: return try made("in.mp4", Self.pictures("320x180", 120), fast)
        case .upright: return try made("in.mp4", Self.pictures("180x320"), fast)
        case .tiny: return try made("in.mp4", Self.pictures("48x48"), fast)
        case .singleFrame: return try made("in.mp4", pictures, ["-frames:v", "1"], fast)
        case .threeFrames: return try made("in.mp4", pictures, ["-frames:v", "3"], fast)
        case .oddTimeBase: return try made("in.mp4", pictures, sound, fast, ["-video_track_timescale", "90007"])
        case .lateStart: return try made("in.ts", pictures, sound, fast, ["-output_ts_offset", "5000"])
        case .timesStartAgain:
            let first = try made("first.ts", pictures, sound, fast)
            let second = try made("second.ts", Self.pictures("640x360"), sound, fast)
            let both = try [first, second].map { try Data(contentsOf: URL(fileURLWithPath: $0)) }.reduce(Data(), +)
            try both.write(to: URL(fileURLWithPath: path("in.ts")))
            return path("in.ts")
        case .surround: return try made("in.mp4", pictures, Self.six, fast, ["-c:a", "aac"])
        case .dolby: return try made("in.mkv", pictures, Self.six, fast, ["-c:a", "ac3"])
        case .dolbyPlus: return try made("in.ts", pictures, Self.six, fast, ["-c:a", "eac3"])
        case .twoLanguages:
            return try made(
                "in.mkv", pictures, sound, ["-f", "lavfi", "-i", "sine=880:d=2"], fast,
                ["-map", "0", "-map", "1", "-map", "2"],
                ["-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=deu"])
        case .noSound: return try made("in.mp4", pictures, fast)
        default: return try makeOthers(folder)
        }
    }

    private func makeOthers(_ folder: String) throws -> String {
        func path(_ name: String) -> String { folder + "/" + name }
        func made(_ name: String, _ arguments: [String]...) throws -> String {
            try Self.ffmpeg(arguments.flatMap { $0 } + [path(name)])
            return path(name)
        }
        func written(_ data: Data) throws -> String {
            try data.write(to: URL(fileURLWithPath: path("in.mp4")))
            return path("in.mp4")
        }
        let (fast, sound, pictures) = (Self.fast, Self.sound, Self.pictures())
        let words = path("words.srt")
        try Data(Self.words.utf8).write(to: URL(fileURLWithPath: words))
        switch self {
        case .movieText:
            return try made(
                "in.mp4", pictures, sound, ["-i", words], fast, ["-c:s", "mov_text", "-metadata:s:s:0", "language=eng"])
        case .matroskaText:
            return try made(
                "in.mkv", pictures, sound, ["-i", words, "-i", words], fast,
                ["-map", "0", "-map", "1", "-map", "2", "-map", "3", "-c:s:0", "srt", "-c:s:1", "ass"],
                ["-metadata:s:s:0", "language=eng", "-metadata:s:s:1", "language=fra"])
        case .webText:
            return try made(
                "in.webm", pictures, sound, ["-i", words],
                ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-c:a", "libopus", "-c:s", "webvtt"])
        case .soundOnly: return try made("in.m4a", sound, ["-c:a", "aac"])
        case .soundWithCover:
            let cover = try made("cover.jpg", pictures, ["-frames:v", "1"])
            return try made(
                "in.mp3", sound, ["-i", cover, "-map", "0", "-map", "1", "-disposition:v:0", "attached_pic"])
        case .flac: return try made("in.flac", sound)
        case .rawVideo: return try made("in.h264", pictures, fast)
        case .prores: return try made("in.mov", pictures, sound, ["-c:v", "prores_ks", "-c:a", "pcm_s16le"])
        case .mpeg4: return try made("in.avi", pictures, sound, ["-c:v", "mpeg4", "-c:a", "libmp3lame"])
        case .flash: return try made("in.flv", pictures, sound, fast, ["-c:a", "aac"])
        case .animation: return try made("in.gif", Self.pictures("320x180", 10))
        case .webm:
            return try made(
                "in.webm", pictures, sound, ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-c:a", "libopus"])
        case .stillPicture: return try made("in.png", pictures, ["-frames:v", "1"])
        case .cutShort:
            let whole = try made("whole.mp4", pictures, sound, fast, ["-movflags", "+faststart"])
            let bytes = try Data(contentsOf: URL(fileURLWithPath: whole))
            return try written(bytes.prefix(bytes.count / 2))
        case .noMedia: return try written(Data("This is not a film.\n".utf8))
        case .empty: return try written(Data())
        case .endless:
            return try made(
                "in.mkv",
                [
                    "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=0.08", "-vf", "setpts=N*864000/TB", "-fps_mode",
                    "passthrough",
                ],
                fast)
        case .garbled:
            let whole = try made("whole.mp4", pictures, fast, ["-movflags", "+faststart"])
            var bytes = try Data(contentsOf: URL(fileURLWithPath: whole))
            for position in stride(from: bytes.count / 4, to: bytes.count, by: 1000) { bytes[position] ^= 0xFF }
            return try written(bytes)
        case .hugePictures:
            // A screen of 16000 by 16000, no colours of its own but two, and an image of one pixel.
            let screen: [UInt8] = [0x80, 0x3E, 0x80, 0x3E, 0x80, 0, 0, 0, 0, 0, 255, 255, 255]
            let image: [UInt8] = [0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0]
            return try written(Data("GIF89a".utf8) + screen + image + image + [0x3B])
        case .manyTracks:
            let one = try made("one.mp4", pictures, fast, ["-movflags", "+faststart"])
            return try written(try Self.repeatingTrack(Data(contentsOf: URL(fileURLWithPath: one)), count: 20_000))
        case .millionTracks:
            let one = try made("one.mp4", pictures, fast, ["-movflags", "+faststart"])
            let empty = Data([0, 0, 0, 8]) + Data("trak".utf8)
            return try written(
                try Self.repeatingTrack(Data(contentsOf: URL(fileURLWithPath: one)), count: 1_000_000, others: empty))
        default: throw MadeElsewhere(input: self)
        }
    }

    static let words = """
        1
        00:00:00,500 --> 00:00:01,200
        Hello <i>you</i> & me

        2
        00:00:01,300 --> 00:00:01,900
        Second
        line

        """

    /// The file of a clip that others made; nil for what is made here.
    private var clip: String? {
        let media = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Media/\(rawValue).mp4").path
        return FileManager.default.fileExists(atPath: media) ? media : nil
    }

    /// A movie file whose only `trak` stands there many times.
    ///
    /// - Parameter others: what stands there instead of it but for the first time.
    private static func repeatingTrack(_ file: Data, count: Int, others: Data? = nil) throws -> Data {
        func box(_ name: String, _ range: Range<Int>) -> Range<Int>? {
            var position = range.lowerBound
            while position + 8 <= range.upperBound {
                let size = file[position..<(position + 4)].reduce(0) { $0 << 8 | Int($1) }
                guard size >= 8, position + size <= range.upperBound else { return nil }
                if Data(name.utf8) == file[(position + 4)..<(position + 8)] { return position..<(position + size) }
                position += size
            }
            return nil
        }
        let movie = try #require(box("moov", 0..<file.count))
        let track = try #require(box("trak", (movie.lowerBound + 8)..<movie.upperBound))
        var output = Data(file[..<movie.lowerBound])
        let one = Data(file[track])
        let other = others ?? one
        let size = UInt32(movie.count + other.count * (count - 1))
        output += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: size >> UInt32($0)) }
        output += file[(movie.lowerBound + 4)..<track.lowerBound]
        output += one
        for _ in 1..<count { output += other }
        output += file[track.upperBound...]
        return output
    }
}

/// An input that the other half of `make` makes.
struct MadeElsewhere: Error {
    var input: MadeInput
}
