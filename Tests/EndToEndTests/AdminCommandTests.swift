import Foundation
import TestSupport
import Testing

/// Every verb says the same on the data folder and over the admin API.
@Suite(.serialized, .waiting) struct AdminCommandTests {
    /// Of its own: what others write to the audit log meanwhile would differ between two looks.
    private static let shared = Result { try AdminSite() }
    let site: AdminSite

    init() throws {
        site = try Self.shared.get()
    }

    private func expectSame(
        _ arguments: [String], input: Data = Data(), status: Int32 = 0, _ comment: String = ""
    ) throws {
        for extra in [[], ["--json"]] {
            let local = try site.local(arguments + extra, input: input)
            let remote = try site.remote(arguments + extra, input: input)
            #expect(remote.text == local.text, "\(arguments) \(comment)")
            #expect(remote.errors == local.errors, "\(arguments) \(comment)")
            #expect(remote.status == local.status)
            // What the command line itself has wrong ends with 64: CommandLineTests says what that is.
            #expect(
                local.status == status || status == 65 && local.status == 64, "\(arguments): \(local.errors)")
        }
    }

    @Test(arguments: [
        ["key", "list"], ["key", "list", "--limit", "1"], ["key", "show", "demo-standalone"], ["secret", "list"],
        ["policy", "list"], ["policy", "show", "demo-viewers"], ["policy", "show", "hls-cbcs"],
        ["policy", "validate", "Policies", "Keys"], ["apply", "--dry-run", "Policies", "Keys"],
        ["apply", "Policies", "Keys"], ["asset", "list"], ["asset", "show", "film"], ["locator", "list"],
        ["locator", "list", "--asset", "film"], ["admin", "token", "list"], ["revocation", "list"],
        ["encryptor", "list"], ["origin", "list"], ["audit", "verify"],
        ["audit", "tail"], ["audit", "tail", "-n", "3"], ["audit", "tail", "-n", "0"], ["version"], ["kek", "status"],
        ["key", "list", "--search", "demo"], ["key", "list", "--type", "common", "--limit", "1"],
        ["key", "list", "--state", "disabled"], ["key", "list", "--created-from", "2020-01-01T00:00:00Z"],
        ["endpoint", "list"], ["asset", "versions", "film"], ["job", "list"], ["job", "list", "--state", "finished"],
        ["job", "list", "--asset", "film", "--limit", "1"], ["transform", "list"], ["transform", "show", "adaptive"],
        ["transform", "validate", "Policies", "Keys"], ["notification", "list"], ["notification", "log"],
        ["preset", "list"], ["preset", "show", "h264multiplebitratesd"], ["preset", "show", "AdaptiveStreaming"],
        ["key", "seed", "list"], ["audit", "prune", "--before", "2020-01-01T00:00:00Z"],
    ])
    func verbsThatShow(arguments: [String]) throws {
        try expectSame(arguments)
    }

    static let missing: [[String]] = [
        ["key", "show", "nobody"], ["asset", "show", "nobody"], ["preset", "show", "nobody"],
        ["policy", "show", "nobody"],
        ["secret", "delete", "nobody"], ["policy", "delete", "nobody"], ["policy", "explain", "nobody"],
        ["locator", "revoke", "2b0d10f5-8792-4723-802d-556e59577797"],
        ["key", "enable", "nobody"], ["key", "disable", "nobody"], ["key", "rotate", "nobody"],
        ["key", "rotate", "--asset", "nobody"], ["key", "delete", "nobody"], ["key", "delete", "nobody", "--now"],
        ["key", "restore", "nobody"], ["key", "export", "nobody", "--clear", "--yes-clear"],
        ["key", "create", "--seed", "nobody"],
        ["apply", "no-such-file.yaml"], ["admin", "token", "revoke", "nobody"],
        ["revocation", "remove", "00000000000000000000000000000000"],
        ["encryptor", "revoke", "nobody"], ["origin", "revoke", "nobody"],
        ["job", "show", "2b0d10f5-8792-4723-802d-556e59577797"], ["transform", "show", "nobody"],
        ["transform", "delete", "nobody"],
        ["job", "cancel", "2b0d10f5-8792-4723-802d-556e59577797"],
        ["job", "retry", "2b0d10f5-8792-4723-802d-556e59577797"], ["notification", "log", "--endpoint", "nobody"],
        ["job", "list", "--after", "2b0d10f5-8792-4723-802d-556e59577797"],
        ["job", "submit", "--transform", "nobody", "--asset", "x", "/nowhere"],
        ["publish", "nobody", "--delivery", "hls-aes"],
        ["endpoint", "show", "nobody"], ["endpoint", "start", "nobody"], ["endpoint", "stop", "nobody"],
        ["endpoint", "delete", "nobody"], ["asset", "takedown", "nobody"], ["asset", "restore", "nobody"],
        ["asset", "versions", "nobody"], ["asset", "rollback", "nobody"], ["asset", "rollback", "film", "--to", "99"],
    ]
    static let wrong: [[String]] = [
        ["key", "show", "../x y"], ["transform", "delete", "adaptive"], ["transform", "delete", "../x"],
        ["transform", "put", "mine", "README.md"], ["transform", "put", "../x", "Policies/demo-access.yaml"],
        ["job", "show", "../x"], ["job", "list", "--state", "asleep"],
        ["job", "submit", "--transform", "adaptive", "--asset", "../x", "/nowhere"],
        ["job", "submit", "--transform", "adaptive", "--asset", "x", "--priority", "2000", "/nowhere"],
        ["locator", "revoke", "x"],
        ["publish", "film", "--delivery", "nobody"],
        [
            "key", "create", "--type", "common", "--name", "demo-standalone", "--kid",
            "7f1d0a4c-3f53-4d8e-9f6b-2d1c0e5a7b90",
        ],
        ["key", "create", "--type", "common", "--auth", "nobody"], ["key", "create", "--type", "storage"],
        ["admin", "token", "create", "the-reader", "--role", "reader"], ["policy", "delete", "demo-viewers"],
        ["key", "list", "--limit", "0"], ["revocation", "add", "--token-hash", "12"],
        ["revocation", "add", "--key", String(repeating: "0g", count: 32)],
        ["revocation", "add", "--subject", "x", "--expires", "soon"], ["revocation", "add"],
        ["revocation", "add", "--subject", "x", "--token-id", "y"],
        ["encryptor", "create", "x", "--policy", "nobody"],
        ["encryptor", "create", "../x", "--policy", "demo-viewers"],
        ["asset", "rollback", "film"], ["key", "restore", "demo-standalone"],
        ["key", "delete", "demo-standalone", "--after", "soon"], ["key", "export", "demo-standalone"],
        ["key", "seed", "create", "s", "--type", "storage", "--random"],
        ["audit", "prune", "--before", "2999-01-01T00:00:00Z"],
        ["audit", "export", "--from", "x", "--output", "/dev/null"],
        ["audit", "verify", "--public-key", "LICENSE"],
    ]

    @Test(arguments: missing) func verbsThatFindNothing(arguments: [String]) throws {
        try expectSame(arguments, status: 66)
    }

    @Test(arguments: wrong) func verbsThatAreRefused(arguments: [String]) throws {
        try expectSame(arguments, status: 65)
    }

    @Test func wrongDocumentsAreToldAlike() throws {
        let folder = try Folder()
        let wrong = try folder.write(
            "wrong.yaml",
            Data(
                """
                kind: DeliveryPolicy
                name: x
                protocls: [hls]
                encryption: cbcs
                ---
                kind: AuthorizationPolicy
                name: y
                options:
                  - name: a
                    delivery: [aes]
                    restrictions:
                      - token: { type: jwt, issuer: i, audience: a, verificationKeys: [{ pem: nowhere.pem, algorithms: [RS256] }] }
                """.utf8))
        try expectSame(["apply", wrong], status: 65)
        try expectSame(["policy", "validate", folder.path], status: 65)
        let empty = try Folder()
        try expectSame(["apply", empty.path], status: 65)
    }

    /// Public keys that documents name travel with them.
    @Test func publicKeysTravel() throws {
        let document =
            "kind: AuthorizationPolicy\nname: by-key\noptions:\n  - name: a\n    delivery: [aes]\n    restrictions:\n"
            + "      - token: { type: jwt, issuer: i, audience: a, verificationKeys: [{ pem: k.pem, algorithms: [ES256] }] }\n"
        let folder = try Folder()
        _ = try folder.write("p.yaml", Data(document.utf8))
        let pem = Programs.repository.appendingPathComponent("Keys/demo-partner.pub.pem")
        let key = try Data(contentsOf: pem)
        _ = try folder.write("k.pem", key)
        let remote = try site.remote(["apply", folder.path + "/p.yaml"])
        if remote.status == 65 {  // The demo's key may be an RSA key.
            #expect(remote.errors.contains("does not go with an RSA key"))
        } else {
            #expect(remote.text.contains("create AuthorizationPolicy by-key"))
            try expectSame(["apply", folder.path + "/p.yaml"])
            try expectSame(["policy", "show", "by-key"])
        }
    }

    /// Verbs that change something, once each way, under names that differ in the last letter only.
    @Test func verbsThatChange() throws {
        func same(_ arguments: [String], input: String = "", kid: (String, String)? = nil) throws {
            for json in [[], ["--json"]] {
                let suffix = json.isEmpty ? "1" : "2"
                func named(_ letter: String) -> [String] {
                    arguments.map { $0.replacingOccurrences(of: "NAME", with: "n\(letter)\(suffix)") } + json
                }
                let local = try site.local(named("a"), input: Data(input.utf8))
                let remote = try site.remote(named("b"), input: Data(input.utf8))
                #expect(local.status == 0, "\(arguments) \(local.errors)")
                #expect(remote.status == 0, "\(arguments) \(remote.errors)")
                #expect(neutral(remote.text) == neutral(local.text), "\(arguments)")
            }
        }
        try same(["secret", "set", "NAME"], input: "base64:AP8A/w==")
        try same(["secret", "delete", "NAME"])
        try same(["key", "seed", "create", "NAMEz", "--type", "common", "--random"])
        try same(["key", "create", "--seed", "NAMEz", "--name", "NAMEz"])
        try same([
            "key", "create", "--type", "common", "--name", "NAMEx", "--label", "hd", "--not-before",
            "2026-01-01T00:00:00Z",
        ])
        try same(["key", "disable", "NAMEx"])
        try same(["key", "enable", "NAMEx"])
        try same(["key", "rotate", "NAMEx"])
        try same(["key", "delete", "NAMEx", "--after", "30d"])
        try same(["key", "create", "--type", "common", "--name", "NAMEy"])
        try same(["key", "delete", "NAMEy", "--now"])
        try same(["key", "create", "--type", "common-cbcs", "--name", "NAME", "--auth", "demo-viewers"])
        try same(["key", "show", "NAME"])
        try same(["admin", "token", "create", "NAME", "--role", "reader", "--expires", "1h"])
        try same(["admin", "token", "revoke", "NAME"])
        try same(["publish", "film", "--auth", "demo-viewers", "--delivery", "hls-aes", "--delivery", "dash-cenc"])
        try same(["locator", "create", "film", "--delivery", "hls-aes", "--end", "2027-06-01T00:00:00Z"])
    }

    /// What is turned off here is off there.
    @Test func endpointsAndAssetsAreTurnedOffThereAndHere() throws {
        let folder = try Folder()
        let document = "kind: StreamingEndpoint\nname: other\nhosts: [other.example]\nlimits: { connections: 5 }\n"
        let file = try folder.write("e.yaml", Data(document.utf8))
        #expect(try site.remote(["apply", file]).text.contains("create StreamingEndpoint other"))
        try expectSame(["apply", file])
        try expectSame(["endpoint", "show", "other"])
        #expect(try site.remote(["endpoint", "stop", "other"]).text == "endpoint other is stopped\n")
        try expectSame(["endpoint", "stop", "other"])
        try expectSame(["endpoint", "list"])
        #expect(try site.remote(["endpoint", "start", "other"]).text == "endpoint other is running\n")
        for role in ["reader"] {
            #expect(try site.remote(["endpoint", "stop", "other"], role: role).status == 77)
            #expect(try site.remote(["asset", "takedown", "film"], role: role).status == 77)
            #expect(try site.remote(["endpoint", "list"], role: role).status == 0)
        }
        #expect(try site.remote(["endpoint", "delete", "other"]).text == "deleted endpoint other\n")
        #expect(try site.remote(["asset", "takedown", "film", "--reason", "a word"]).status == 0)
        try expectSame(["asset", "takedown", "film"])
        try expectSame(["publish", "film", "--delivery", "hls-aes"], status: 65)
        #expect(try site.remote(["asset", "restore", "film"]).text == "asset film is served again\n")
        try expectSame(["asset", "restore", "film"])
        try expectSame(["asset", "rollback", "film", "--to", "1"])
    }

    /// Key bytes go in and out the same way, and only for who may.
    @Test func keysTravel() throws {
        let kids = ["11111111-2222-4333-8444-00000000000a", "11111111-2222-4333-8444-00000000000b"]
        let value = Data("hex:000102030405060708090a0b0c0d0e0f".utf8)
        func arguments(_ kid: String) -> [String] { ["key", "import", "--type", "common", "--kid", kid, "--json"] }
        let local = try site.local(arguments(kids[0]), input: value)
        let remote = try site.remote(arguments(kids[1]), input: value)
        #expect(local.status == 0 && neutral(remote.text) == neutral(local.text), "\(remote.errors)")
        #expect(try site.remote(arguments(kids[1]), input: value).status == 65)
        let short = try site.remote(arguments("11111111-2222-4333-8444-00000000000c"), input: Data("hex:00".utf8))
        #expect(short.status == 65 && short.errors.contains("has 16 bytes, not 1"))
        let out = try site.remote(["key", "export", kids[1], "--clear", "--yes-clear"]).json()
        #expect(out["key"] as? String == "AAECAwQFBgcICQoLDA0ODw==")
        #expect(try site.remote(["key", "export", kids[1], "--clear"]).status == 77)
        for role in ["reader", "operator"] {
            let refused = try site.remote(["key", "export", kids[1], "--clear", "--yes-clear"], role: role)
            #expect(refused.status == 77 && !refused.text.contains("AAEC"))
            #expect(try site.remote(["kek", "rotate"], role: role).status == 77)
        }
        let told = try site.local(["audit", "tail", "-n", "50"]).text
        #expect(told.contains("keyExported") && told.contains("actor=the-key-admin"))
        #expect(!told.contains("AAEC"))
    }

    @Test func keysThatEncryptKeysRotateThereAndHere() throws {
        let before = try site.local(["kek", "status", "--json"]).json()["versions"] as? [[String: Any]] ?? []
        let remote = try site.remote(["kek", "rotate", "--json"])
        #expect(remote.status == 0, "\(remote.errors)")
        #expect(try remote.json()["version"] as? Int == before.count + 1)
        #expect(try remote.json()["remaining"] as? Int == 0)
        let local = try site.local(["kek", "rotate", "--json"])
        #expect(try local.json()["version"] as? Int == before.count + 2)
        let retired = try site.remote(["kek", "rotate", "--retire"])
        #expect(retired.status == 0 && retired.text.contains("retired version 1"), "\(retired.errors)")
        try expectSame(["kek", "status"])
        #expect(try curl(site.server.origin + "/keys/aes?kid=11111111-2222-4333-8444-000000000000").status == 404)
    }

    @Test func theAuditLogIsSignedThereAndHere() throws {
        let folder = try Folder()
        // Enough for the export below, whatever else was run.
        for _ in 0..<30 {
            #expect(try curl(site.server.origin + "/keys/aes?kid=11111111-2222-4333-8444-000000000000").status == 404)
        }
        #expect(try site.remote(["audit", "checkpoint", "--sign"], role: "reader").status == 77)
        // Another test retires key-encryption keys meanwhile; the server takes up the newest by itself.
        let checkpoint = try site.remote(["audit", "checkpoint", "--sign"], role: "operator")
        #expect(checkpoint.status == 0, "\(checkpoint.errors)")
        try expectSame(["audit", "public-key"])
        let key = try folder.write("key.pem", site.remote(["audit", "public-key"], role: "reader").output)
        let kept = try folder.write("checkpoint.json", checkpoint.output)
        try expectSame(["audit", "verify", "--public-key", key, "--checkpoint", kept])
        let (here, there) = (folder.path + "/here.jsonl", folder.path + "/there.jsonl")
        #expect(try site.local(["audit", "export", "--to", "30", "--output", here]).status == 0)
        #expect(try site.remote(["audit", "export", "--to", "30", "--output", there], role: "reader").status == 0)
        let lines = try String(contentsOfFile: here, encoding: .utf8)
        #expect(try lines == String(contentsOfFile: there, encoding: .utf8))
        #expect(try site.remote(["audit", "export", "--to", "30"]).text == lines)
        #expect(lines.split(separator: "\n").filter { $0.hasPrefix("{\"record\"") }.count == 30)
        #expect(try site.remote(["audit", "prune", "--before", "2020-01-01T00:00:00Z"], role: "operator").status == 77)
        // Nothing is left beside a finished export.
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 4)
        #expect(try site.local(["audit", "export", "--output", "/nowhere/x"]).status == 73)
    }

    /// Without what differs from one run to the next.
    private func neutral(_ text: String) -> String {
        text.replacing(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/, with: "UUID")
            .replacing(/20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ/, with: "TIME").replacing(/kwa_[\w-]{43}/, with: "TOKEN")
            // A key's checksum is 8 bytes in base64.
            .replacing(/[A-Za-z0-9+\/]{11}=/, with: "CHECKSUM").replacing(/n[ab]([12])/, with: { "NAME\($0.output.1)" })
    }

    @Test func whyARequestWasRefused() throws {
        let list = try site.local(["key", "show", "demo-standalone", "--json"]).json()
        let kid = try #require(list["keyId"] as? String)
        let answer = try curl("\(site.server.origin)/keys/aes?kid=\(kid)")
        let request = try #require(answer.member("requestId") as? String)
        let explained = try site.remote(["policy", "explain", request], role: "reader").text
        #expect(explained.contains("web     token  NO     the request carries no token"))
        #expect(explained.contains("denied: the request carries no token (policy demo-viewers)"))
        try expectSame(["policy", "explain", request])
        let token = try site.local(["token", "issue", "--policy", "demo-viewers"]).text
            .trimmingCharacters(in: .whitespacesAndNewlines)
        try expectSame(["policy", "test", "--kid", kid, "--token-file", "-"], input: Data(token.utf8))
        try expectSame(["policy", "test", "--kid", kid, "--ip", "192.0.2.1"], status: 77)
        #expect(
            try curl("\(site.server.origin)/keys/aes?kid=\(kid)", "-H", "Authorization: Bearer \(token)").status == 200)
        let tail = try site.local(["audit", "tail", "-n", "1", "--json"]).text
        #expect(!tail.contains(token))
    }

    @Test(arguments: [
        ["restore", "x"], ["token", "issue", "--issuer", "i", "--audience", "a", "--secret", "demo-sts"], ["serve"],
    ])
    func verbsOfTheFolderSaySo(arguments: [String]) throws {
        let outcome = try site.remote(arguments)
        #expect(outcome.status == 69)
        #expect(outcome.errors.contains("works on the local data folder only"))
    }

    @Test func whoMayNotIsToldSo() throws {
        let refused = try site.remote(["key", "create", "--type", "common"], role: "operator")
        #expect(refused.status == 77)
        #expect(refused.errors.contains("it takes key-admin"))
        #expect(try site.remote(["key", "list"], role: "nobody").status == 77)
        let unknown = try run(
            Programs.own("keyway"), ["key", "list"],
            environment: ["KEYWAY_URL": site.server.admin, "KEYWAY_TOKEN": "kwa_unknown"])
        #expect(unknown.status == 77)
        #expect(!unknown.errors.contains("kwa_unknown"))
        let plain = try run(
            Programs.own("keyway"), ["key", "list"],
            environment: ["KEYWAY_URL": "http://keys.example", "KEYWAY_TOKEN": "kwa_unknown"])
        #expect(plain.status == 65)
        #expect(plain.errors.contains("must start with https:"))
        let gone = try run(
            Programs.own("keyway"), ["key", "list"],
            environment: ["KEYWAY_URL": "http://127.0.0.1:1", "KEYWAY_TOKEN": "kwa_unknown"])
        #expect(gone.status == 69)
        let both = try site.remote(["key", "list", "--data", "/tmp"])
        #expect(both.status == 64)
    }

    /// What one way stores the other way shows, replaces and deletes.
    @Test func transformsAreStoredOneByOne() throws {
        func document(_ description: String) -> Data {
            Data("description: \(description)\ntasks: [{ kind: encode, preset: adaptive }]".utf8)
        }
        let site = site
        let here: Verb = { try site.local($0, input: $1) }
        let there: Verb = { try site.remote($0, input: $1) }
        for (first, second) in [(here, there), (there, here)] {
            #expect(try first(["transform", "put", "single"], document("one")).text == "create Transform single\n")
            let again = try second(["transform", "put", "single", "--new"], document("two"))
            #expect(again.status == 65 && again.errors.contains("transform 'single' is there already"))
            #expect(try second(["transform", "put", "single"], document("one")).text == "unchanged Transform single\n")
            #expect(try second(["transform", "put", "single"], document("two")).text == "update Transform single\n")
            let shown = try first(["transform", "show", "single", "--json"], Data())
            #expect(try shown.json()["description"] as? String == "two")
            // What is shown can be put back.
            #expect(try second(["transform", "put", "single"], shown.output).text == "unchanged Transform single\n")
            let wrong = try first(
                ["transform", "put", "single"], Data("tasks: [{ kind: encode }, { kind: dream }]".utf8))
            #expect(wrong.status == 65 && wrong.errors.contains("standard input:1:"), "\(wrong.errors)")
            let builtIn = try second(["transform", "put", "adaptive"], document("mine"))
            #expect(builtIn.status == 65 && builtIn.errors.contains("built in"))
            #expect(try second(["transform", "delete", "single"], Data()).text == "deleted Transform single\n")
            #expect(try first(["transform", "show", "single"], Data()).status == 66)
        }
        let tail = try site.data.must("audit", "tail", "-n", "1000").text
        #expect(tail.contains("create Transform single") && tail.contains("policyDeleted  detail=\"Transform single\""))
    }

    /// All that is wrong with a document is told at once, by its file: what is not there as well as what cannot be read.
    @Test func wrongTransformsAreToldByTheirFile() throws {
        let folder = try Folder()
        let tasks = """
            tasks:
              - { kind: encode, preset: adaptive, speed: 1 }
              - { kind: verify, after: [encode], deliveryPolicies: [nobody] }
              - { kind: notify, after: [verify], endpoint: nowhere }

            """
        let file = try folder.write("film.yaml", Data("kind: Transform\nname: wrong\n\(tasks)".utf8))
        let valid = try site.data.keyway("transform", "validate", file)
        try expectSame(["transform", "put", "wrong", file], status: 65)
        let put = try site.data.keyway("transform", "put", "wrong", file)
        #expect(put.errors == valid.errors && put.errors.contains("3 errors; nothing was changed"), "\(put.errors)")
        #expect(put.errors.components(separatedBy: "\(file):").count == 4, "\(put.errors)")
        let absent = try site.data.keyway("transform", "put", "wrong", folder.path + "/none.yaml")
        #expect(absent.status == 66 && absent.errors.contains("none.yaml': no such file or directory"))
    }

    /// A file of this machine is none of the server's; the way there is named.
    @Test func pathsOfThisMachineAreSentFirst() throws {
        let refused = try site.remote(["job", "submit", "--transform", "adaptive", "--asset", "x", "film.mp4"])
        #expect(refused.status == 65 && refused.errors.contains("asset:NAME/FILE"), "\(refused.errors)")
        #expect(refused.errors.contains("keyway asset file add"))
    }

    /// A job carries its tasks with it.
    @Test func jobsGoOnWithoutTheirTransform() throws {
        let data = try DataFolder()
        let document = """
            tasks:
              - kind: encode
                preset:
                  video: { renditions: [{ width: 160, height: 90, bitrate: 100k }] }
                  audio: [{ codec: aac, channels: 2 }]
            """
        try data.must("transform", "put", "quick", input: Data(document.utf8))
        let job =
            try data.must(
                "job", "submit", "--transform", "quick", "--asset", "film", Programs.clip("exo_sample.mp4"), "--json"
            ).json()["job"] as? [String: Any]
        try data.must("transform", "delete", "quick")
        let ended = try data.must("job", "watch", try #require(job?["id"] as? String), "--json").json()
        #expect((ended["job"] as? [String: Any])?["state"] as? String == "finished")
        #expect(try data.assets() == ["film"])
    }

    private typealias Verb = (_ arguments: [String], _ input: Data) throws -> Outcome
}
