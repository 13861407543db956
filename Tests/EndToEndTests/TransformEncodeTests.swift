import Foundation
import Glibc
import TestSupport
import Testing

/// What a transform's encode task says, seen in the film that comes of it, by programs that are not ours.
@Suite(.serialized, .waiting) struct TransformEncodeTests {
    private static let documents = """
        kind: DeliveryPolicy
        name: files
        protocols: [progressive, hls]
        encryption: none
        ---
        kind: Transform
        name: branded
        tasks:
          - kind: probe
          - kind: encode
            after: [probe]
            preset:
              video: { renditions: [{ width: 320, height: 180, bitrate: 300k }] }
              audio: [{ codec: aac, channels: 2 }]
            loudness: -23
            quality: true
            overlay: { file: asset:brand/logo.png, corner: bottom-left, width: 25% }
          - { kind: verify, after: [encode], deliveryPolicies: [files] }
          - { kind: publish, after: [verify], deliveryPolicies: [files] }

        """

    private let data: DataFolder
    private let clip = Programs.clip("exo_sample.mp4")

    init() throws {
        data = try DataFolder()
        try data.must("apply", data.folder.write("t.yaml", Data(Self.documents.utf8)))
        let logo = data.folder.path + "/logo.png"
        let made = try run(
            Programs.outside("ffmpeg"),
            ["-v", "error", "-f", "lavfi", "-i", "color=red:s=64x64", "-frames:v", "1", logo])
        try #require(made.status == 0, "\(made.errors)")
        try data.must("asset", "create", "brand")
        try data.must("asset", "file", "add", "brand", logo)
    }

    private func submit(_ arguments: String...) throws -> String {
        let outcome = try run(
            Programs.own("keyway"),
            ["job", "submit", "--transform", "branded", "--asset", "film", "--json"] + arguments,
            environment: data.environment)
        try #require(outcome.status == 0, "\(outcome.errors)")
        return try #require((try outcome.json()["job"] as? [String: Any])?["id"] as? String)
    }

    private func task(_ name: String, of id: String) throws -> [String: Any] {
        let tasks = try data.must("job", "show", id, "--json").json()["tasks"] as? [[String: Any]] ?? []
        return try #require(tasks.first { $0["name"] as? String == name })
    }

    /// The whole film of the current version, in a file.
    private func film(_ server: RunningServer) throws -> String {
        let locators = try data.must("locator", "list", "--json").json()["locators"] as? [[String: Any]] ?? []
        let id = try #require(locators.first?["id"] as? String)
        let answer = try curl("\(server.origin)/\(id)/film.ism/film.mp4")
        let whole = answer.status == 200 ? answer : try curl("\(server.origin)/\(id)/film.mp4")
        try #require(whole.status == 200)
        return try data.folder.write("film.mp4", whole.body)
    }

    private func probe(_ file: String, _ entries: String) throws -> [String] {
        try run(
            Programs.outside("ffprobe"), ["-v", "error", "-show_entries", entries, "-of", "csv=p=0", file]
        ).text.split(separator: "\n").map(String.init)
    }

    private func loudness(_ file: String) throws -> Double {
        let measured = try run(
            Programs.outside("ffmpeg"),
            ["-hide_banner", "-nostats", "-i", file, "-map", "0:a:0", "-af", "ebur128", "-f", "null", "-"]
        ).errors
        let line = try #require(measured.split(separator: "\n").last { $0.contains(" I:") })
        return try #require(line.split(separator: " ").compactMap { Double($0) }.first)
    }

    /// The colour of a place of the first picture.
    private func pixel(_ file: String, x: Int, y: Int) throws -> [UInt8] {
        let raw = data.folder.path + "/\(UUID().uuidString).rgb"
        let cut = try run(
            Programs.outside("ffmpeg"),
            [
                "-v", "error", "-i", file, "-map", "0:v:0", "-frames:v", "1", "-vf", "crop=8:8:\(x):\(y),scale=1:1",
                "-pix_fmt", "rgb24", "-f", "rawvideo", raw,
            ])
        try #require(cut.status == 0, "\(cut.errors)")
        return Array(try Data(contentsOf: URL(fileURLWithPath: raw)))
    }

    /// The job goes on as it was submitted, over a killed server and another document of the same name.
    @Test func aTransformsOwnPresetSoundAndPictureAreInTheFilm() throws {
        let id = try submit(clip)
        let other = Self.documents.replacingOccurrences(of: "height: 180", with: "height: 90")
            .replacingOccurrences(of: "loudness: -23", with: "loudness: -9")
        try data.must("apply", data.folder.write("t.yaml", Data(other.utf8)))
        let first = try RunningServer(data)
        #expect(try eventually { try task("encode", of: id)["state"] as? String != "queued" })
        first.stop(SIGKILL)
        let server = try RunningServer(data)
        defer { server.stop() }
        try data.must("job", "watch", id)
        // The probe looks at the film, and not at what lies over it.
        let probed = try task("probe", of: id)["result"] as? [String: String] ?? [:]
        #expect(probed["video"] == "h264 1080x720", "\(probed)")
        let result = try task("encode", of: id)["result"] as? [String: String] ?? [:]
        #expect(result["quality.video-180p-300k"]?.hasPrefix("SSIM 0.") == true, "\(result)")
        let film = try film(server)
        #expect(try probe(film, "stream=codec_type,height").contains("video,180"))
        #expect(try abs(loudness(film) + 23) < 0.7)
        let red = try pixel(film, x: 24, y: 140)
        #expect(red.count == 3 && red[0] > 180 && red[1] < 90 && red[2] < 90, "\(red)")
    }

    /// What the submission says goes before what the transform says.
    @Test func aSubmissionJoinsAndSaysOtherwise() throws {
        let preset = """
            kind: EncodingPreset
            name: tiny
            video: { renditions: [{ width: 160, height: 90, bitrate: 100k }] }

            """
        let file = try data.folder.write("preset.yaml", Data(preset.utf8))
        let joined = try submit(clip, clip, "--join", "--preset-file", file, "--loudness", "-28")
        try data.must("job", "watch", joined)
        let server = try RunningServer(data)
        defer { server.stop() }
        var made = try film(server)
        let whole = try #require(Double(try probe(clip, "format=duration").first ?? ""))
        func seconds() throws -> Double { try #require(Double(try probe(made, "format=duration").first ?? "")) }
        #expect(try probe(made, "stream=codec_type,height").contains("video,90"))
        #expect(try abs(seconds() - 2 * whole) < 0.3)
        #expect(try abs(loudness(made) + 28) < 0.7)
        let cut = try submit(
            clip, clip, "--join", "--preset-file", file, "--clip", "0.25-0.5", "--clip", "-0:00:00.5")
        try data.must("job", "watch", cut)
        #expect(
            try eventually {
                made = try film(server)
                return try abs(seconds() - 0.75) < 0.2
            })
        #expect(try data.keyway("job", "submit", "--transform", "x", "--asset", "x", clip, "--clip", "4").status == 65)
        let clipped = try submit(clip, "--start", "0.25", "--end", "00:00:00.75")
        try data.must("job", "watch", clipped)
        // Caches may hold the film of the version before for a moment.
        #expect(
            try eventually {
                made = try film(server)
                return try abs(seconds() - 0.5) < 0.2
            })
        #expect(try probe(made, "stream=codec_type,height").contains("video,180"))
    }

    /// What lies over the film is an original, and is waited for by whoever submits the job again.
    @Test func anOverlayThatIsGoneIsNamed() throws {
        try data.must("asset", "file", "delete", "brand", "logo.png")
        let id = try submit(clip)
        let outcome = try data.keyway("job", "watch", id)
        #expect(
            outcome.status == 66 && outcome.errors.contains("asset 'brand' has no file 'logo.png'"), "\(outcome.errors)"
        )
        try data.must("asset", "file", "add", "brand", data.folder.path + "/logo.png")
        try data.must("job", "retry", id)
        try data.must("job", "watch", id)
    }
}
