import Foundation
import TestSupport
import Testing

/// `log: json`: whatever a server says on standard error is a line of JSON, also why it ends.
@Suite(.waiting) struct LogFormTests {
    private func lines(_ text: String) throws -> [[String: Any]] {
        try text.split(separator: "\n").map { line in
            let members = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            return try #require(members, "\(line)")
        }
    }

    @Test func everyLineOfAServerIsJSON() throws {
        let data = try DataFolder()
        let config = try data.folder.write("keyway.yaml", Data("log: json\naccessLog: json\n".utf8))
        let server = try RunningServer(
            data, environment: ["KEYWAY_LISTEN_ADMIN": "0.0.0.0:0", "KEYWAY_LISTEN_ADMN": "x"],
            command: ["keyway", "serve", "--config", config])
        for path in ["/nowhere", "/keys/aes?kid=x"] { #expect(try curl(server.origin + path).status >= 400) }
        server.stop()
        let said = try lines(try String(contentsOf: server.errors, encoding: .utf8))
        let log = said.filter { $0["level"] != nil }
        #expect(log.contains { ($0["message"] as? String)?.contains("KEYWAY_LISTEN_ADMN") == true })
        let warning = try #require(log.first { ($0["message"] as? String)?.contains("without TLS") == true })
        #expect(warning["level"] as? String == "warning" && warning["logger"] as? String == "keyway")
        #expect(warning["listen.admin"] is String && warning["remedy"] is String && warning["time"] is String)
        #expect(said.count { $0["status"] != nil } == 2)
        #expect(said.allSatisfy { $0["hb.request.id"] == nil })
    }

    /// With a part of the catalog gone, each request is an error in the log, with the name that its answer has.
    @Test func aRequestThatFailsIsNamed() throws {
        let data = try DataFolder()
        let token = try #require(
            try data.must("admin", "token", "create", "me", "--role", "reader", "--json").json()["token"] as? String)
        let server = try RunningServer(data, environment: ["KEYWAY_LOG": "json"])
        defer { server.stop() }
        let script = """
            import sqlite3, sys
            catalog = sqlite3.connect(sys.argv[1])
            catalog.execute("PRAGMA legacy_alter_table = ON")
            for (name,) in catalog.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                if "token" in name.lower(): catalog.execute(f'ALTER TABLE "{name}" RENAME TO "gone_{name}"')
            catalog.commit()
            """
        let gone = try run(Programs.outside("python3"), ["-c", script, data.folder.path + "/catalog.sqlite"])
        #expect(gone.status == 0, "\(gone.errors)")
        let answer = try curl("\(server.admin)/v1/keys", "-H", "Authorization: Bearer \(token)")
        #expect(answer.status == 503)
        let document = try JSONSerialization.jsonObject(with: answer.body) as? [String: Any]
        let said = try lines(try String(contentsOf: server.errors, encoding: .utf8))
        #expect(
            said.contains {
                $0["level"] as? String == "error" && $0["request"] as? String == document?["requestId"] as? String
            },
            "\(said)")
        #expect(said.allSatisfy { $0["hb.request.id"] == nil })
    }

    @Test(arguments: [
        (["serve"], "KEYWAY_TLS_ORIGIN_CERTIFICATE", "/nowhere/tls.pem", Int32(65)),
        (["serve"], "KEYWAY_LISTEN_ORIGIN", "nowhere", 65), (["serve", "--roles", "cook"], "KEYWAY_X", "x", 64),
        (["serve"], "KEYWAY_LISTEN_ORIGIN", "203.0.113.1:1", 69),
    ])
    func whyAServerEndsIsALine(command: [String], name: String, value: String, status: Int32) throws {
        let data = try DataFolder(environment: [
            "KEYWAY_LOG": "json", "KEYWAY_LISTEN_ORIGIN": "127.0.0.1:0", "KEYWAY_LISTEN_ADMIN": "127.0.0.1:0",
        ])
        let environment = data.environment.merging(["KEYWAY_TLS_ORIGIN_KEY": "/nowhere/tls.key"]) { $1 }
            .merging([name: value]) { $1 }
            .filter { $0.key != "KEYWAY_TLS_ORIGIN_KEY" || name.hasPrefix("KEYWAY_TLS") }
        let outcome = try run(Programs.own("keyway"), command, environment: environment)
        #expect(outcome.status == status, "\(outcome.errors)")
        let said = try lines(outcome.errors)
        #expect(said.last?["level"] as? String == "error", "\(outcome.errors)")
        #expect((said.last?["message"] as? String)?.hasPrefix("keyway: ") == true)
    }

    @Test(arguments: ["keyway-keys", "keyway-origin"]) func otherProgramsHaveItToo(program: String) throws {
        let data = try DataFolder(environment: ["KEYWAY_LOG": "json", "KEYWAY_LISTEN_ORIGIN": "nowhere"])
        let outcome = try run(Programs.own(program), [], environment: data.environment)
        #expect(outcome.status == 65)
        #expect(try lines(outcome.errors).last?["level"] as? String == "error")
    }
}
