import Foundation
import Glibc
import TestSupport
import Testing

/// With `--encrypt` files leave this machine encrypted: neither the wire nor the server's disk ever has them, whatever breaks.
@Suite(.serialized, .waiting) struct SealedUploadTests {
    private static let megabyte = 1 << 20
    /// What the film is made of: four blocks of AES, so that the same key stream twice would be seen.
    private static let marker = Data("This film is for nobody's eyes before its first night in October".utf8)

    private static func film(_ megabytes: Int) -> Data {
        precondition(marker.count == 64)
        var content = Data(capacity: megabytes * megabyte)
        for _ in 0..<megabytes * megabyte / marker.count { content.append(marker) }
        return content
    }

    private func sha256(_ path: String) throws -> String {
        String(try run(Programs.outside("sha256sum"), [path]).text.prefix(64))
    }

    private func originals(_ site: OriginalSite) throws -> [Data] {
        let folder = site.data.folder.path + "/media/originals"
        return try FileManager.default.contentsOfDirectory(atPath: folder).filter { !$0.hasSuffix(".tags") }
            .map { try Data(contentsOf: URL(fileURLWithPath: folder + "/" + $0)) }
    }

    private func memory(_ site: OriginalSite) throws -> [String] {
        let folder = site.data.folder.path + "/state/keyway/uploads"
        return try FileManager.default.contentsOfDirectory(atPath: folder).map { folder + "/" + $0 }
    }

    private func hasMarker(_ data: Data) -> Bool { SecretWatch.contains(data, Self.marker.prefix(32)) }

    @Test(arguments: [1, 3])
    func neitherWireNorDiskHoldsTheContent(parallel: Int) throws {
        let site = try OriginalSite(["KEYWAY_STORAGE_ENCRYPTION": "off"])
        let path = try site.data.folder.write("source.bin", Self.film(30) + Data("end".utf8))
        let proxy = try CuttingProxy(to: site.server.admin, cuts: 10, limit: 2 * Self.megabyte, isRecorded: true)
        let sent = try site.remote(
            "asset", "file", "add", "film", path, "--encrypt", "--parallel", "\(parallel)", "--json", through: proxy.url
        )
        #expect(sent.status == 0, "\(sent.errors)")
        #expect(proxy.cuts == 10)
        let file = try #require(try sent.json()["file"] as? [String: Any])
        #expect(file["state"] as? String == "ready" && file["encrypted"] as? Bool == true)
        #expect(file["sha256"] as? String == (try sha256(path)))
        let wire = try proxy.recorded()
        #expect(wire.reduce(0) { $0 + $1.count } > 30 * Self.megabyte)
        #expect(!wire.contains(where: hasMarker))
        let stored = try originals(site)
        #expect(stored.count == parallel && stored.reduce(0) { $0 + $1.count } == 30 * Self.megabyte + 3)
        #expect(!stored.contains(where: hasMarker))
        // What is stored is what was sent: nobody encrypted it anew. And what was sent twice was the same.
        let uploads = SentUploads(wire)
        #expect(uploads.pieces.count == parallel)
        #expect(try #require(uploads.repeated) > 0)
        let starts = uploads.starts(64)
        #expect(starts.count == parallel && Set(starts).count == parallel)
        #expect(Set(stored.map { $0.prefix(64) }) == Set(starts))
        #expect(try memory(site).isEmpty)

        #expect(try site.data.keyway("asset", "verify", "film").status == 0)
        let copy = site.data.folder.path + "/copy.bin"
        #expect(try site.remote("asset", "download", "film", "source.bin", "-o", copy).status == 0)
        #expect(try sha256(copy) == sha256(path))
        // Found before it is sent, though nobody could find it by what is stored.
        let again = try site.remote("asset", "file", "add", "film", path, "--encrypt", "--name", "copy", "--json")
        #expect(try again.json()["sent"] as? Bool == false)
    }

    private func start(_ site: OriginalSite, _ path: String, through proxy: CuttingProxy) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try Programs.own("keyway"))
        process.arguments = ["asset", "file", "add", "film", path, "--encrypt"]
        process.environment = ProcessInfo.processInfo.environment.merging(site.environment(proxy.url)) { $1 }
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    /// Sends a part of it, and stops as a laptop that is closed does.
    private func begin(_ site: OriginalSite, _ path: String, through proxy: CuttingProxy) throws {
        let uploader = try start(site, path, through: proxy)
        let hasBegun = try eventually {
            try site.stored().values.reduce(0, +) > 2 * Self.megabyte || !uploader.isRunning
        }
        #expect(hasBegun && uploader.isRunning)
        kill(uploader.processIdentifier, SIGKILL)
        uploader.waitUntilExit()
    }

    @Test func aClosedLaptopGoesOnAndAChangedFileDoesNot() throws {
        let site = try OriginalSite()
        let path = try site.data.folder.write("source.bin", Self.film(16))
        let proxy = try CuttingProxy(to: site.server.admin, cuts: 0, limit: 1, rate: 8 << 20, isRecorded: true)
        try begin(site, path, through: proxy)
        let state = try #require(try memory(site).first)
        let modes = try [state, (state as NSString).deletingLastPathComponent].map {
            try FileManager.default.attributesOfItem(atPath: $0)[.posixPermissions] as? Int
        }
        #expect(modes == [0o600, 0o700])
        let remembered = try Data(contentsOf: URL(fileURLWithPath: state))
        let begun = try JSONSerialization.jsonObject(with: remembered)
        let text = try #require((begun as? [String: Any])?["key"] as? String)
        let key = try #require(Data(base64Encoded: text))
        #expect(key.count == 32)

        // Another content under the same name: not a byte of it is sent.
        let changed = try #require(FileHandle(forUpdatingAtPath: path))
        try changed.seek(toOffset: 5)
        try changed.write(contentsOf: Data("!".utf8))
        let before = try proxy.recorded().count
        let refused = try site.remote("asset", "file", "add", "film", path, "--encrypt", through: proxy.url)
        #expect(refused.status == 65)
        #expect(refused.errors.contains("is not what it was") && refused.errors.contains("--restart"))
        #expect(SentUploads(Array(try proxy.recorded().dropFirst(before))).pieces.isEmpty)

        try changed.seek(toOffset: 5)
        try changed.write(contentsOf: Self.marker.subdata(in: 5..<6))
        try changed.close()
        let ended = try site.remote("asset", "file", "add", "film", path, "--encrypt", "--json", through: proxy.url)
        #expect(ended.status == 0, "\(ended.errors)")
        #expect(try ended.json()["resumedAt"] as? Int ?? 0 > 0)
        #expect(try memory(site).isEmpty)
        let wire = try proxy.recorded()
        #expect(!wire.contains(where: hasMarker))
        #expect(SentUploads(wire).repeated != nil && SentUploads(wire).pieces.count == 1)
        let forms = [key, Data(text.utf8), Data(key.map { String(format: "%02x", $0) }.joined().utf8)]
        for form in forms { #expect(!wire.contains { SecretWatch.contains($0, form) }) }

        // Who is stopped after the last byte leaves the key behind; the next one finds the file, and forgets it.
        try remembered.write(to: URL(fileURLWithPath: state))
        let known = try site.remote("asset", "file", "add", "film", path, "--encrypt", "--json", through: proxy.url)
        #expect(try known.json()["sent"] as? Bool == false)
        #expect(try memory(site).isEmpty)
        // Nor is another content held up by what is over.
        try remembered.write(to: URL(fileURLWithPath: state))
        _ = try site.data.folder.write("source.bin", Self.film(1))
        let arguments = ["asset", "file", "add", "film", path, "--encrypt"]
        func add(_ more: String...) throws -> Int32 {
            try run(Programs.own("keyway"), arguments + more, environment: site.environment(proxy.url)).status
        }
        #expect(try add() == 65)
        #expect(try add("--restart") == 65)
        try site.data.must("asset", "file", "delete", "film", "source.bin")
        #expect(try add("--restart") == 0)
        #expect(try site.file("source.bin")?["size"] as? Int == Self.megabyte)
    }

    @Test func whatBeginsAnewTakesAnotherKey() throws {
        let site = try OriginalSite()
        let path = try site.data.folder.write("source.bin", Self.film(16))
        let proxy = try CuttingProxy(to: site.server.admin, cuts: 0, limit: 1, rate: 8 << 20, isRecorded: true)
        try begin(site, path, through: proxy)
        let other = try #require(FileHandle(forUpdatingAtPath: path))
        try other.seek(toOffset: UInt64(15 * Self.megabyte))
        try other.write(contentsOf: Data("changed".utf8))
        try other.close()
        let ended = try site.remote("asset", "file", "add", "film", path, "--encrypt", "--restart", through: proxy.url)
        #expect(ended.status == 0, "\(ended.errors)")
        #expect(try site.file("source.bin")?["sha256"] as? String == (try sha256(path)))
        let uploads = SentUploads(try proxy.recorded())
        #expect(uploads.pieces.count == 2 && uploads.repeated != nil)
        // The same content in both, and nothing in common.
        let starts = uploads.starts(64)
        #expect(starts.count == 2)
        for block in 0..<4 {
            #expect(Set(starts.map { $0.subdata(in: block * 16..<block * 16 + 16) }).count == 2)
        }
    }

    /// It changes after it was hashed, while the connection is so slow that most of it was not read yet.
    @Test func aFileThatChangesOnItsWayIsNotSent() throws {
        let site = try OriginalSite()
        let path = try site.data.folder.write("source.bin", Self.film(24))
        let proxy = try CuttingProxy(to: site.server.admin, cuts: 0, limit: 1, rate: 4 << 20, isRecorded: true)
        let uploader = try start(site, path, through: proxy)
        #expect(try eventually { try site.stored().values.reduce(0, +) > Self.megabyte || !uploader.isRunning })
        let file = try #require(FileHandle(forUpdatingAtPath: path))
        try file.seek(toOffset: UInt64(23 * Self.megabyte))
        try file.write(contentsOf: Data("changed".utf8))
        try file.close()
        uploader.waitUntilExit()
        #expect(uploader.terminationStatus == 74)
        #expect(try site.state(of: "source.bin") == "uploading")
        let sent = try #require(SentUploads(try proxy.recorded()).pieces.values.first)
        #expect(sent.allSatisfy { $0.offset + $0.bytes.count <= 23 * Self.megabyte })
    }

    @Test(arguments: ["1", "3"])
    func anotherProgramSendsEncrypted(uploads: String) throws {
        let site = try OriginalSite()
        let path = try site.data.folder.write("source", OriginalSite.content(2 * Self.megabyte + 77))
        let script = Programs.repository.appendingPathComponent("Tests/Delivery/sealed_upload.py").path
        let outcome = try run(
            Programs.outside("python3"),
            [script, site.server.admin, site.tokens["operator"] ?? "", "film", "source.bin", path, uploads])
        #expect(outcome.status == 0, "\(outcome.errors.suffix(2000))")
        #expect(try eventually { try site.state(of: "source.bin") == "ready" })
        #expect(try site.file("source.bin")?["sha256"] as? String == (try sha256(path)))
        #expect(try site.data.keyway("asset", "verify", "film").status == 0)
    }

    @Test func itIsRefusedWhereTheKeyIsNotTheRightOne() throws {
        let site = try OriginalSite()
        let path = try site.data.folder.write("source.bin", Self.film(1))
        let shown = try site.data.must("asset", "file", "upload-key", "--json").json()
        let there = try site.remote("asset", "file", "upload-key", "--json").json()
        let fingerprint = try #require(shown["fingerprint"] as? String)
        #expect(shown as NSDictionary == there as NSDictionary)
        #expect(try site.remote("asset", "file", "upload-key", role: "reader").status == 77)
        let wrong = String(repeating: "ab", count: 32)
        let pinned = try site.remote("asset", "file", "add", "film", path, "--encrypt", "--upload-key", wrong)
        #expect(pinned.status == 77 && pinned.errors.contains(fingerprint))
        #expect(try site.file("source.bin") == nil)
        let both = try site.remote("asset", "file", "add", "film", path, "--encrypt", "--storage-encryption", "off")
        #expect(both.status == 64)
        // Of the protocol itself.
        let metadata: KeyValuePairs = ["asset": "film", "filename": "a", "encryption": "sender"]
        #expect(
            try site.tus("POST", "/v1/uploads", ["Upload-Length: 5", OriginalSite.metadata(metadata)]).status == 400)
        let key = Data(repeating: 7, count: 80).base64EncodedString()
        for (key, encryption) in [(key, "sender"), (key, "on"), ("AAAA", "sender"), ("?", "sender")] {
            let metadata = OriginalSite.metadata([
                "asset": "film", "filename": "a", "encryption": encryption, "sealedkey": key, "sha256": wrong,
            ])
            #expect(try site.tus("POST", "/v1/uploads", ["Upload-Length: 5", metadata]).status == 400)
        }
        #expect(try site.file("a") == nil)

        let right = try site.remote(
            "asset", "file", "add", "film", path, "--encrypt", "--upload-key", fingerprint.uppercased())
        #expect(right.status == 0, "\(right.errors)")
        // Another key is made, and what was stored under the old one's protection is read as before.
        try site.data.must("secret", "delete", "keyway.upload-key")
        let next = try site.remote("asset", "file", "upload-key", "--json").json()
        #expect(next["fingerprint"] as? String != fingerprint)
        #expect(try site.data.keyway("asset", "verify", "film").status == 0)
    }

    @Test func aServerThatDoesNotKnowItIsSentNothing() throws {
        let server = try StandIn("Delivery/older_server.py")
        let folder = try Folder()
        let path = try folder.write("source.bin", Self.film(1))
        let sent = try run(
            Programs.own("keyway"), ["asset", "file", "add", "film", path, "--encrypt"],
            environment: ["KEYWAY_URL": server.address, "KEYWAY_TOKEN": "kwa_x", "XDG_STATE_HOME": folder.path])
        #expect(sent.status == 69)
        #expect(sent.errors.contains("older version") && sent.errors.contains("Nothing was sent"))
        #expect(server.log() == ["GET /v1/upload-key"])
    }

    @Test func aVersionIsMadeOfWhatLeftEncrypted() throws {
        let site = try OriginalSite(["KEYWAY_STORAGE_ENCRYPTION": "off"])
        let clips = ["184k", "283k"].map { Programs.clip("interview_\($0).mp4") }
        let proxy = try CuttingProxy(to: site.server.admin, cuts: 0, limit: 1, isRecorded: true)
        let there = try site.remote(
            "asset", "upload", "there", clips[0], clips[1], "--encrypt", "--json", through: proxy.url)
        #expect(there.status == 0, "\(there.errors)")
        let local = ["KEYWAY_STORAGE_ENCRYPTION": "off"].merging(site.data.environment) { first, _ in first }
        let here = try run(
            Programs.own("keyway"), ["asset", "upload", "here", clips[0], clips[1], "--encrypt", "--json"],
            environment: local)
        #expect(here.status == 0, "\(here.errors)")
        #expect(try there.json()["tracks"] as? NSArray == here.json()["tracks"] as? NSArray)
        // Nobody says how it is stored, and an original has a key of its own.
        #expect(
            try site.remote("asset", "file", "add", "film", clips[0], "--encrypt", through: proxy.url).status == 0)
        let original = "asset:film/" + URL(fileURLWithPath: clips[0]).lastPathComponent
        let made = try site.remote("asset", "upload", "made", original)
        #expect(made.status == 0, "\(made.errors)")
        let wire = try proxy.recorded()
        for clip in clips {
            let inside = try inside(clip)
            #expect(!wire.contains { SecretWatch.contains($0, inside) })
            #expect(!isStored(inside, site))
        }
        #expect(try originals(site).count == 1)
        #expect(try site.remote("asset", "upload", "open", original, "--storage-encryption", "off").status == 0)
        #expect(try isStored(inside(clips[0]), site))
    }

    private func inside(_ clip: String) throws -> Data {
        let content = try Data(contentsOf: URL(fileURLWithPath: clip))
        return content.subdata(in: content.count / 2..<content.count / 2 + 64)
    }

    private func isStored(_ inside: Data, _ site: OriginalSite) -> Bool {
        site.data.mediaFiles().contains { name in
            let path = site.data.folder.path + "/media/" + name
            return FileManager.default.contents(atPath: path).map { SecretWatch.contains($0, inside) } ?? false
        }
    }
}
