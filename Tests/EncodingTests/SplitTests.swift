import EncoderProtocol
import Foundation
import TestSupport
import Testing

/// A film that is encoded in pieces has the bytes of one that was encoded by one run of the program.
@Suite(.waiting) struct SplitTests {
    /// What is hard to enter in its middle.
    enum Film: String, CaseIterable {
        /// Key frames every ten seconds, B-frames that look across them.
        case openGroups
        case interlaced
        case variableRate
        case clip

        var arguments: [String] {
            let source = ["-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=24", "-f", "lavfi", "-i", "sine=440:d=24"]
            return switch self {
            case .openGroups, .clip:
                source + [
                    "-c:v", "libx264", "-preset", "veryfast", "-g", "250", "-x264-params", "open-gop=1:scenecut=0",
                    "-c:a", "aac",
                ]
            case .interlaced:
                source + ["-vf", "setfield=tff", "-c:v", "mpeg2video", "-flags", "+ildct+ilme", "-c:a", "aac"]
            case .variableRate:
                source + [
                    "-vf", "select='not(eq(mod(n,7),3))*not(between(n,240,262))'", "-fps_mode", "vfr", "-c:v",
                    "libx264", "-preset", "veryfast", "-c:a", "aac",
                ]
            }
        }

        var file: String { self == .variableRate ? "film.mkv" : "film.mp4" }

        var part: EncodingOrder.Part {
            self == .clip ? EncodingOrder.Part(input: 0, start: 1.3, end: 23.1) : EncodingOrder.Part(input: 0)
        }
    }

    static let films: [(Film, VideoCodec)] =
        Extent.isWhole
        ? Film.allCases.flatMap { film in VideoCodec.allCases.map { (film, $0) } }
        : [(.openGroups, .h264), (.interlaced, .h264)]

    private static func order(_ film: Film, _ codec: VideoCodec) -> EncodingOrder {
        let preset = EncodingPreset(
            name: "small",
            video: VideoRecipe(
                codec: codec,
                renditions: [
                    VideoRenditionRecipe(width: 320, height: 180, bitrate: 400_000),
                    VideoRenditionRecipe(width: 160, height: 90, bitrate: 100_000, constantRateFactor: 30),
                ]), audio: [AudioRecipe()])
        return EncodingOrder(preset: preset, parts: [film.part], split: .seconds(10))
    }

    private static func made(_ film: Film, _ scratch: FilmFolder) throws -> String {
        let path = scratch.path + "/" + film.file
        _ = try Tool.run(["ffmpeg", "-v", "error", "-y"] + film.arguments + [path])
        return path
    }

    private static func plan(_ order: EncodingOrder, _ path: String) throws -> DividedFilm {
        var order = order
        order.share = .plan
        let run = try EncoderRun(order, [path])
        #expect(run.isFinished, "\(run.failure?.message ?? "")")
        for case .divided(let film) in run.events { return film }
        throw NotBuilt()
    }

    @Test(arguments: films) func piecesAreTheWhole(film: Film, codec: VideoCodec) throws {
        let scratch = try FilmFolder()
        let path = try Self.made(film, scratch)
        let order = Self.order(film, codec)
        let whole = try EncoderRun(order, [path])
        #expect(whole.isFinished, "\(whole.failure?.message ?? "")")
        let divided = try Self.plan(order, path)
        #expect(divided.obstacle == nil && divided.pieceSize == 250 && divided.pieceCount == 2)
        var share = order
        share.known = EncodingOrder.Known(bitrateFactor: divided.bitrateFactor, form: divided.form)
        var tracks = [Data(), Data()]
        var pictures = 0
        for piece in 0..<divided.pieceCount {
            share.share = .pictures(
                first: piece * divided.pieceSize, count: piece + 1 < divided.pieceCount ? divided.pieceSize : nil)
            let run = try EncoderRun(share, [path])
            #expect(run.isFinished && run.trackCount == 2, "\(run.failure?.message ?? "")")
            for number in tracks.indices { tracks[number] += try Data(contentsOf: URL(filePath: run.path(number))) }
            for case .encoded(let count) in run.events { pictures = count }
        }
        for number in tracks.indices {
            #expect(try tracks[number] == Data(contentsOf: URL(filePath: whole.path(number))), "track \(number)")
        }
        #expect(try whole.facts(0).packets == pictures)
        #expect(try whole.complaints(0).isEmpty)
        share.share = .sound(pictures: pictures)
        let sound = try EncoderRun(share, [path])
        #expect(sound.trackCount == 1)
        #expect(
            try Data(contentsOf: URL(filePath: sound.path(2))) == Data(contentsOf: URL(filePath: whole.path(2))))
    }

    /// Beside pieces one run makes the still pictures: to the byte those of the whole, under the same numbers.
    @Test(arguments: [Film.openGroups, .interlaced, .clip]) func stillPicturesAreThoseOfTheWhole(film: Film) throws {
        let scratch = try FilmFolder()
        let path = try Self.made(film, scratch)
        var order = Self.order(film, .h264)
        order.preset.thumbnails = ThumbnailRecipe(interval: 2, width: 64, columns: 2, rows: 2)
        order.preset.poster = PosterRecipe()
        let whole = try EncoderRun(order, [path])
        #expect(whole.trackCount == 5, "\(whole.failure?.message ?? "")")
        let divided = try Self.plan(order, path)
        #expect(divided.obstacle == nil && divided.pieceCount == 2)
        var share = order
        share.known = EncodingOrder.Known(bitrateFactor: divided.bitrateFactor, form: divided.form)
        share.share = .stills(index: nil)
        let stills = try EncoderRun(share, [path])
        #expect(stills.isFinished && stills.trackCount == 2, "\(stills.failure?.message ?? "")")
        for number in [3, 4] {
            #expect(stills.indexes[number] == whole.indexes[number], "track \(number)")
            #expect(
                try Data(contentsOf: URL(filePath: stills.path(number)))
                    == Data(contentsOf: URL(filePath: whole.path(number))), "track \(number)")
        }
        share.known?.form = "another"
        #expect(try EncoderRun(share, [path]).failure?.code == .notTaken)
    }

    /// What cannot be entered in its middle, or is none, is for one encoder; what is of another form than the first picture
    /// is not encoded as a piece.
    @Test func whatCannotBeEnteredIsSaid() throws {
        let scratch = try FilmFolder()
        let path = try Self.made(.interlaced, scratch)
        let stream = scratch.path + "/film.ts"
        _ = try Tool.run(["ffmpeg", "-v", "error", "-i", path, "-c", "copy", stream])
        let order = Self.order(.openGroups, .h264)
        #expect(try Self.plan(order, stream).obstacle?.contains("mpegts") == true)
        var joined = order
        joined.parts = [EncodingOrder.Part(input: 0), EncodingOrder.Part(input: 1)]
        joined.share = .plan
        let both = try EncoderRun(joined, [path, path])
        for case .divided(let film) in both.events { #expect(film.obstacle?.contains("follow") == true) }
        var other = order
        other.share = .pictures(first: 250, count: nil)
        other.known = EncodingOrder.Known(bitrateFactor: 1, form: "another")
        #expect(try EncoderRun(other, [path]).failure?.code == .notTaken)
        other.share = .pictures(first: 251, count: nil)
        #expect(try EncoderRun(other, [path]).failure?.code == .internalError)
    }

    @Test(arguments: [
        ("off", 3600.0, nil), ("auto", 599, nil), ("auto", 600, 3000), ("10s", 5, 250), ("11s", 5, 300),
        ("3600s", 1, 90_000),
    ]) func rulesMakeWholeGroups(rule: String, duration: Double, size: Int?) throws {
        let split = try #require(EncodingSplit(rawValue: rule))
        #expect(split.rawValue == rule)
        #expect(split.pieceSize(duration: duration, groupSize: 50, frameRate: 25) == size)
    }

    @Test(arguments: ["", "on", "9s", "3601s", "60", "1e2s", "-60s", "00000060s"])
    func otherRulesAreRefused(rule: String) { #expect(EncodingSplit(rawValue: rule) == nil) }
}

/// A folder that goes with the test.
private final class FilmFolder {
    let path = FileManager.default.temporaryDirectory.path + "/keyway-split-\(UUID().uuidString)"

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
