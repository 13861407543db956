import Foundation
import TestSupport
import Testing

/// What scripts read of commands that fail: codes of sysexits.h, JSON, and the words of the command line.
@Suite(.waiting) struct CommandLineTests {
    private static let documents = """
        kind: AuthorizationPolicy
        name: p1
        options: [{ name: web, delivery: [aes], restrictions: [open: {}] }]
        ---
        kind: ContentKey
        name: film
        type: common
        authorizationPolicy: p1
        """
    private static let delivery = "kind: DeliveryPolicy\nname: d\nprotocols: [hls]\nencryption: cbcs\n"

    private static func write(_ data: DataFolder, _ name: String, _ text: String) throws -> String {
        try data.folder.write(name, Data(text.utf8))
    }

    @Test func aPruneSaysBeforeWhatItCannotRemove() throws {
        let data = try DataFolder()
        try data.must("apply", Self.write(data, "all.yaml", Self.documents))
        let other = try Self.write(data, "other.yaml", Self.delivery)
        for options in [["--dry-run"], []] {
            let outcome = try run(
                Programs.own("keyway"), ["apply", "--prune", other, "--json"] + options, environment: data.environment)
            #expect(outcome.status == 65)
            #expect(outcome.errors.contains("AuthorizationPolicy 'p1'") && outcome.errors.contains("ContentKey 'film'"))
            let errors = try #require(try outcome.json()["errors"] as? [[String: Any]])
            #expect(errors.count == 1 && (errors[0]["message"] as? String)?.contains("'p1'") == true)
        }
        #expect(!(try data.must("policy", "list").text.contains(" d ")))
    }

    private static let mistakes: [(arguments: [String], code: Int32)] = [
        (["revocation", "add"], 64), (["key", "export", "x"], 64), (["key", "list", "--limit", "0"], 64),
        (["key", "list", "--type", "bogus"], 64), (["key", "create", "--type", "common", "--kid", "zzz"], 64),
        (["serve", "--roles", "bogus"], 64), (["serve", "--config", "/none/nope.yaml"], 66),
        (["publish", "nosuch", "--delivery", "x"], 66), (["asset", "show", "nosuch"], 66),
        (["backup", "/nonexistent/x"], 73), (["key", "list", "--data", "/nonexistent/x/y"], 73),
    ]

    @Test(arguments: mistakes)
    func mistakesEndWithTheCodesOfTheContract(arguments: [String], code: Int32) throws {
        let data = try DataFolder()
        let outcome = try run(Programs.own("keyway"), arguments, environment: data.environment)
        #expect(outcome.status == code, "\(outcome.errors)")
    }

    @Test func refusedFieldsAreCalledByTheirOptions() throws {
        let data = try DataFolder()
        #expect(try data.keyway("publish", "film").errors.contains("--delivery has 1 to 64 items"))
        let expires = try data.keyway("revocation", "add", "--subject", "x", "--expires", "soon")
        #expect(expires.status == 64 && expires.errors.contains("--expires is a duration"), "\(expires.errors)")
        let subject = try data.keyway("revocation", "add", "--subject", "")
        #expect(subject.errors.contains("--subject "), "\(subject.errors)")
        #expect(try data.keyway("key", "list", "--limit", "0").errors.contains("--limit is a whole number"))
    }

    @Test func findingsAreJSON() throws {
        let data = try DataFolder()
        let bad = try Self.write(data, "bad.yaml", "kind: DeliveryPolicy\nname: d\nencryption: rot13\nbogus: 1\n")
        for (arguments, member) in [(["policy", "validate"], "valid"), (["apply"], "applied")] {
            let outcome = try run(Programs.own("keyway"), arguments + [bad, "--json"], environment: data.environment)
            #expect(outcome.status == 65 && outcome.errors.hasPrefix("\(bad):"), "\(outcome.errors)")
            let report = try outcome.json()
            #expect(report[member] as? Bool == false)
            let errors = try #require(report["errors"] as? [[String: Any]])
            #expect(
                errors.contains {
                    $0["file"] as? String == bad && $0["line"] as? Int == 3 && $0["column"] as? Int == 13
                })
        }
        try data.must("apply", Self.write(data, "all.yaml", Self.documents))
        let exported = try data.must("cpix", "export", "--kid", "film", "--clear", "--yes-clear", "--json").json()
        #expect((exported["document"] as? String)?.contains("CPIX") == true)
    }

    @Test func aServerThatCannotListenTellsOfNoListener() throws {
        let site = try DataFolder()
        let server = try RunningServer(site)
        defer { server.stop() }
        let data = try DataFolder(environment: [
            "KEYWAY_LISTEN_ORIGIN": "127.0.0.1:0",
            "KEYWAY_LISTEN_ADMIN": server.admin.replacing("http://", with: ""), "KEYWAY_BOGUS": "1",
        ])
        let outcome = try data.keyway("serve", "--json")
        #expect(outcome.status == 69 && outcome.text.isEmpty, "\(outcome.text)")
        #expect(outcome.errors.contains("KEYWAY_BOGUS means nothing"))
        #expect(!outcome.errors.contains("were not removed"), "\(outcome.errors)")
    }
}
