import Foundation
import TestSupport
import Testing

/// An original is encoded where it lies: the encoder has neither its key nor its file.
@Suite(.serialized, .waiting) struct OriginalEncodingTests {
    private static let policy = "kind: DeliveryPolicy\nname: files\nprotocols: [progressive, hls]\nencryption: none\n"

    /// Of pictures how many there are, since two runs of the encoder may give other pixels; of sound what is heard.
    private func frames(_ data: DataFolder, _ asset: String, _ server: RunningServer) throws -> [String] {
        let json = try data.must("publish", asset, "--delivery", "files", "--json").json()
        let file = data.folder.path + "/\(asset).mp4"
        let answer = try curl("\(server.origin)/\(json["locator"] as? String ?? "")/\(asset).mp4")
        #expect(answer.status == 200)
        try answer.body.write(to: URL(fileURLWithPath: file))
        let pictures = try MediaProbe.frames(["-i", file, "-map", "0:v:0"])
        return ["\(pictures.count)"] + (try MediaProbe.frames(["-i", file, "-map", "0:a:0"]))
    }

    @Test func anOriginalGivesTheFramesOfItsFile() throws {
        // What others left there is theirs.
        let before = Set(try FileManager.default.contentsOfDirectory(atPath: "/tmp"))
        let data = try DataFolder()
        try data.must("apply", try data.folder.write("p.yaml", Data(Self.policy.utf8)))
        let clip = Programs.clip("exo_sample.mp4")
        try data.must("asset", "create", "film")
        try data.must("asset", "file", "add", "film", clip, "--name", "source.mp4")
        try data.must("encode", clip, "--asset", "plain")
        try data.must("encode", "asset:film/source.mp4")
        #expect(try data.assets() == ["film", "plain"])
        let server = try RunningServer(data)
        defer { server.stop() }
        let original = try frames(data, "film", server)
        #expect(original.count > 2 && original.first != "0")
        #expect(try original == frames(data, "plain", server))
        // Nothing in the clear stays anywhere.
        let left = try FileManager.default.contentsOfDirectory(atPath: "/tmp").filter {
            $0.hasPrefix("keyway-") && !before.contains($0)
        }
        for name in left {
            let files = (try? FileManager.default.contentsOfDirectory(atPath: "/tmp/" + name)) ?? []
            #expect(!files.contains("source.mp4"))
        }
    }

    /// A flipped bit in storage is storage's fault, and never taken for a shorter or a damaged film.
    @Test func whatCannotBeReadIsNoFaultOfTheFilm() throws {
        let data = try DataFolder()
        try data.must("asset", "create", "film")
        try data.must("asset", "file", "add", "film", Programs.clip("exo_sample.mp4"), "--name", "source.mp4")
        let folder = data.folder.path + "/media/originals"
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder)
        let sizes = try names.map { name in
            (try FileManager.default.attributesOfItem(atPath: folder + "/" + name)[.size] as? Int ?? 0, name)
        }
        let stored = try #require(sizes.max { $0.0 < $1.0 })
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: folder + "/" + stored.1))
        try file.seek(toOffset: UInt64(stored.0 / 2))
        let byte = try #require(try file.read(upToCount: 1)?.first)
        try file.seek(toOffset: UInt64(stored.0 / 2))
        try file.write(contentsOf: Data([byte ^ 1]))
        try file.close()
        let outcome = try data.keyway("encode", "asset:film/source.mp4")
        #expect(outcome.status == 74, "\(outcome.errors)")
        #expect(outcome.errors.contains("damaged") || outcome.errors.contains("tag"), "\(outcome.errors)")
        #expect(try data.must("asset", "versions", "film", "--json").json()["versions"] as? NSArray == [])
    }

    @Test func onlyWhatIsReadyIsEncoded() throws {
        let site = try OriginalSite()
        let digest = String(repeating: "cd", count: 32)
        let clip = try Data(contentsOf: URL(fileURLWithPath: Programs.clip("exo_sample.mp4")))
        let created = try site.tus(
            "POST", "/v1/uploads",
            [
                "Upload-Length: \(clip.count)", "Content-Type: application/offset+octet-stream",
                OriginalSite.metadata(["asset": "film", "filename": "wrong.mp4", "sha256": digest]),
            ], body: clip)
        #expect(created.status == 201)
        #expect(try eventually { try site.file("wrong.mp4")?["reason"] is String })
        let wrong = try site.data.keyway("encode", "asset:film/wrong.mp4")
        #expect(wrong.status == 65)
        #expect(wrong.errors.contains("quarantine"))
        #expect(try site.data.keyway("asset", "download", "film", "wrong.mp4", "-o", "/dev/null/x").status == 65)
        #expect(try site.data.keyway("encode", "asset:film/none.mp4").status == 66)
        #expect(try site.data.keyway("encode", "asset:none/none.mp4", "--asset", "x").status == 66)
        #expect(try site.data.assets() == ["film"])
    }
}
