import Foundation
import TestSupport
import Testing

/// The documents of the guides, taken from their pages and used.
@Suite(.waiting) struct GuideTests {
    /// The fenced blocks of a language on a page, in order.
    private func blocks(_ page: String, _ language: String = "yaml") throws -> [String] {
        let text = try String(
            contentsOf: Programs.repository.appendingPathComponent("Documentation/\(page)"), encoding: .utf8)
        return text.components(separatedBy: "```\(language)\n").dropFirst().map {
            $0.components(separatedBy: "```")[0]
        }
    }

    private struct Site {
        let data: DataFolder
        let keys: [String: String]

        func test(_ policy: String, _ arguments: [String], token: String? = nil) throws -> Int32 {
            let given = token == nil ? [] : ["--token-file", "-"]
            return try run(
                Programs.own("keyway"), ["policy", "test", "--kid", keys[policy] ?? "", "--json"] + arguments + given,
                input: Data((token ?? "").utf8), environment: data.environment
            ).status
        }

        func token(_ policy: String, _ arguments: String...) throws -> String {
            let outcome = try run(
                Programs.own("keyway"), ["token", "issue", "--policy", policy] + arguments,
                environment: data.environment)
            guard outcome.status == 0 else { throw VerbFailed(arguments: arguments, outcome: outcome) }
            return outcome.text.trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }

    /// Every document of the cookbook, with a key under each policy.
    private func cookbook() throws -> Site {
        let data = try DataFolder(environment: ["KEYWAY_KEY_SETS_HOSTS": "sts.example.com"])
        try data.must("secret", "set", "sts-hs256", input: Data(repeating: 0x5A, count: 32))
        let folder = data.folder.url("Policies")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try FileManager.default.createDirectory(at: data.folder.url("Keys"), withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            at: Programs.repository.appendingPathComponent("Keys/demo-partner.pub.pem"),
            to: data.folder.url("Keys/demo-partner.pub.pem"))
        for (number, text) in try blocks("policies-cookbook.md").enumerated() {
            try Data(text.utf8).write(to: folder.appendingPathComponent("\(number).yaml"))
        }
        try data.must("policy", "validate", folder.path)
        try data.must("apply", folder.path)
        var keys: [String: String] = [:]
        let list = try data.must("policy", "list", "--json").json()["policies"] as? [[String: Any]] ?? []
        for policy in list where policy["kind"] as? String == "AuthorizationPolicy" {
            let name = policy["name"] as? String ?? ""
            let made = try data.must("key", "create", "--type", "envelope", "--auth", name, "--json").json()
            keys[name] = made["keyId"] as? String
        }
        return Site(data: data, keys: keys)
    }

    @Test func theCookbook() throws {
        let site = try cookbook()
        #expect(site.keys.count == 10)
        let granted: Int32 = 0
        let denied: Int32 = 77
        #expect(try site.test("anyone", []) == granted)
        #expect(try site.test("anyone", ["--delivery", "widevine"]) == denied)
        #expect(try site.test("office", ["--ip", "203.0.113.7"]) == granted)
        #expect(try site.test("office", ["--ip", "::ffff:203.0.113.7"]) == granted)
        #expect(try site.test("office", ["--ip", "203.0.113.66"]) == denied)
        #expect(try site.test("office", ["--ip", "192.0.2.1"]) == denied)
        let token = try site.token("subscribers")
        #expect(try site.test("subscribers", [], token: token) == granted)
        #expect(try site.test("subscribers", [], token: token + "A") == denied)
        #expect(try site.test("subscribers", []) == denied)
        #expect(try site.test("partner", [], token: token) == denied)
        // Nobody answers at that name: what cannot be read verifies nothing.
        #expect(try site.test("published", [], token: token) == denied)
        let kid = try #require(site.keys["premium"])
        let premium = ["--claim", "plan=family", "--subject", "viewer", "--kid", kid]
        #expect(try site.test("premium", [], token: try issue(site, "premium", premium)) == granted)
        #expect(
            try site.test(
                "premium", [], token: try issue(site, "premium", ["--claim", "plan=basic"] + premium.dropFirst(2)))
                == denied)
        #expect(
            try site.test("premium", [], token: try issue(site, "premium", premium.dropLast() + [UUID().uuidString]))
                == denied)
        #expect(try site.test("once", [], token: try site.token("once")) == granted)
        #expect(try site.test("once", [], token: try site.token("once", "--lifetime", "1h")) == denied)
        let swt = try site.token("simple", "--kid", try #require(site.keys["simple"]))
        #expect(swt.contains("HMACSHA256="))
        #expect(try site.test("simple", [], token: swt) == granted)
        #expect(try site.test("mixed", ["--ip", "203.0.113.7"]) == granted)
        let box = try site.token("mixed")
        #expect(try site.test("mixed", ["--ip", "198.51.100.7"], token: box) == granted)
        #expect(try site.test("mixed", ["--ip", "198.51.100.7"]) == denied)
        #expect(try site.test("mixed", ["--ip", "192.0.2.7"], token: box) == denied)
        #expect(try site.test("premiere", []) == granted)
    }

    private func issue(_ site: Site, _ policy: String, _ arguments: some Sequence<String>) throws -> String {
        let outcome = try run(
            Programs.own("keyway"), ["token", "issue", "--policy", policy] + arguments,
            environment: site.data.environment)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return outcome.text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// The policy of the guide to token services, against the token service of the guide.
    @Test func theTokenService() throws {
        let issuer = try ExampleIssuer()
        let data = try DataFolder(environment: ["KEYWAY_KEY_SETS_HOSTS": "127.0.0.1:\(issuer.port)"])
        let text = try #require(try blocks("bring-your-own-sts.md").first)
            .replacingOccurrences(of: "127.0.0.1:9000", with: "127.0.0.1:\(issuer.port)")
        try data.must("apply", try data.folder.write("subscribers.yaml", Data(text.utf8)))
        let list = try data.must("key", "list", "--json").json()["keys"] as? [[String: Any]]
        let keyID = try #require(list?.first?["keyId"] as? String)
        let site = Site(data: data, keys: ["subscribers": keyID])
        #expect(try site.test("subscribers", [], token: try issuer.token(#"{"sub":"viewer-7"}"#)) == 0)
        #expect(try site.test("subscribers", [], token: try issuer.token(#"{"plan":"basic"}"#)) == 77)
    }
}
