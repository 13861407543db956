import Foundation
import TestSupport
import Testing

/// A film that was cut without encoding begins between two key frames. It is taken where `--cut` says at which of the two,
/// and its pictures, its sound and its subtitles stay together.
@Suite(.waiting) struct CutUploadTests {
    /// Key frames of the clip are at 2.625 s and 4.625 s.
    @Test(arguments: [("earlier", 2.625), ("later", 4.625)])
    func filmsCutBetweenKeyFramesBeginAtOne(rule: String, start: Double) throws {
        let data = try DataFolder()
        let film = data.folder.path + "/film.mp4"
        let clip = Programs.clip("bbb_prog_10s.mp4")
        let arguments = ["-v", "error", "-y", "-ss", "3.3", "-i", clip, "-c", "copy", film]
        #expect(try run(Programs.outside("ffmpeg"), arguments).status == 0)
        let text = try data.folder.write(
            "film.en.vtt", Data("WEBVTT\n\n00:02.000 --> 00:03.000\nHello\n".utf8))
        let answer = try data.must("asset", "upload", "film", film, text, "--cut", rule, "--json").json()
        #expect((answer["warnings"] as? [String])?.contains { $0.contains("at a key frame") } == true)
        let names = (answer["tracks"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
        let open = try data.folder.write(
            "clear.yaml", Data("kind: DeliveryPolicy\nname: clear\nprotocols: [hls, dash]\nencryption: none\n".utf8))
        try data.must("apply", open)
        let locator = try data.must("publish", "film", "--delivery", "clear", "--json").json()["locator"] as? String
        let server = try RunningServer(data)
        defer { server.stop() }
        let clear = "\(server.origin)/\(try #require(locator))/film.ism"

        let pictures = "\(clear)/v1/clear/ts/\(try #require(names.first { $0.hasPrefix("video") }))/media.m3u8"
        let decoded = try MediaProbe.frames(["-i", pictures, "-map", "0:v"])
        let all = try MediaProbe.frames(["-ignore_editlist", "1", "-i", film, "-map", "0:v:0"])
        #expect(decoded == (rule == "earlier" ? all : Array(all.dropFirst(48))))

        let folder = try Folder()
        let sound = try MediaProbe.whole(
            clear, clear, "clear", try #require(names.first { $0.hasPrefix("audio") }), folder)
        // MPEG-TS counts from ten seconds on. Edit lists count in milliseconds.
        try expect(MediaProbe.times(pictures, "v").map { $0 - 10 }, are: MediaProbe.times(clip, "v"), from: start)
        try expect(MediaProbe.times(sound, "a"), are: MediaProbe.times(clip, "a"), from: start)

        let shown = String(decoding: try curl("\(clear)/v1/clear/vtt-cmaf/text-en/0.vtt").body, as: UTF8.self)
        let cue = try #require(shown.split(separator: "\n").first { $0.contains(" --> ") })
        #expect(abs(try seconds(cue.prefix { $0 != " " }) - (5.3 - start)) < 0.002)
    }

    /// The last frames of the clip, from where the film begins.
    private func expect(_ served: [Double], are clip: [Double], from start: Double) throws {
        let moves = zip(served.reversed(), clip.reversed()).map { $1 - $0 }
        #expect(moves.count > 100)
        for move in moves { #expect(abs(move - start) < 0.001) }
    }

    /// `00:02.000`
    private func seconds(_ time: Substring) throws -> Double {
        try time.split(separator: ":").reduce(0) { try $0 * 60 + #require(Double($1)) }
    }

    @Test func otherRulesAreNone() throws {
        let outcome = try DataFolder().keyway("asset", "upload", "film", "film.mp4", "--cut", "exactly")
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains("refuse, earlier, later") || outcome.errors.contains("'earlier'"))
    }
}
