import Foundation
import TestSupport
import Testing

/// Bad input ends with an error that names the file and the cause, and leaves nothing.
@Suite(.waiting) struct InputTests {
    /// Makes the input in a folder and says what exit code it must end with.
    enum BadInput: String, CaseIterable {
        case text, empty, cutInTheMiddle, cutWithHeadersFirst, stillPicture, unknownCodec, missing, playlist,
            concatenation

        var exit: Int32 { self == .missing ? 66 : 65 }

        func make(_ folder: Folder) throws -> String {
            let clip = Programs.clip()
            let bytes = try Data(contentsOf: URL(fileURLWithPath: clip))
            func ffmpeg(_ arguments: String...) throws {
                let outcome = try run(Programs.outside("ffmpeg"), ["-v", "error", "-y"] + arguments)
                guard outcome.status == 0 else { throw VerbFailed(arguments: arguments, outcome: outcome) }
            }
            switch self {
            case .text: return try folder.write("film.mp4", Data("This is not a film.\n".utf8))
            case .empty: return try folder.write("film.mp4", Data())
            case .cutInTheMiddle: return try folder.write("film.mp4", bytes.prefix(bytes.count / 2))
            case .cutWithHeadersFirst:
                try ffmpeg("-i", clip, "-c", "copy", "-movflags", "+faststart", folder.path + "/whole.mp4")
                let whole = try Data(contentsOf: folder.url("whole.mp4"))
                return try folder.write("film.mp4", whole.prefix(whole.count / 2))
            case .stillPicture:
                try ffmpeg("-i", clip, "-frames:v", "1", folder.path + "/picture.png")
                return try folder.write("film.mp4", try Data(contentsOf: folder.url("picture.png")))
            case .unknownCodec:
                try ffmpeg("-i", clip, "-c", "copy", folder.path + "/known.mp4")
                var damaged = try Data(contentsOf: folder.url("known.mp4"))
                let at = try #require(damaged.range(of: Data("avc1".utf8), options: .backwards))
                damaged.replaceSubrange(at, with: Data("zzzz".utf8))
                return try folder.write("film.mp4", damaged)
            case .missing: return folder.path + "/film.mp4"
            case .playlist:
                return try folder.write(
                    "film.mp4", Data("#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n\(clip)\n#EXT-X-ENDLIST\n".utf8))
            case .concatenation:
                return try folder.write("film.mp4", Data("ffconcat version 1.0\nfile '\(clip)'\n".utf8))
            }
        }
    }

    @Test(arguments: BadInput.allCases)
    func endsInAClearErrorAndLeavesNothing(input: BadInput) throws {
        let data = try DataFolder()
        let folder = try Folder()
        let outcome = try data.keyway("encode", try input.make(folder), "--asset", "film")
        #expect(outcome.status == input.exit, "\(outcome.errors)")
        #expect(outcome.errors.contains("film.mp4"))
        #expect(outcome.errors.count < 2000)
        #expect(try data.assets() == [])
        #expect(!data.mediaFiles().contains { $0.hasSuffix(".cmaf") || $0.hasSuffix(".index") })
    }

    /// AV1, HEVC, fragments, an edit list: whatever FFmpeg opens becomes a ladder that plays without a complaint.
    @Test(arguments: [("exo_av1.mp4", 30), ("ed_hevc.mp4", 28), ("exo_frag.mp4", 32), ("exo_sample.mp4", 30)])
    func otherInputsBecomeLadders(clip: String, pictures: Int) throws {
        let data = try DataFolder()
        try data.must("encode", Programs.clip(clip), "--asset", "film")
        let open = try data.folder.write(
            "clear.yaml", Data("kind: DeliveryPolicy\nname: clear\nprotocols: [hls]\nencryption: none\n".utf8))
        try data.must("apply", open)
        let locator =
            try data.must("publish", "film", "--delivery", "clear", "--json").json()["locator"] as? String ?? ""
        let server = try RunningServer(data)
        defer { server.stop() }
        let decoded = try run(
            Programs.outside("ffmpeg"),
            [
                "-v", "error", "-i", "\(server.origin)/\(locator)/film.ism/manifest(format=m3u8-aapl)", "-map", "0:v:0",
                "-f", "framemd5", "-",
            ])
        #expect(decoded.errors == "")
        #expect(decoded.text.split(separator: "\n").filter { !$0.hasPrefix("#") }.count == pictures)
    }

    @Test func documentsWithErrorsChangeNothing() throws {
        let data = try DataFolder()
        let file = try data.folder.write(
            "bad.yaml",
            Data(
                "kind: DeliveryPolicy\nname: good\nprotocols: [hls]\nencryption: cbcs\n---\nkind: DeliveryPolicy\nname: bad\nprotocol: [hls]\nencryption: rot13\n"
                    .utf8))
        let outcome = try data.keyway("apply", file)
        #expect(outcome.status == 65)
        #expect(outcome.errors.contains("bad.yaml:8:1"))
        #expect(outcome.errors.contains("protocols"))
        #expect(outcome.errors.contains("bad.yaml:9:"))
        #expect(try data.must("policy", "list").text.contains("(none)"))
    }

    @Test func publishingNeedsWhatItNames() throws {
        let data = try DataFolder()
        #expect(try data.keyway("publish", "nothing", "--delivery", "x").status == 66)
        #expect(try data.keyway("asset", "show", "nothing").status == 66)
        #expect(try data.keyway("nonsense").status == 64)
        #expect(try data.keyway("token", "inspect", input: Data("x".utf8)).status == 65)
    }

    @Test func aLostKEKIsFoundAtTheStart() throws {
        let data = try DataFolder()
        try data.must("key", "create", "--type", "envelope")
        let kek = data.folder.url("kek/kek-1.key")
        #expect((try FileManager.default.attributesOfItem(atPath: kek.path)[.posixPermissions] as? Int) == 0o600)
        let saved = try Data(contentsOf: kek)
        try FileManager.default.removeItem(at: kek)
        let lost = try data.keyway("key", "list")
        #expect(lost.status != 0)
        #expect(lost.errors.contains("kek-1.key"))
        try Data(repeating: 7, count: 32).write(to: kek)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: kek.path)
        #expect(try data.keyway("key", "list").errors.contains("not the key"))
        try saved.write(to: kek)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: kek.path)
        #expect(try data.keyway("key", "list").errors.contains("chmod 600"))
    }
}
