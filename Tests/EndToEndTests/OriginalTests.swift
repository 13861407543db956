import Foundation
import Glibc
import TestSupport
import Testing

/// Originals arrive whole over connections that break, from processes that are killed, and nothing uses them before they were
/// looked at.
@Suite(.serialized, .waiting) struct OriginalTests {
    private static let megabyte = 1 << 20

    /// The client of the people who wrote the protocol.
    private static let tuspy = """
        import sys
        from tusclient import client
        address, token, path, name, sha256, checksum = sys.argv[1:7]
        uploads = client.TusClient(address + "/v1/uploads", headers={"Authorization": "Bearer " + token})
        uploader = uploads.uploader(
            path, chunk_size=6 << 20, retries=100, retry_delay=0.1, upload_checksum=checksum == "yes",
            metadata={"asset": "film", "filename": name, "sha256": sha256})
        uploader.upload()
        print(uploader.offset)
        """

    private func sha256(_ path: String) throws -> String {
        let outcome = try run(Programs.outside("sha256sum"), [path])
        return String(outcome.text.prefix(64))
    }

    private func ready(_ site: OriginalSite, _ name: String) throws -> Bool {
        try eventually { try site.state(of: name) == "ready" }
    }

    @Test(arguments: ["no", "yes"])
    func aPublicClientSendsThroughACutConnection(checksum: String) throws {
        let site = try OriginalSite()
        let path = try site.data.folder.write("source", OriginalSite.content(24 * Self.megabyte + 13))
        let digest = try sha256(path)
        // With checksums a request counts as a whole or not at all.
        let proxy = try CuttingProxy(to: site.server.admin, cuts: 10, limit: 2 * Self.megabyte)
        let outcome = try run(
            Programs.outside("python3"),
            ["-c", Self.tuspy, proxy.url, site.tokens["operator"] ?? "", path, "source.bin", digest, checksum])
        #expect(outcome.status == 0, "\(outcome.errors.suffix(2000))")
        #expect(proxy.cuts == 10)
        #expect(try ready(site, "source.bin"))
        #expect(try site.file("source.bin")?["sha256"] as? String == digest)
        #expect(try site.data.keyway("asset", "verify", "film").status == 0)
    }

    @Test(arguments: [1, 3])
    func theCommandSendsThroughACutConnection(parallel: Int) throws {
        let site = try OriginalSite()
        let path = try site.data.folder.write("source.bin", OriginalSite.content(30 * Self.megabyte + 5))
        let proxy = try CuttingProxy(to: site.server.admin, cuts: 10, limit: 2 * Self.megabyte)
        let sent = try site.remote(
            "asset", "file", "add", "film", path, "--parallel", "\(parallel)", "--json", through: proxy.url)
        #expect(sent.status == 0, "\(sent.errors)")
        #expect(proxy.cuts == 10)
        let file = try #require(try sent.json()["file"] as? [String: Any])
        #expect(file["state"] as? String == "ready")
        #expect(file["sha256"] as? String == (try sha256(path)))
        // Sent once, whatever broke: what is stored is what was sent, in other bytes.
        #expect(try site.stored().values.reduce(0, +) == 30 * Self.megabyte + 5)
        let again = try site.remote("asset", "file", "add", "film", path, "--name", "copy", "--json")
        #expect(try again.json()["sent"] as? Bool == false)
        #expect(try site.file("copy") == nil)
        // Where it is in another asset, that is said; where there is no asset, it is no answer.
        try site.data.must("asset", "create", "other")
        let other = try site.remote("asset", "file", "add", "other", path)
        #expect(other.status == 0 && other.text.contains("nothing was added to asset 'other'"), "\(other.text)")
        let nowhere = try site.remote("asset", "file", "add", "nowhere", path)
        #expect(nowhere.status == 66 && nowhere.errors.contains("there is no asset 'nowhere'"), "\(nowhere.errors)")
        let leftovers = try FileManager.default.contentsOfDirectory(
            atPath: site.data.folder.path + "/state/keyway/uploads")
        #expect(leftovers.isEmpty)
    }

    /// The uploader is killed three times and the server three times, wherever they are.
    @Test(arguments: [1, 4])
    func nothingIsLostWhenEitherSideIsKilled(parallel: Int) throws {
        let site = try OriginalSite()
        let size = 40 * Self.megabyte + 999
        let path = try site.data.folder.write("source.bin", OriginalSite.content(size, seed: 7))
        let address = site.server.admin
        // Slow enough to be in the middle.
        let proxy = try CuttingProxy(to: address, cuts: 0, limit: 1, rate: 20 << 20)
        func start() throws -> Process {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: try Programs.own("keyway"))
            process.arguments = ["asset", "file", "add", "film", path, "--parallel", "\(parallel)", "--json"]
            process.environment = ProcessInfo.processInfo.environment.merging(site.environment(proxy.url)) { $1 }
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            return process
        }
        for round in 0..<3 {
            let uploader = try start()
            let before = try site.stored().values.reduce(0, +)
            _ = try eventually {
                try site.stored().values.reduce(0, +) > before + 3 * Self.megabyte || !uploader.isRunning
            }
            if round != 1 { kill(uploader.processIdentifier, SIGKILL) }
            site.server.stop(SIGKILL)
            try site.restartServer(at: address)
            if round == 1 {
                _ = try eventually { try site.stored().values.reduce(0, +) > before + 6 * Self.megabyte }
                kill(uploader.processIdentifier, SIGKILL)
            }
            uploader.waitUntilExit()
        }
        let last = try start()
        last.waitUntilExit()
        #expect(last.terminationStatus == 0)
        #expect(try site.state(of: "source.bin") == "ready")
        #expect(try site.file("source.bin")?["sha256"] as? String == (try sha256(path)))
        #expect(try site.data.keyway("asset", "verify", "film").status == 0)
        // What was cut off when the server died is gone.
        #expect(try site.stored().values.reduce(0, +) == size)
    }

    @Test func aWrongHashStaysInQuarantine() throws {
        let site = try OriginalSite()
        let content = OriginalSite.content(1000)
        let digest = String(repeating: "ab", count: 32)
        let created = try site.tus(
            "POST", "/v1/uploads",
            [
                "Upload-Length: 1000", "Content-Type: application/offset+octet-stream",
                OriginalSite.metadata(["asset": "film", "filename": "wrong.bin", "sha256": digest]),
            ], body: content)
        #expect(created.status == 201)
        #expect(created.headers["upload-offset"] == "1000")
        #expect(try eventually { try site.file("wrong.bin")?["reason"] is String })
        let file = try #require(try site.file("wrong.bin"))
        #expect(file["state"] as? String == "quarantine")
        #expect((file["reason"] as? String)?.contains(digest) == true)
        // Also after the server was started anew.
        try site.killServer()
        settle()
        #expect(try site.state(of: "wrong.bin") == "quarantine")
        // Nobody is told that such content is there.
        let found = try site.tus("GET", "/v1/content/\(digest)")
        #expect((found.member("files") as? [Any])?.isEmpty == true)
        #expect(try site.data.keyway("asset", "file", "delete", "film", "wrong.bin").status == 0)
        #expect(try site.stored().isEmpty)
    }

    /// The protocol's own table of answers.
    @Test func theProtocolIsKept() throws {
        let site = try OriginalSite(["KEYWAY_UPLOADS_SIZE_LIMIT": "10M", "KEYWAY_UPLOADS_QUOTA": "12M"])
        let bytes = "Content-Type: application/offset+octet-stream"
        let options = try site.tus("OPTIONS", "/v1/uploads", version: nil)
        #expect(options.status == 204)
        #expect(options.headers["tus-version"] == "1.0.0")
        #expect(options.headers["tus-max-size"] == "\(10 << 20)")
        #expect(options.headers["tus-extension"]?.contains("concatenation") == true)
        #expect(try site.tus("POST", "/v1/uploads", ["Upload-Length: 1"], version: nil).status == 412)
        #expect(try site.tus("POST", "/v1/uploads", ["Upload-Length: 1"], version: "0.2.2").status == 412)
        let metadata = OriginalSite.metadata(["asset": "film", "filename": "a"])
        #expect(try site.tus("POST", "/v1/uploads", ["Upload-Length: 5", metadata], role: "reader").status == 403)
        #expect(try site.tus("POST", "/v1/uploads", ["Upload-Length: 5", metadata], role: "nobody").status == 401)
        for (headers, status) in [
            (["Upload-Length: x", metadata], 400), (["Upload-Length: -1", metadata], 400), ([metadata], 400),
            (["Upload-Defer-Length: 1", metadata], 400), (["Upload-Length: 5"], 400),
            (["Upload-Length: 5", "Upload-Metadata: asset ???"], 400),
            (["Upload-Length: 5", OriginalSite.metadata(["asset": "film"])], 400),
            (["Upload-Length: 5", OriginalSite.metadata(["asset": "film", "filename": "../x"])], 400),
            (["Upload-Length: 5", OriginalSite.metadata(["asset": "none", "filename": "a"])], 404),
            (["Upload-Length: 5", OriginalSite.metadata(["asset": "film", "filename": "a", "sha256": "ab"])], 400),
            (["Upload-Length: \(11 << 20)", metadata], 413),
            (["Upload-Concat: final;/v1/uploads/x", metadata], 404),
        ] {
            #expect(try site.tus("POST", "/v1/uploads", headers).status == status, "\(headers)")
        }
        // What is wrong with metadata is told by its key.
        for (words, reason) in [
            ("asset ZmlsbQ==,note gICA", "'note' that is not a text in UTF-8"),
            ("asset ???", "'asset' that is not base64"),
            ("asset ZmlsbQ==,asset ZmlsbQ==", "'asset' twice"), ("asset a b", "a list of keys"),
        ] {
            let answer = try site.tus("POST", "/v1/uploads", ["Upload-Length: 5", "Upload-Metadata: \(words)"])
            #expect(answer.status == 400 && String(decoding: answer.body, as: UTF8.self).contains(reason), "\(answer)")
        }
        let path = try site.create(10, as: "a")
        #expect(try site.tus("POST", "/v1/uploads", ["Upload-Length: 5", metadata]).status == 409)
        let head = try site.tus("HEAD", path)
        #expect(head.status == 200)
        #expect(head.headers["upload-offset"] == "0")
        #expect(head.headers["upload-length"] == "10")
        #expect(head.headers["cache-control"] == "no-store")
        #expect(head.headers["upload-metadata"] == String(metadata.dropFirst("Upload-Metadata: ".count)))
        #expect(head.headers["upload-expires"]?.hasSuffix("GMT") == true)
        let five = Data("01234".utf8)
        #expect(try site.tus("PATCH", path, ["Upload-Offset: 0"], body: five).status == 415)
        #expect(try site.tus("PATCH", path, [bytes, "Upload-Offset: 3"], body: five).status == 409)
        #expect(try site.tus("PATCH", path + "0", [bytes, "Upload-Offset: 0"], body: five).status == 404)
        let wrong = "Upload-Checksum: sha1 " + Data(repeating: 1, count: 20).base64EncodedString()
        #expect(try site.tus("PATCH", path, [bytes, "Upload-Offset: 0", wrong], body: five).status == 460)
        #expect(
            try site.tus("PATCH", path, [bytes, "Upload-Offset: 0", "Upload-Checksum: crc32 AA=="], body: five).status
                == 400)
        #expect(try site.tus("HEAD", path).headers["upload-offset"] == "0")
        let digest = try run(Programs.outside("openssl"), ["dgst", "-sha1", "-binary"], input: five).output
        let sum = "Upload-Checksum: sha1 " + digest.base64EncodedString()
        let patched = try site.tus("PATCH", path, [bytes, "Upload-Offset: 0", sum], body: five)
        #expect(patched.status == 204)
        #expect(patched.headers["upload-offset"] == "5")
        #expect(try site.tus("PATCH", path, [bytes, "Upload-Offset: 5"], body: five + five).status == 413)
        let length = try site.tus("HEAD", path).headers["upload-offset"].flatMap { Int($0) } ?? 0
        #expect(length == 5)
        #expect(try site.tus("PATCH", path, [bytes, "Upload-Offset: 5"], body: five).status == 204)
        #expect(try ready(site, "a"))
        #expect(try site.file("a")?["size"] as? Int == 10)
        #expect(try site.tus("HEAD", path).headers["upload-offset"] == "10")
        #expect(try site.tus("PATCH", path, [bytes, "Upload-Offset: 10"], body: five).status == 403)
        #expect(try site.tus("DELETE", path).status == 403)
        // What was promised counts.
        let large = try site.create(10 << 20, as: "large")
        #expect(
            try site.tus(
                "POST", "/v1/uploads",
                ["Upload-Length: \(3 << 20)", OriginalSite.metadata(["asset": "film", "filename": "c"])]
            ).status == 413)
        #expect(try site.tus("DELETE", large).status == 204)
        #expect(try site.tus("HEAD", large).status == 404)
        #expect(try site.file("large") == nil)
        _ = try site.create(3 << 20, as: "c")
    }

    @Test func filesAreJoinedOfPartialUploadsWithoutMovingAByte() throws {
        let site = try OriginalSite()
        let bytes = "Content-Type: application/offset+octet-stream"
        let parts = [
            OriginalSite.content(70_000, seed: 2), OriginalSite.content(1, seed: 3),
            OriginalSite.content(5000, seed: 4),
        ]
        var paths: [String] = []
        for part in parts {
            let answer = try site.tus(
                "POST", "/v1/uploads",
                ["Upload-Length: \(part.count)", "Upload-Concat: partial", OriginalSite.metadata(["asset": "film"])])
            #expect(answer.status == 201)
            paths.append(try #require(answer.headers["location"]))
        }
        let whole = try site.data.folder.write("whole", parts.reduce(Data(), +))
        let final = [
            "Upload-Concat: final;\(paths[0]) \(site.server.admin)\(paths[1]) \(paths[2])",
            OriginalSite.metadata(["asset": "film", "filename": "whole", "sha256": try sha256(whole)]),
        ]
        // Not before all are complete.
        #expect(try site.tus("POST", "/v1/uploads", final).status == 400)
        for (path, part) in zip(paths, parts) {
            #expect(try site.tus("PATCH", path, [bytes, "Upload-Offset: 0"], body: part).status == 204)
        }
        let before = try site.stored()
        let answer = try site.tus("POST", "/v1/uploads", final)
        #expect(answer.status == 201)
        #expect(try ready(site, "whole"))
        #expect(try site.stored() == before)
        let location = try #require(answer.headers["location"])
        let head = try site.tus("HEAD", location)
        #expect(head.headers["upload-offset"] == "75001")
        #expect(head.headers["upload-concat"]?.hasPrefix("final;") == true)
        // Their bytes are the file's now.
        #expect(try site.tus("HEAD", paths[0]).status == 404)
        #expect(try site.tus("POST", "/v1/uploads", final).status == 404)
    }

    @Test func uploadsThatDoNotGoOnExpire() throws {
        let site = try OriginalSite(["KEYWAY_UPLOADS_EXPIRY": "1s"])
        let path = try site.create(10, as: "late")
        #expect(
            try site.tus(
                "PATCH", path, ["Content-Type: application/offset+octet-stream", "Upload-Offset: 0"],
                body: Data("0123".utf8)
            ).status == 204)
        #expect(try site.stored().count == 1)
        usleep(1_200_000)
        // A server looks when it starts.
        try site.killServer()
        #expect(try eventually { try site.stored().isEmpty })
        #expect(try site.tus("HEAD", path).status == 404)
        #expect(try site.file("late") == nil)
    }

    /// 320 MB through server and client, each of which stays within some tens of megabytes; 4 GB where everything is tested.
    @Test(arguments: [[], ["--encrypt"], ["--parallel", "3"]].prefix(Extent.isWhole ? 3 : 1))
    func memoryDoesNotGrowWithTheFile(options: [String]) throws {
        let site = try OriginalSite()
        func resident() throws -> Int {
            let status = try String(
                contentsOfFile: "/proc/\(site.server.process.processIdentifier)/status", encoding: .utf8)
            let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM") }
            return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? .max
        }
        let small = try site.data.folder.write("small", OriginalSite.content(Self.megabyte))
        #expect(try site.remote("asset", "file", "add", "film", small).status == 0)
        let before = try resident()
        let path = site.data.folder.path + "/large"
        try Data().write(to: URL(fileURLWithPath: path))
        #expect(truncate(path, off_t((Extent.isWhole ? 4096 : 320) * Self.megabyte)) == 0)
        let timed = try run(
            Programs.outside("python3"),
            [
                "-c",
                "import resource,subprocess,sys; p=subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL); "
                    + "print(p.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)",
                try Programs.own("keyway"), "asset", "file", "add", "film", path,
            ] + options, environment: site.environment())
        let words = timed.text.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
        #expect(words.first == 0, "\(timed.errors)")
        #expect((words.last ?? .max) < 120 << 10)
        #expect(try resident() - before < 60 << 10)
    }
}
