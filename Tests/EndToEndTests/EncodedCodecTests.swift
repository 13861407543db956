import Foundation
import TestSupport
import Testing

/// What the encoder makes in every codec is served, encrypted, and played by programs that are not ours.
@Suite(.waiting) struct EncodedCodecTests {
    private static let preset = """
        kind: EncodingPreset
        name: every-codec
        video:
          renditions:
            - { codec: h264, width: 320, height: 180, bitrate: 300k }
            - { codec: hevc, width: 320, height: 180, bitrate: 300k }
            - { codec: av1, width: 320, height: 180, bitrate: 300k }
        audio:
          - { codec: aac, channels: 6, bitrate: 384k }
          - { codec: opus, bitrate: 96k }
          - { codec: passthrough }
        """

    /// An asset in every codec, published in the clear and under both schemes.
    private final class Stage: Sendable {
        let data: DataFolder
        let server: RunningServer
        let token: String
        let clear: String
        let protected: String
        let tracks: [String]

        init() throws {
            data = try DataFolder()
            try data.must("secret", "set", "demo-sts", input: Data("hex:\(String(repeating: "5a", count: 32))".utf8))
            try data.must("apply", "Policies", "Keys")
            let open = try data.folder.write(
                "clear.yaml", Data("kind: DeliveryPolicy\nname: clear\nprotocols: [hls]\nencryption: none\n".utf8))
            try data.must("apply", open)
            let source = data.folder.path + "/film.mkv"
            let made = try run(
                Programs.outside("ffmpeg"),
                [
                    "-v", "error", "-t", "3", "-i", Programs.clip(), "-c:v", "copy", "-c:a", "ac3", "-b:a", "448k",
                    source,
                ])
            guard made.status == 0 else { throw VerbFailed(arguments: ["ffmpeg"], outcome: made) }
            let preset = try data.folder.write("preset.yaml", Data(EncodedCodecTests.preset.utf8))
            try data.must("encode", source, "--asset", "film", "--preset-file", preset)
            let shown = try data.must("asset", "show", "film", "--json").json()
            tracks = (shown["tracks"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
            let encrypted =
                try data.must(
                    "publish", "film", "--auth", "demo-viewers", "--delivery", "hls-cbcs", "--delivery", "dash-cenc",
                    "--json"
                ).json()["locator"] as? String ?? ""
            let open2 =
                try data.must("publish", "film", "--delivery", "clear", "--json").json()["locator"] as? String ?? ""
            server = try RunningServer(data)
            token = try data.must("token", "issue", "--policy", "demo-viewers", "--lifetime", "1h").text
                .trimmingCharacters(in: .whitespacesAndNewlines)
            clear = "\(server.origin)/\(open2)/film.ism"
            protected = "\(server.origin)/\(encrypted)/film.ism"
        }
    }

    @Test func everyCodecPlaysUnderEveryScheme() throws {
        let stage = try Stage()
        defer { stage.server.stop() }
        #expect(
            stage.tracks == [
                "video-180p-300k", "video-180p-300k-hevc", "video-180p-300k-av1", "audio-und-384k",
                "audio-und-opus-96k",
                "audio-und-ac3",
            ])
        let folder = try Folder()
        for (number, track) in stage.tracks.enumerated() {
            let whole = try MediaProbe.whole(stage.clear, stage.clear, "clear", track, folder)
            // What comes out of AC-3 has noise in it that goes on from frame to frame: as it is stored, then.
            let way = track.hasSuffix("ac3") ? ["-c", "copy"] : []
            let clear = try MediaProbe.frames(["-i", whole] + way)
            #expect(clear.count > 70, "\(track)")
            // Each under one of them, unless all is tested.
            for scheme in Extent.isWhole ? ["cenc", "cbcs-aapl"] : [number % 2 == 0 ? "cenc" : "cbcs-aapl"] {
                let file = try MediaProbe.whole(stage.clear, stage.protected, scheme, track, folder)
                let bytes = try Data(contentsOf: URL(fileURLWithPath: file))
                let key = try MediaProbe.clearKey(for: bytes, origin: stage.server.origin, token: stage.token)
                let output = "\(folder.path)/\(scheme)-\(track)-decrypted.mp4"
                let decrypted = try run(
                    Programs.outside("packager-linux-x64"),
                    [
                        "in=\(file),stream=\(track.hasPrefix("video") ? "video" : "audio"),output=\(output)",
                        "--enable_raw_key_decryption", "--keys", "label=:key_id=\(key.id):key=\(key.key)",
                    ])
                #expect(decrypted.status == 0, "\(track) \(scheme): \(decrypted.errors.suffix(300))")
                #expect(try MediaProbe.frames(["-i", output] + way) == clear, "\(track) \(scheme)")
            }
        }
    }

    @Test func presetsAreShownAndChecked() throws {
        let data = try DataFolder()
        #expect(try data.must("preset", "list").text.contains("H264 Multiple Bitrate 1080p"))
        let shown = try data.must("preset", "show", "h264multiplebitratesd", "--json").json()
        #expect(((shown["video"] as? [String: Any])?["renditions"] as? [Any])?.count == 5)
        #expect(try data.keyway("preset", "show", "nothing").status == 66)
        let bad = try data.folder.write(
            "bad.yaml", Data("kind: EncodingPreset\nname: x\nvideo: { ladder: none }\n".utf8))
        #expect(try data.keyway("preset", "validate", bad).status == 65)
        #expect(try data.keyway("encode", Programs.clip(), "--preset-file", bad).errors.contains("bad.yaml:3:18"))
        #expect(try data.keyway("encode", Programs.clip(), "--preset", "nothing").status == 65)
        #expect(try data.keyway("encode", Programs.clip(), "--subtitles", "words.srt").status == 65)
    }
}
