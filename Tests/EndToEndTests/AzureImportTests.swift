import Foundation
import TestSupport
import Testing

/// From a folder of exports to players that keep their tokens: tokens are made by programs that are not ours.
@Suite(.waiting) struct AzureImportTests {
    private static let exports = Programs.repository.appendingPathComponent("Tests/Vectors/azure").path
    private static let python = Programs.repository.appendingPathComponent(".tools/venv/bin/python").path

    /// What PyJWT signs with the sample's key, as the service's samples did.
    private func jwt(plan: String, key: String = "bytes(range(40))", more: String = "") throws -> String {
        let script = """
            import jwt, time
            now = int(time.time())
            print(jwt.encode({"iss": "https://sts.example/", "aud": "media", "nbf": now - 300, "exp": now + 1800,
                "plan": "\(plan)", \(more)
                "urn:microsoft:azure:mediaservices:contentkeyidentifier": "60000000-0000-0000-0000-000000000001"},
                \(key), algorithm="HS256"))
            """
        return try run(Self.python, ["-c", script]).text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// A Simple Web Token as the service's tools wrote it.
    private func swt() throws -> String {
        let script = """
            import base64, hashlib, hmac, time, urllib.parse
            quote = lambda text: urllib.parse.quote(text, safe="").replace("%3A", "%3a").replace("%2F", "%2f")
            text = "&".join(quote(name) + "=" + quote(value) for name, value in [
                ("urn:microsoft:azure:mediaservices:contentkeyidentifier", "00112233-4455-6677-8899-aabbccddeeff"),
                ("Audience", "urn:test"), ("ExpiresOn", str(int(time.time()) + 600)),
                ("Issuer", "http://testissuer.com/")])
            mac = hmac.new(bytes(range(64)), text.encode(), hashlib.sha256).digest()
            print(text + "&HMACSHA256=" + urllib.parse.quote(base64.b64encode(mac), safe=""))
            """
        return try run(Self.python, ["-c", script]).text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    @Test func playersKeepTheirTokens() throws {
        let data = try DataFolder()
        let dry = try data.must("import", "azure", Self.exports + "/v2", Self.exports + "/v3", "--dry-run", "--json")
        #expect(try dry.json()["applied"] as? Bool == false)
        #expect(try data.must("secret", "list").text.contains("primary") == false)
        try data.must("import", "azure", Self.exports + "/v2", Self.exports + "/v3")
        let again = try data.must("import", "azure", Self.exports + "/v2", Self.exports + "/v3").text
        #expect(!again.contains("create ") && again.contains("unchanged ContentKey"))
        #expect(try data.must("audit", "tail").text.contains("keyImported"))
        let server = try RunningServer(data)
        defer { server.stop() }
        let first = server.origin + "/keys/aes?KID=00112233-4455-6677-8899-aabbccddeeff"
        let second = server.origin + "/keys/aes?kid=60000000-0000-0000-0000-000000000001"
        let web = try swt()
        #expect(try curl(first, "-H", "Authorization: Bearer=\(web)").body == Data(0..<16))
        #expect(try curl(first, "-H", "Authorization: Bearer=\(web.replacing("ff&", with: "fe&"))").status == 401)
        #expect(try curl(first).status == 401)
        let token = try jwt(plan: "premium")
        #expect(try curl(second + "&token=" + token).body == Data(16..<32))
        #expect(try curl(second, "-X", "POST", "-d", "", "-H", "Authorization: Bearer \(token)").body == Data(16..<32))
        #expect(try curl(second + "&token=" + jwt(plan: "basic")).status == 403)
        let once = try jwt(plan: "premium", more: #""urn:microsoft:azure:mediaservices:maxuses": "1","#)
        #expect(try curl(second + "&token=" + once).status == 200)
        #expect(try curl(second + "&token=" + once).status == 403)
        #expect(try curl(second + "&token=" + jwt(plan: "premium", key: "bytes(range(1, 41))")).status == 401)
    }

    @Test func mistakesSayWhatToDo() throws {
        let data = try DataFolder()
        let v3 = Self.exports + "/v3"
        let strict = try data.keyway("import", "azure", v3, "--strict")
        #expect(strict.status == 65 && strict.text.contains("--strict"))
        #expect(try data.keyway("key", "show", "60000000-0000-0000-0000-000000000001").status == 66)
        #expect(try data.keyway("import", "azure", "/nowhere").status == 66)
        #expect(try data.keyway("import", "azure", v3, "--prefix", "a b").status == 64)
        let taken = try DataFolder()
        try taken.must(
            "key", "create", "--type", "envelope", "--kid", "60000000-0000-0000-0000-000000000001")
        let conflict = try taken.keyway("import", "azure", v3, "--json")
        #expect(conflict.status == 65)
        #expect(try conflict.json()["applied"] as? Bool == false)
        let reasons = try conflict.json()["errors"] as? [String] ?? []
        #expect(reasons.contains { $0.contains("60000000-0000-0000-0000-000000000001") }, "\(reasons)")
        try data.must("import", "azure", v3, "--prefix", "was-")
        #expect(try data.must("policy", "list").text.contains("was-subscribers"))
        // What lies beside the exports is named, and does not stop them.
        let stray = data.folder.url("notes.ini")
        try Data("[notes]\ndone = no\n".utf8).write(to: stray)
        let beside = try data.must("import", "azure", v3, stray.path, "--prefix", "was-").text
        #expect(beside.contains("left out: \(stray.path)") && beside.hasSuffix("applied\n"))
        let damaged = data.folder.url("damaged.json")
        try Data("{\"options\":[".utf8).write(to: damaged)
        let outcome = try data.keyway("import", "azure", v3, damaged.path)
        #expect(outcome.status == 65 && outcome.errors.contains("nothing was imported"))
    }

    /// Two folders with the same life: one is worked on at the machine, the other by its server.
    private struct Pair {
        let local: DataFolder
        let data: DataFolder
        let server: RunningServer
        let token: String

        init() throws {
            local = try DataFolder()
            data = try DataFolder()
            token = try data.must("admin", "token", "create", "mover", "--role", "key-admin").text
                .trimmingCharacters(in: .whitespacesAndNewlines)
            server = try RunningServer(data)
        }

        func remote(_ arguments: [String], token: String? = nil) throws -> Outcome {
            try run(
                Programs.own("keyway"), ["import", "azure"] + arguments,
                environment: [
                    "KEYWAY_URL": server.admin, "KEYWAY_TOKEN": token ?? self.token, "KEYWAY_DATA": "/nowhere",
                ])
        }

        func expectSame(_ arguments: [String], status: Int32) throws {
            let here = try run(
                Programs.own("keyway"), ["import", "azure"] + arguments, environment: local.environment)
            let there = try remote(arguments)
            #expect(there.text == here.text, "\(arguments)")
            #expect(there.errors == here.errors, "\(arguments)")
            #expect(here.status == status && there.status == status, "\(arguments): \(here.errors) \(there.errors)")
        }
    }

    @Test(arguments: [[], ["--json"]])
    func aServerGivesTheSame(extra: [String]) throws {
        let pair = try Pair()
        defer { pair.server.stop() }
        let (v2, v3) = (Self.exports + "/v2", Self.exports + "/v3")
        let folder = try Folder()
        let damaged = try folder.write("damaged.json", Data("{\"options\":[".utf8))
        let stray = try folder.write("notes.ini", Data("[notes]\ndone = no\n".utf8))
        let large = try folder.write("large.bin", Data(repeating: 0x21, count: 5 << 20))
        try pair.expectSame([v2, v3, "--dry-run"] + extra, status: 0)
        try pair.expectSame([v3, "--strict"] + extra, status: 65)
        try pair.expectSame([v3, damaged] + extra, status: 65)
        try pair.expectSame([v3, "--prefix", "a b"] + extra, status: 64)
        try pair.expectSame(["/nowhere"] + extra, status: 66)
        try pair.expectSame([v2, v3, stray, large, "--prefix", "was-"] + extra, status: 0)
        // The second time everything is there.
        try pair.expectSame([v2, v3, stray, "--prefix", "was-"] + extra, status: 0)
        // Under other names the keys' policies would be others.
        try pair.expectSame([v2, v3] + extra, status: 65)
        let key = pair.server.origin + "/keys/aes?KID=00112233-4455-6677-8899-aabbccddeeff"
        #expect(try curl(key, "-H", "Authorization: Bearer=\(try swt())").body == Data(0..<16))
        let tail = try pair.data.must("audit", "tail", "-n", "200", "--json").json()["records"] as? [[String: Any]]
        let events = tail?.compactMap { $0["event"] as? [String: Any] } ?? []
        let actors = events.filter { $0["action"] as? String == "keyImported" }.compactMap { $0["actor"] as? String }
        #expect(Set(actors) == ["mover"])
        #expect(try pair.data.must("audit", "verify").text.hasPrefix("intact"))
    }

    /// Whoever may not make keys imports nothing; what no request carries is refused before it is sent.
    @Test func aServerIsAskedForWhatItTakes() throws {
        let pair = try Pair()
        defer { pair.server.stop() }
        let v3 = Self.exports + "/v3"
        let token = try pair.data.must("admin", "token", "create", "other", "--role", "operator").text
            .trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(try pair.remote([v3], token: token).status == 77)
        let folder = try Folder()
        var value = Data("{\"value\":[".utf8)
        value.append(Data(repeating: 0x20, count: (4 << 20) - 100))
        value.append(Data("]}".utf8))
        for number in 0..<5 { _ = try folder.write("page-\(number).json", value) }
        let refused = try pair.remote([folder.path])
        #expect(refused.status == 65 && refused.errors.contains("16 MiB at once"), "\(refused.errors)")
        // What fits is taken, as large as it is.
        for number in 3..<5 { try FileManager.default.removeItem(atPath: folder.path + "/page-\(number).json") }
        #expect(try pair.remote([folder.path]).status == 0)
        for (body, field) in [
            (#"{"files":[{"name":"a","content":"!"}]}"#, "/files/0/content"), (#"{"files":[]}"#, "/files"),
            (#"{"files":[{"name":"a","content":"AA=="}],"prefix":"a b"}"#, "/prefix"),
            (#"{"files":[{"name":"a","content":"e30="}],"dryrun":true}"#, "/dryrun"),
        ] {
            let answer = try curl(
                pair.server.admin + "/v1/azure-imports", "-X", "POST", "-H", "Authorization: Bearer \(pair.token)",
                "-H",
                "Content-Type: application/json", "-d", body)
            let errors = answer.member("errors") as? [[String: Any]]
            #expect([400, 422].contains(answer.status) && errors?.first?["field"] as? String == field, "\(body)")
        }
    }
}
