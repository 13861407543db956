import Foundation
import Synchronization
import TestSupport
import Testing

/// Signed URLs of originals do what their locator and policy say, and nothing else.
@Suite(.serialized, .waiting) struct SASTests {
    private final class Published: Sendable {
        static let shared = Result { try Published() }

        let data: DataFolder
        let server: RunningServer
        let content = OriginalSite.content(700_001, seed: 9)
        /// By access policy: the URL with `{file}`, and the list's.
        let urls: [String: (file: String, list: String, locator: String)]

        init() throws {
            let data = try DataFolder()
            self.data = data
            let policies = try data.folder.write(
                "p.yaml",
                Data(
                    """
                    kind: AccessPolicy
                    name: all
                    permissions: [read, write, list, delete]
                    duration: 1h
                    ---
                    kind: AccessPolicy
                    name: reading
                    permissions: [read]
                    duration: 30d
                    ---
                    kind: AccessPolicy
                    name: writing
                    permissions: [write]
                    duration: 1h
                    """.utf8))
            try data.must("apply", policies)
            try data.must("asset", "create", "film")
            try data.must("asset", "file", "add", "film", try data.folder.write("source.bin", content))
            server = try RunningServer(data)
            let server = server
            urls = try Dictionary(
                ["all", "reading", "writing"].map { ($0, try Self.issue($0, data, server)) }
            ) { first, _ in first }
        }

        /// A locator of its own under an access policy.
        static func issue(
            _ policy: String, _ data: DataFolder, _ server: RunningServer
        ) throws -> (file: String, list: String, locator: String) {
            let port = String(server.origin.dropFirst("http://".count))
            let outcome = try run(
                Programs.own("keyway"), ["locator", "create", "film", "--sas", "--access", policy, "--json"],
                environment: data.environment.merging(["KEYWAY_LISTEN_ORIGIN": port]) { $1 })
            let json = try outcome.json()
            let url = json["url"] as? String ?? ""
            #expect(url.hasPrefix(server.origin + "/sas/"), "\(outcome.errors)")
            return (url, json["listUrl"] as? String ?? "", json["locator"] as? String ?? "")
        }

        func url(_ policy: String, _ file: String) -> String {
            (urls[policy]?.file ?? "").replacingOccurrences(of: "{file}", with: file)
        }
    }

    private func site() throws -> Published { try Published.shared.get() }

    @Test func originalsAreReadDecryptedAndByRange() throws {
        let site = try site()
        let whole = try curl(site.url("reading", "source.bin"))
        #expect(whole.status == 200)
        #expect(whole.body == site.content)
        #expect(whole.headers["cache-control"] == "no-store")
        #expect(whole.headers["x-content-type-options"] == "nosniff")
        let part = try curl(site.url("reading", "source.bin"), "-r", "262140-262150")
        #expect(part.status == 206)
        #expect(part.body == site.content.subdata(in: 262_140..<262_151))
        let head = try curl(site.url("reading", "source.bin"), "--head")
        #expect(head.headers["content-length"] == "700001")
        #expect(try curl(site.url("reading", "source.bin"), "-r", "700001-").status == 416)
        let tag = try #require(whole.headers["etag"])
        #expect(try curl(site.url("reading", "source.bin"), "-H", "If-None-Match: \(tag)").status == 304)
        #expect(try curl(site.url("reading", "other.bin")).status == 404)
    }

    /// However the files of a version are named: in storage, in the catalog, in the origin's URLs.
    @Test func versionsHaveNoSASURLs() throws {
        let data = try DataFolder()
        let policy = try data.folder.write(
            "p.yaml", Data("kind: AccessPolicy\nname: all\npermissions: [read, write, list, delete]\nduration: 1h".utf8)
        )
        try data.must("apply", policy)
        try data.must("encode", Programs.clip("exo_sample.mp4"), "--asset", "film")
        let server = try RunningServer(data)
        let url = try Published.issue("all", data, server)
        let stored = data.mediaFiles().filter { $0.contains("film/v1/") }
        try #require(!stored.isEmpty)
        let names = stored.flatMap { path -> [String] in
            let parts = path.components(separatedBy: "/")
            return (0..<parts.count).map { parts[$0...].joined(separator: "/") }
        }
        for name in Set(
            names + ["v1", "v1/video", "versions/1/video", "1", "..", "../film", "%2e%2e/media/\(stored[0])"])
        {
            let answer = try curl(url.file.replacing("{file}", with: name))
            #expect([403, 404].contains(answer.status), "\(name)")
        }
        let answer = try curl(url.file.replacing("{file}", with: stored[0].components(separatedBy: "/").last ?? ""))
        #expect(answer.status == 404)
        #expect((answer.member("detail") as? String)?.contains("Versions have no SAS URLs") == true)
        #expect(try (curl(url.list).member("files") as? [Any])?.isEmpty == true)
    }

    /// A download in many ranges is one line a minute, and what gives no bytes is none.
    @Test func readsAreInTheAuditLog() throws {
        let site = try site()
        let own = try Published.issue("reading", site.data, site.server)
        let url = own.file.replacing("{file}", with: "source.bin")
        func events() throws -> [Substring] {
            try site.data.must("audit", "tail", "--lines", "1000").text.split(separator: "\n").filter {
                $0.contains("assetFileRead") && $0.contains("sas:\(own.locator)")
            }
        }
        #expect(try curl(url, "--head").status == 200)
        #expect(try curl(url, "-r", "700001-").status == 416)
        #expect(try curl(url, "-X", "PUT", "-d", "x").status == 403)
        #expect(try events().isEmpty)
        for start in 0..<20 { #expect(try curl(url, "-r", "\(start)-\(start + 9)").status == 206) }
        // The minute may have ended between two of them.
        let found = try events()
        #expect((1...2).contains(found.count))
        #expect(found.allSatisfy { $0.contains("film: source.bin") && $0.contains("client=127.0.0.1") })
        try site.data.must("locator", "revoke", own.locator)
    }

    @Test func originalsAreWrittenListedAndDeleted() throws {
        let site = try site()
        let body = try site.data.folder.write("sent", OriginalSite.content(300_000, seed: 11))
        #expect(try curl(site.url("writing", "sent.bin"), "-T", body).status == 201)
        #expect(try curl(site.url("writing", "sent.bin"), "-T", body).status == 409)
        #expect(try curl(site.url("writing", "x%20y"), "-T", body).status == 409)
        #expect(try eventually { try curl(site.url("all", "sent.bin")).status == 200 })
        #expect(try curl(site.url("all", "sent.bin")).body == OriginalSite.content(300_000, seed: 11))
        let list = try curl(site.urls["all"]?.list ?? "")
        #expect(list.status == 200)
        let names = (list.member("files") as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
        #expect(names == ["sent.bin", "source.bin"])
        #expect(try curl(site.url("all", "sent.bin"), "-X", "DELETE").status == 204)
        #expect(try curl(site.url("all", "sent.bin"), "-X", "DELETE").status == 404)
        #expect(try curl(site.url("all", "sent.bin")).status == 404)
        #expect(try site.data.keyway("audit", "verify").status == 0)
    }

    /// A name is what stands in the URL, and a file's or a folder's.
    @Test func namesAreNotMended() throws {
        let site = try site()
        let text = site.url("all", "{name}")
        func put(_ name: String) throws -> Int {
            try curl(text.replacingOccurrences(of: "{name}", with: name), "-X", "PUT", "-d", "x", "--path-as-is").status
        }
        #expect(try put("n/a") == 201)
        for name in ["n//b", "n/b/", "/n/b", "n", "n/a/b", "n/./b"] { #expect(try put(name) == 409, "\(name)") }
        #expect(try put("N/a/b") == 201)
        #expect(try put("n/ab") == 201)
    }

    /// Every refusal is the same answer.
    @Test func whatIsNotAllowedIsRefusedAlike() throws {
        let site = try site()
        let good = site.url("reading", "source.bin")
        let id = try #require(site.urls["reading"]?.locator)
        let other = try #require(site.urls["all"]?.locator)
        var refused: [Answer] = []
        refused.append(try curl(good.replacingOccurrences(of: "sig=", with: "sig=A")))
        refused.append(try curl(good.replacingOccurrences(of: "sp=r", with: "sp=rw")))
        refused.append(try curl(good.replacingOccurrences(of: "se=", with: "se=9")))
        refused.append(try curl(good.replacingOccurrences(of: id, with: other)))
        refused.append(try curl(good.replacingOccurrences(of: id, with: "00000000-0000-4000-8000-000000000000")))
        refused.append(try curl(good + "&sp=r"))
        refused.append(try curl(String(good.prefix { $0 != "?" })))
        refused.append(try curl(good, "-X", "DELETE"))
        refused.append(try curl(good, "-X", "PUT", "-d", "x"))
        refused.append(try curl(site.urls["reading"]?.list ?? ""))
        refused.append(try curl(site.url("writing", "source.bin")))
        let bodies = refused.map { answer -> String in
            #expect(answer.status == 403)
            var document = (try? JSONSerialization.jsonObject(with: answer.body) as? [String: Any]) ?? [:]
            document["requestId"] = nil
            return "\(document.sorted { $0.key < $1.key })"
        }
        #expect(Set(bodies).count == 1)
    }

    /// Also those that are asked for at the same moment, and as many as the configuration says.
    @Test func locatorsAreAsFewAsItIsSaid() throws {
        let data = try DataFolder(environment: [
            "KEYWAY_SAS_LOCATORS_PER_ASSET": "3", "KEYWAY_LISTEN_ORIGIN": "127.0.0.1:8080",
        ])
        let policy = "kind: AccessPolicy\nname: reading\npermissions: [read]\nduration: 1h\n"
        try data.must("apply", data.folder.write("reading.yaml", Data(policy.utf8)))
        try data.must("asset", "create", "film")
        let ends = Mutex<[Int32]>([])
        DispatchQueue.concurrentPerform(iterations: 6) { _ in
            let end = try? data.keyway("locator", "create", "film", "--sas", "--access", "reading").status
            ends.withLock { $0.append(end ?? -1) }
        }
        #expect(ends.withLock { $0.sorted() } == [0, 0, 0, 65, 65, 65])
    }

    @Test func locatorsEndAtOnceAndAreFew() throws {
        let site = try site()
        func make(_ more: String...) throws -> Outcome {
            try run(
                Programs.own("keyway"), ["locator", "create", "film", "--sas", "--access", "reading", "--json"] + more,
                environment: site.data.environment.merging([
                    "KEYWAY_LISTEN_ORIGIN": String(site.server.origin.dropFirst("http://".count))
                ]) { $1 })
        }
        let fourth = try make().json()
        let url = (fourth["url"] as? String ?? "").replacingOccurrences(of: "{file}", with: "source.bin")
        #expect(try curl(url, "--head").status == 200)
        let later = try make("--start", "2099-01-01T00:00:00Z").json()
        let future = (later["url"] as? String ?? "").replacingOccurrences(of: "{file}", with: "source.bin")
        #expect(try curl(future).status == 403)
        // Five, with the three that the tests share.
        let sixth = try make()
        #expect(sixth.status == 65)
        #expect(sixth.errors.contains("sas.locatorsPerAsset"))
        try site.data.must("locator", "revoke", fourth["locator"] as? String ?? "")
        #expect(try eventually(within: 2) { try curl(url).status == 403 })
        try site.data.must("locator", "revoke", later["locator"] as? String ?? "")
        // They stream nothing.
        let manifest = "\(site.server.origin)/\(site.urls["all"]?.locator ?? "")/film.ism/manifest(format=m3u8-cmaf)"
        #expect(try curl(manifest).status == 404)
    }

    @Test func downloadsOnThisMachineAreDecryptedToo() throws {
        let site = try site()
        let path = site.data.folder.path + "/downloaded"
        try site.data.must("asset", "download", "film", "source.bin", "-o", path)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == site.content)
        #expect(try site.data.keyway("asset", "download", "film", "source.bin", "-o", path).status == 73)
        #expect(try site.data.keyway("asset", "download", "film", "nothing").status == 66)
    }
}
