import EncoderProtocol
import Foundation
import TestSupport
import Testing

/// What an order may ask for beside its preset.
@Suite(.waiting) struct EncodingOrderRunTests {
    private static let clip = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Media/bigbuckbunny_720p.mp4").path

    private static func preset(_ codecs: VideoCodec..., audio: [AudioRecipe] = [AudioRecipe()]) -> EncodingPreset {
        let renditions = codecs.map {
            VideoRenditionRecipe(codec: $0, width: 320, height: 180, bitrate: 300_000)
        }
        return EncodingPreset(name: "test", video: VideoRecipe(renditions: renditions), audio: audio)
    }

    private struct Scratch: ~Copyable {
        let path: String

        init() throws {
            path =
                FileManager.default.temporaryDirectory.appendingPathComponent("keyway-scratch-\(UUID().uuidString)")
                .path
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    /// Segments of one asset must begin together, whatever the codec is.
    @Test func allCodecsStartTheirGroupsAtTheSameFrames() throws {
        let run = try EncoderRun(
            EncodingOrder(preset: Self.preset(.h264, .hevc, .av1, audio: [AudioRecipe(), AudioRecipe(codec: .opus)])),
            [Self.clip])
        #expect(run.isFinished, "\(run.failure?.message ?? "")")
        for track in 0..<3 {
            let facts = try run.facts(track)
            #expect(facts.packets == 132)
            #expect(facts.keys == [0, 50, 100])
            #expect(try run.complaints(track) == "")
        }
        #expect(try (0..<3).map { try run.facts($0).codec } == ["h264", "hevc", "av1"])
        #expect(try run.facts(3).codec == "aac")
        #expect(try run.facts(4).codec == "opus")
        #expect(run.planned.map(\.name).suffix(2) == ["audio-und-128k", "audio-und-opus-128k"])
    }

    @Test func aClipIsAsLongAsItWasAskedFor() throws {
        var order = EncodingOrder(preset: Self.preset(.h264))
        order.parts = [EncodingOrder.Part(input: 0, start: 1.5, end: 3.7)]
        let run = try EncoderRun(order, [Self.clip])
        #expect(run.isFinished)
        #expect(try run.facts(0).packets == 55)
        // Its first picture is the source's at second 1.5.
        let frames = try [run.path(0), Self.clip].enumerated().map { number, file in
            try Tool.run(
                ["ffmpeg", "-v", "error"] + (number == 1 ? ["-ss", "1.5"] : []) + [
                    "-i", file, "-frames:v", "1", "-vf", "scale=32:18", "-f", "rawvideo", "-pix_fmt", "gray", "-",
                ]
            ).standardOutput
        }
        #expect(Self.difference(frames[0], frames[1]) < 6)
        #expect(abs(try run.facts(1).duration - 2.2) < 0.03)
    }

    /// A clip that ends between two pictures ends between two frames of sound: silence fills less than one of them.
    @Test(arguments: [0.7, 1.1, 2.3, 2.7]) func aClipMayEndBetweenPictures(end: Double) throws {
        var order = EncodingOrder(preset: Self.preset(.h264, audio: [AudioRecipe(), AudioRecipe(codec: .opus)]))
        order.parts = [EncodingOrder.Part(input: 0, start: 0, end: end)]
        let run = try EncoderRun(order, [Self.clip])
        #expect(run.isFinished, "\(run.failure?.message ?? "exit \(run.exit)")")
        for track in 1...2 { #expect(try abs(run.facts(track).duration - run.facts(0).duration) < 0.05) }
    }

    /// Sound that begins late is preceded by silence in no more memory than sound takes.
    @Test func soundThatBeginsLateTakesNoMoreMemory() throws {
        let scratch = try Scratch()
        let film = scratch.path + "/late.mp4"
        try MadeInput.ffmpeg([
            "-f", "lavfi", "-i", "color=s=64x64:r=1:d=400", "-itsoffset", "395", "-f", "lavfi", "-i",
            "sine=r=48000:d=4", "-map", "0", "-map", "1", "-ac", "6", "-c:v", "libx264", "-c:a", "aac", film,
        ])
        var preset = Self.preset(.h264, audio: [AudioRecipe(channels: 6)])
        preset.video?.maximumFrameRate = 1
        let run = try EncoderRun(EncodingOrder(preset: preset), [film], limits: EncoderLimits(memory: 700 << 20))
        #expect(run.isFinished, "\(run.failure?.message ?? "exit \(run.exit)")")
        let packets = try run.facts(1).packets
        #expect((18_650...18_760).contains(packets))
    }

    /// The last picture of a slide show stands for as long as it says.
    @Test(arguments: ["1/9", "0.2"]) func theLastPictureStandsForItsTime(rate: String) throws {
        let scratch = try Scratch()
        let film = scratch.path + "/slides.mp4"
        let duration = rate == "1/9" ? 9.0 : 20.0
        try MadeInput.ffmpeg([
            "-f", "lavfi", "-i", "testsrc=s=64x64:r=\(rate):d=\(duration)", "-f", "lavfi", "-i",
            "sine=r=48000:d=\(duration)", "-c:v", "libx264", "-c:a", "aac", film,
        ])
        let run = try EncoderRun(EncodingOrder(preset: Self.preset(.h264)), [film])
        #expect(run.isFinished, "\(run.failure?.message ?? "exit \(run.exit)")")
        #expect(try abs(run.facts(0).duration - duration) < 0.3)
        #expect(try abs(run.facts(1).duration - duration) < 0.3)
    }

    /// Sound begins with the part that has some, behind silence.
    @Test func aTitleWithoutSoundIsSilent() throws {
        let scratch = try Scratch()
        let title = scratch.path + "/title.mp4"
        try MadeInput.ffmpeg(["-f", "lavfi", "-i", "color=s=64x64:r=24:d=2", "-c:v", "libx264", title])
        var order = EncodingOrder(preset: Self.preset(.h264))
        order.parts = [EncodingOrder.Part(input: 0), EncodingOrder.Part(input: 1)]
        let run = try EncoderRun(order, [title, Self.clip])
        #expect(run.isFinished, "\(run.failure?.message ?? "exit \(run.exit)")")
        #expect(run.planned.count == 2)
        #expect(try abs(run.facts(0).duration - run.facts(1).duration) < 0.1)
        // The other way round pictures would be lost: that is no film.
        let sound = scratch.path + "/sound.m4a"
        try MadeInput.ffmpeg(["-f", "lavfi", "-i", "sine=r=48000:d=2", "-c:a", "aac", sound])
        let refused = try EncoderRun(order, [sound, Self.clip])
        #expect(refused.failure?.code == .notTaken)
        #expect(refused.failure?.message.contains("sound.m4a: it has no video") == true)
    }

    @Test func aClipBehindTheEndOfTheSoundIsSilent() throws {
        let scratch = try Scratch()
        let film = scratch.path + "/film.mp4"
        try MadeInput.ffmpeg([
            "-f", "lavfi", "-i", "testsrc=s=64x64:r=24:d=6", "-f", "lavfi", "-i", "sine=r=48000:d=2", "-c:v",
            "libx264", "-c:a", "aac", film,
        ])
        var order = EncodingOrder(preset: Self.preset(.h264))
        order.parts = [EncodingOrder.Part(input: 0, start: 4)]
        let run = try EncoderRun(order, [film])
        #expect(run.isFinished, "\(run.failure?.message ?? "exit \(run.exit)")")
        #expect(run.warnings.contains { $0.contains("no sound behind second 4") })
        #expect(try abs(run.facts(0).duration - run.facts(1).duration) < 0.1)
    }

    /// What says that it begins in thirty years is no film of thirty years of silence.
    @Test func soundThatBeginsInYearsIsRefused() throws {
        let scratch = try Scratch()
        let film = scratch.path + "/years.mkv"
        try MadeInput.ffmpeg([
            "-f", "lavfi", "-i", "testsrc=s=64x64:r=24:d=2", "-itsoffset", "900000000", "-f", "lavfi", "-i",
            "sine=r=48000:d=2", "-map", "0", "-map", "1", "-c:v", "libx264", "-c:a", "aac", film,
        ])
        let run = try EncoderRun(EncodingOrder(preset: Self.preset(.h264)), [film])
        #expect(run.failure?.code == .limitExceeded, "\(run.failure?.message ?? "exit \(run.exit)")")
    }

    /// A clip that ends behind its input's end ends with it, and what follows is there.
    @Test func joinedSoundGoesOnBehindAShortPart() throws {
        let scratch = try Scratch()
        for (name, length) in [("one", 3), ("two", 4)] {
            try MadeInput.ffmpeg([
                "-f", "lavfi", "-i", "sine=r=48000:d=\(length)", "-c:a", "aac", "\(scratch.path)/\(name).m4a",
            ])
        }
        var order = EncodingOrder(preset: Self.preset(.h264))
        order.parts = [EncodingOrder.Part(input: 0, start: 0, end: 60), EncodingOrder.Part(input: 1, start: 0, end: 2)]
        let run = try EncoderRun(order, ["one", "two"].map { "\(scratch.path)/\($0).m4a" })
        #expect(run.isFinished, "\(run.failure?.message ?? "exit \(run.exit)")")
        #expect(try abs(run.facts(0).duration - 5) < 0.2)
    }

    @Test func encryptedFilmsAreCalledSo() throws {
        let scratch = try Scratch()
        let film = scratch.path + "/film.mp4"
        try MadeInput.ffmpeg([
            "-i", Self.clip, "-c", "copy", "-encryption_scheme", "cenc-aes-ctr", "-encryption_key",
            String(repeating: "0a", count: 16), "-encryption_kid", String(repeating: "0b", count: 16), film,
        ])
        let run = try EncoderRun(EncodingOrder(preset: Self.preset(.h264)), [film])
        #expect(run.failure?.code == .encrypted)
    }

    private static func difference(_ left: Data, _ right: Data) -> Double {
        guard left.count == right.count, !left.isEmpty else { return 255 }
        return zip(left, right).reduce(0) { $0 + abs(Double($1.0) - Double($1.1)) } / Double(left.count)
    }

    @Test func aClipBehindTheEndIsRefused() throws {
        var order = EncodingOrder(preset: Self.preset(.h264))
        order.parts = [EncodingOrder.Part(input: 0, start: 50)]
        let run = try EncoderRun(order, [Self.clip])
        #expect(run.failure?.code == .notTaken)
    }

    /// Inputs of other sizes and rates are fitted in, and sound stays with its pictures.
    @Test func partsFollowOneAnother() throws {
        let scratch = try Scratch()
        let other = try MadeInput.turned.make(scratch.path)
        var order = EncodingOrder(preset: Self.preset(.h264))
        order.parts = [
            EncodingOrder.Part(input: 0, start: 1, end: 2), EncodingOrder.Part(input: 1),
            EncodingOrder.Part(input: 0, start: 4),
        ]
        let run = try EncoderRun(order, [Self.clip, other])
        #expect(run.isFinished, "\(run.failure?.message ?? "")")
        let (pictures, sound) = (try run.facts(0), try run.facts(1))
        #expect(pictures.packets == 107)
        #expect(abs(pictures.duration - sound.duration) < 0.06)
        #expect(pictures.keys == [0, 50, 100])
    }

    @Test func anErrorNamesThePartThatIsToBlame() throws {
        let scratch = try Scratch()
        let text = scratch.path + "/words.mp4"
        try Data("no film".utf8).write(to: URL(fileURLWithPath: text))
        var order = EncodingOrder(preset: Self.preset(.h264))
        order.parts = [EncodingOrder.Part(input: 0), EncodingOrder.Part(input: 1)]
        let run = try EncoderRun(order, [Self.clip, text])
        #expect(run.failure?.message.hasPrefix("words.mp4: ") == true)
    }

    @Test func anOverlayLiesInItsCorner() throws {
        let scratch = try Scratch()
        let white = scratch.path + "/white.png"
        try MadeInput.ffmpeg(["-f", "lavfi", "-i", "color=white:s=100x100", "-frames:v", "1", white])
        var order = EncodingOrder(preset: Self.preset(.h264))
        order.overlay = EncodingOrder.Overlay(input: 1, corner: .bottomLeft, width: 0.2)
        let run = try EncoderRun(order, [Self.clip, white])
        #expect(run.isFinished, "\(run.failure?.message ?? "")")
        // 64x64 at 3 % from the corner of 320x180; also in the last picture.
        for end in [[], ["-sseof", "-0.2"]] {
            let frame = try Tool.run(
                ["ffmpeg", "-v", "error"] + end + [
                    "-i", run.path(0), "-frames:v", "1", "-vf", "crop=40:40:22:124", "-f", "rawvideo", "-pix_fmt",
                    "gray", "-",
                ]
            ).standardOutput
            #expect(frame.count == 1600)
            #expect(frame.allSatisfy { $0 > 200 })
        }
    }

    @Test func soundIsBroughtToALoudness() throws {
        var preset = Self.preset(.h264)
        preset.loudness = -23
        let run = try EncoderRun(EncodingOrder(preset: preset), [Self.clip])
        #expect(run.isFinished)
        let measured = try Tool.run([
            "ffmpeg", "-hide_banner", "-nostats", "-i", run.path(1), "-af", "ebur128=framelog=verbose", "-f", "null",
            "-",
        ]).standardError
        let line = try #require(measured.split(separator: "\n").last { $0.contains(" I:") })
        let value = try #require(line.split(separator: " ").compactMap { Double($0) }.first)
        #expect(abs(value + 23) < 0.5)
    }

    /// FFmpeg's own filters on the same pictures say the same.
    @Test func qualityIsWhatFFmpegMeasures() throws {
        var order = EncodingOrder(preset: Self.preset(.h264, audio: []))
        order.measuresQuality = true
        let run = try EncoderRun(order, [Self.clip])
        let measured = run.events.compactMap { event -> RenditionQuality? in
            if case .measured(let quality) = event { quality } else { nil }
        }
        let quality = try #require(measured.first)
        #expect(measured.count == 1)
        let told = try Tool.run([
            "ffmpeg", "-hide_banner", "-nostats", "-i", run.path(0), "-i", Self.clip, "-lavfi",
            "[1:v]scale=320:180:flags=bicubic,setpts=N/25/TB[r];[0:v]setpts=N/25/TB,split[a][b];[r]split[c][d];"
                + "[a][c]ssim;[b][d]psnr", "-f", "null", "-",
        ]).standardError
        let all = try #require(told.firstMatch(of: /All:([0-9.]+)/).flatMap { Double($0.output.1) })
        let average = try #require(told.firstMatch(of: /average:([0-9.]+)/).flatMap { Double($0.output.1) })
        #expect(abs(quality.similarity - all) < 0.0005)
        #expect(abs((quality.signalToNoise ?? 0) - average) < 0.05)
    }

    @Test func filesOfSubtitlesBecomeTracks() throws {
        let scratch = try Scratch()
        let words = scratch.path + "/words.srt"
        try Data(MadeInput.words.utf8).write(to: URL(fileURLWithPath: words))
        let web = scratch.path + "/words.vtt"
        try Data("WEBVTT\n\n00:01.000 --> 00:02.000\nHallo\n".utf8).write(to: URL(fileURLWithPath: web))
        var order = EncodingOrder(preset: Self.preset(.h264))
        order.texts = [
            EncodingOrder.SideText(input: 1, language: "en"),
            EncodingOrder.SideText(input: 2, language: "de", role: "forced"),
        ]
        let run = try EncoderRun(order, [Self.clip, words, web])
        #expect(run.isFinished, "\(run.failure?.message ?? "")")
        #expect(run.trackCount == 6)
        let english = try Data(contentsOf: URL(fileURLWithPath: run.path(2)))
        #expect(english.range(of: Data("Hello <i>you</i> &amp; me".utf8)) != nil)
        #expect(english.range(of: Data("Second\nline".utf8)) != nil)
        #expect(try Data(contentsOf: URL(fileURLWithPath: run.path(4))).range(of: Data("Hallo".utf8)) != nil)
    }

    @Test func recipesOfSoundChooseLanguages() throws {
        let scratch = try Scratch()
        let input = try MadeInput.twoLanguages.make(scratch.path)
        let run = try EncoderRun(
            EncodingOrder(preset: Self.preset(.h264, audio: [AudioRecipe(languages: ["de"])])), [input])
        #expect(run.planned.map(\.name).last == "audio-deu-64k")
        #expect(run.trackCount == 2)
    }

    /// The source decides within bounds; the ladder keeps its sizes.
    @Test func aContentAwareLadderAsksTheSource() throws {
        let scratch = try Scratch()
        func top(_ source: String) throws -> Int {
            let file = scratch.path + "/\(source).mkv"
            let made =
                source == "still"
                ? "color=gray:s=640x360:r=25:d=3" : "nullsrc=s=640x360:r=25:d=3,geq=random(1)*255:128:128"
            try MadeInput.ffmpeg(["-f", "lavfi", "-i", made, "-c:v", "ffv1", file])
            let run = try EncoderRun("ContentAwareEncoding", [file])
            #expect(run.isFinished, "\(run.failure?.message ?? "")")
            return run.planned.first?.bitrate ?? 0
        }
        let (still, noise) = (try top("still"), try top("noise"))
        #expect(Double(still) < 0.5 * Double(noise))
    }
}
