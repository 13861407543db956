import Foundation
import TestSupport
import Testing

/// What the command line does with media over the admin API is what it does on the data folder.
@Suite(.serialized, .waiting) struct RemoteAssetTests {
    private final class Served {
        let data: DataFolder
        let server: RunningServer
        private let token: String

        init() throws {
            data = try DataFolder()
            token = try data.must("admin", "token", "create", "op", "--role", "operator").text
                .trimmingCharacters(in: .whitespacesAndNewlines)
            server = try RunningServer(data)
        }

        deinit {
            server.stop()
        }

        var environment: [String: String] {
            ["KEYWAY_URL": server.admin, "KEYWAY_TOKEN": token, "XDG_STATE_HOME": data.folder.path + "/state"]
        }

        func remote(_ arguments: String...) throws -> Outcome {
            try run(Programs.own("keyway"), arguments, environment: environment)
        }

        func ask(_ path: String, _ options: String...) throws -> Answer {
            try curlWith(server.admin + path, ["-H", "Authorization: Bearer \(token)"] + options)
        }
    }

    /// What the manifests of a set say goes with its files; warnings name these as they are here.
    @Test func setsGoThereWithTheirText() throws {
        let site = try Served()
        let manifest = try SmoothSet.whole(site.data.folder)
        let here = try site.data.must("asset", "upload", "here", manifest, "--json").json()
        let outcome = try site.remote("asset", "upload", "there", manifest, "--json")
        #expect(outcome.status == 0, "\(outcome.errors)")
        let there = try outcome.json()
        let tracks = try #require(there["tracks"] as? [[String: Any]])
        #expect(tracks as NSArray == here["tracks"] as? NSArray)
        #expect(tracks.compactMap { $0["label"] as? String }.contains("Français"))
        #expect(there["warnings"] as? [String] == here["warnings"] as? [String])
    }

    @Test func mediaGoesThereAndComesBack() throws {
        let site = try Served()
        let clips = ["184k", "283k"].map { Programs.clip("interview_\($0).mp4") }
        let here = try site.data.must("asset", "upload", "here", clips[0], clips[1], "--json").json()
        let there = try site.remote("asset", "upload", "there", clips[0], clips[1], "--json")
        #expect(there.status == 0)
        // The same but for names and numbers of its own.
        let tracks = try there.json()["tracks"] as? NSArray
        #expect(tracks != nil && tracks == here["tracks"] as? NSArray)
        #expect(try there.json()["warnings"] as? NSArray == here["warnings"] as? NSArray)
        // What was sent for it is not kept.
        let files = try site.remote("asset", "file", "list", "there", "--json").json()["files"] as? [Any]
        #expect(files?.isEmpty == true)

        try #expect(site.remote("asset", "file", "add", "there", clips[0], "--name", "m.mp4").status == 0)
        let second = try site.remote("asset", "upload", "there", "asset:there/m.mp4", "--json").json()
        #expect(second["version"] as? Int == 2)
        let whole = try Data(contentsOf: URL(fileURLWithPath: clips[0]))
        let path = site.data.folder.path + "/copy.mp4"
        for begun in [0, 1, 100_000, whole.count] {
            try whole.prefix(begun).write(to: URL(fileURLWithPath: path + ".part"))
            let outcome = try site.remote("asset", "download", "there", "m.mp4", "-o", path, "--json")
            #expect(outcome.status == 0)
            #expect(try outcome.json()["resumedAt"] as? Int == begun)
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == whole)
            try FileManager.default.removeItem(atPath: path)
        }
        // What was begun is of another file.
        try Data(count: 1000).write(to: URL(fileURLWithPath: path + ".part"))
        let other = try site.remote("asset", "download", "there", "m.mp4", "-o", path)
        #expect(other.status == 65 && other.errors.contains("SHA-256"))
        #expect(!FileManager.default.fileExists(atPath: path))

        let address = "/v1/assets/there/files/m.mp4/content"
        let range = try site.ask(address, "-r", "5-9")
        #expect(range.status == 206 && range.body == whole.subdata(in: 5..<10))
        #expect(range.headers["content-range"] == "bytes 5-9/\(whole.count)")
        #expect(try site.ask(address, "-r", "-5").body == whole.suffix(5))
        #expect(try site.ask(address, "-r", "\(whole.count)-").status == 416)
        #expect(try site.ask(address, "-r", "0-4", "-H", "If-Range: \"other\"").body == whole)
        func readings() throws -> Int {
            try site.data.must("audit", "tail", "--lines", "1000").text.components(separatedBy: "assetFileRead").count
                - 1
        }
        let before = try readings()
        #expect(before > 0)
        #expect(try site.ask(address, "-I").status == 200)
        #expect(try readings() == before)
        #expect(try site.ask(address, "-r", "7-7").status == 206)
        #expect(try readings() == before + 1)
        #expect(try site.ask("/v1/assets/there/files/none/content").status == 404)
        #expect(try curl(site.server.admin + address).status == 401)
    }

    /// Files of here and originals of there, joined, with subtitles and a preset that the server has never heard of.
    @Test func filesAreEncodedThere() throws {
        let site = try Served()
        let clip = Programs.clip("exo_sample.mp4")
        let preset = try site.data.folder.write(
            "small.yaml",
            Data(
                """
                kind: EncodingPreset
                name: small
                video: { codec: h264, renditions: [{ width: 160, height: 90, bitrate: 60k }] }
                audio: [{ codec: aac, channels: 1, bitrate: 48k }]
                """.utf8))
        let text = try site.data.folder.write(
            "film.srt", Data("1\n00:00:00,000 --> 00:00:01,000\nOne\n".utf8))
        let options = ["--preset-file", preset, "--subtitles", text + ":en", "--end", "1.5", "--json"]
        // No name of an original.
        let named = site.data.folder.path + "/Ä film (1).mp4"
        try FileManager.default.copyItem(atPath: clip, toPath: named)
        let here = try run(
            Programs.own("keyway"), ["encode", clip, "--asset", "here"] + options, environment: site.data.environment)
        let there = try run(
            Programs.own("keyway"), ["encode", named, "--asset", "there"] + options, environment: site.environment)
        try #require(here.status == 0 && there.status == 0, "\(here.errors) \(there.errors)")
        func job(_ outcome: Outcome) throws -> [String: Any] {
            var job = try #require((try outcome.json()["jobs"] as? [[String: Any]])?.first)
            for name in ["id", "asset", "input"] { #expect(job.removeValue(forKey: name) is String) }
            return job
        }
        #expect(try job(here) as NSDictionary == job(there) as NSDictionary)
        func tracks(_ name: String) throws -> [NSDictionary] {
            try (site.remote("asset", "show", name, "--json").json()["tracks"] as? [[String: Any]] ?? []).map { track in
                ["name", "codec", "width", "segments"].reduce(into: [String: Any]()) { $0[$1] = track[$1] }
                    as NSDictionary
            }
        }
        let made = try tracks("there")
        #expect(try made == tracks("here"))
        // Pictures, sound, and text in both of its forms.
        #expect(made.count == 4)
        #expect(
            try (site.remote("asset", "file", "list", "there", "--json").json()["files"] as? [Any])?.isEmpty == true)

        // Several become one; what is there already is not sent, and stays.
        try #require(site.remote("asset", "file", "add", "there", clip, "--name", "m.mp4").status == 0)
        let joined = try run(
            Programs.own("keyway"),
            ["encode", "asset:there/m.mp4", clip, "--join", "--asset", "joined", "--preset-file", preset, "--json"],
            environment: site.environment)
        #expect(joined.status == 0, "\(joined.errors)")
        #expect(try site.remote("asset", "show", "joined", "--json").json()["version"] as? Int == 1)
        let left = try site.remote("asset", "file", "list", "there", "--json").json()["files"] as? [Any]
        #expect(left?.count == 1)

        // What cannot be read is said as on the machine, and what cannot be encoded, too.
        for file in ["/nowhere/x.mp4", preset] {
            let arguments = ["encode", file, "--asset", "bad", "--preset-file", preset]
            let local = try run(Programs.own("keyway"), arguments, environment: site.data.environment)
            let remote = try run(Programs.own("keyway"), arguments, environment: site.environment)
            #expect(local.status != 0 && remote.status == local.status, "\(file): \(remote.errors)")
        }
        let submit = try site.ask(
            "/v1/jobs", "-H", "Content-Type: application/json", "-d",
            #"{"transform":"adaptive","asset":"x","inputs":["asset:there/m.mp4"],"order":"{}"}"#)
        #expect(submit.status == 422)
    }

    @Test func pathsAreSignedWithoutTheSecretLeaving() throws {
        let site = try Served()
        try site.data.must("secret", "set", "urls", input: Data("hex:\(String(repeating: "3c", count: 32))".utf8))
        let document = try site.data.folder.write(
            "e.yaml", Data("kind: StreamingEndpoint\nname: default\nsignedURLs: { secret: urls }\n".utf8))
        try site.data.must("apply", document)
        let there = try site.remote("endpoint", "sign", "/abc/", "--ip", "192.0.2.1", "--expires", "1h", "--json")
        #expect(there.status == 0)
        let report = try there.json()
        #expect((report["query"] as? String)?.hasPrefix("kw=") == true)
        #expect((report["cookie"] as? String)?.contains("Path=/abc/") == true)
        #expect(try site.remote("endpoint", "sign", "abc").status == 65)
        #expect(try site.remote("endpoint", "sign", "/abc/", "--endpoint", "none").status == 66)
        #expect(try site.remote("endpoint", "sign", "/abc/", "--alternate").status == 65)
    }

    @Test func accessPoliciesAreMadeListedAndDeleted() throws {
        let site = try Served()
        let made = try site.remote(
            "access-policy", "create", "supplier", "--permissions", "write,list", "--duration", "12h", "--json")
        let shown = try site.data.must("access-policy", "show", "supplier", "--json").json()
        #expect(try made.json() as NSDictionary == shown as NSDictionary)
        try #expect(site.remote("asset", "create", "film").status == 0)
        try #expect(site.remote("locator", "create", "film", "--sas", "--access", "supplier").status == 0)
        #expect(try site.remote("access-policy", "show", "supplier", "--json").json()["locators"] as? Int == 1)
        let open = try site.remote("access-policy", "delete", "supplier")
        #expect(open.status == 65 && open.errors.contains("1 locator under it is open"), "\(open.errors)")
        #expect(open.errors.contains("keyway locator revoke"))
        try #expect(
            site.remote("access-policy", "create", "unused", "--permissions", "read", "--duration", "1h").status == 0)
        try #expect(site.remote("access-policy", "delete", "unused").status == 0)
        let wrong = try site.remote("access-policy", "create", "x", "--permissions", "fly", "--duration", "1h")
        #expect(wrong.status == 64 && wrong.errors.contains("--permissions"))
        let list = try site.remote("access-policy", "list", "--json").json()["policies"] as? [[String: Any]]
        #expect(list?.compactMap { $0["name"] as? String } == ["supplier"])
        // What was open stays known with its policy; the way out is said, and is one.
        let locators = try site.remote("locator", "list", "--asset", "film", "--json").json()["locators"]
        let id = try #require((locators as? [[String: Any]])?.first?["id"] as? String)
        #expect(try site.remote("locator", "revoke", id).status == 0)
        let held = try site.remote("access-policy", "delete", "supplier")
        #expect(held.status == 65 && held.errors.contains("'keyway asset delete'"), "\(held.errors)")
        #expect(try site.remote("asset", "delete", "film").status == 0)
        #expect(try site.remote("access-policy", "delete", "supplier").status == 0)
    }
}
