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
        let remote = try run(
            Programs.own("keyway"), ["import", "azure", v3],
            environment: ["KEYWAY_URL": "http://127.0.0.1:1", "KEYWAY_TOKEN": "x"])
        #expect(remote.status == 69 && remote.errors.contains("local data folder"))
    }
}
