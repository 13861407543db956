import Foundation
import TestSupport
import Testing

/// The verbs on keys as a script uses them.
@Suite(.waiting) struct KeyVerbTests {
    private func create(_ data: DataFolder, _ name: String, _ arguments: String...) throws -> String {
        let outcome = try run(
            Programs.own("keyway"), ["key", "create", "--name", name, "--json"] + arguments,
            environment: ["KEYWAY_DATA": data.folder.path, "KEYWAY_URL": ""])
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try #require(try outcome.json()["keyId"] as? String)
    }

    private func names(_ outcome: Outcome) throws -> [String] {
        (try outcome.json()["keys"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
    }

    @Test func keysAreFoundPageByPage() throws {
        let data = try DataFolder()
        for index in 0..<5 { _ = try create(data, "film-\(index)", "--type", "common", "--label", "hd") }
        _ = try create(data, "radio", "--type", "envelope", "--label", "audio")
        let first = try data.must("key", "list", "--search", "film", "--limit", "3", "--json")
        #expect(try names(first) == ["film-0", "film-1", "film-2"])
        let next = try #require(try first.json()["next"] as? String)
        let second = try data.must("key", "list", "--search", "film", "--limit", "3", "--after", next, "--json")
        #expect(try names(second) == ["film-3", "film-4"])
        #expect(try names(data.must("key", "list", "--label", "audio", "--json")) == ["radio"])
        #expect(try names(data.must("key", "list", "--type", "envelope", "--state", "enabled", "--json")) == ["radio"])
        #expect(try data.keyway("key", "list", "--state", "lost").status == 64)
        #expect(try data.keyway("key", "list", "--after", "nowhere").status == 64)
    }

    @Test func aDeletionThatIsDueIsDoneByWhoeverComesNext() throws {
        let data = try DataFolder()
        let keyID = try create(data, "film", "--type", "common")
        #expect(try data.must("key", "delete", "film", "--json").json()["state"] as? String == "pendingDeletion")
        #expect(try data.keyway("key", "enable", "film").status == 65)
        #expect(try data.must("key", "restore", "film", "--json").json()["state"] as? String == "enabled")
        try data.must("key", "delete", "film", "--after", "0s")
        #expect(try data.keyway("key", "show", keyID).status == 66)
        let deleted = try data.must("audit", "tail").text
        #expect(deleted.contains("keyDeletionScheduled") && deleted.contains("keyDeleted"))
        #expect(try data.keyway("key", "delete", "film", "--now", "--after", "1d").status == 64)
    }

    @Test func mistakesSayWhatToDo() throws {
        let data = try DataFolder()
        for (arguments, word) in [
            (["key", "create"], "--seed"), (["key", "create", "--type", "storage"], "--type"),
            (["key", "create", "--type", "common", "--kid", "x"], "--kid"),
            (["key", "create", "--type", "common", "--label", "4k"], "--label"),
            (["key", "create", "--type", "common", "--not-after", "soon"], "RFC 3339"),
            (["key", "create", "--seed", "none"], "seed list"), (["key", "rotate"], "--asset"),
            (["key", "export", "x"], "--recipient"), (["key", "rotate", "--asset", "none"], "asset list"),
            (["key", "seed", "create", "s", "--type", "common"], "30 to 64"),
        ] {
            let outcome = try run(
                Programs.own("keyway"), arguments, input: Data("short".utf8),
                environment: ["KEYWAY_DATA": data.folder.path, "KEYWAY_URL": ""])
            #expect([64, 65, 66].contains(outcome.status), "\(arguments)")
            #expect(outcome.errors.contains(word), "\(arguments): \(outcome.errors)")
        }
    }
}
