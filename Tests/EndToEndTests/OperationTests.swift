import Foundation
import Glibc
import TestSupport
import Testing

/// Long work of a server over its API: begun, followed, cancelled, and gone with its server.
@Suite(.waiting) struct OperationTests {
    private static let asynchronous = "Prefer: respond-async"

    /// A server with one film.
    private final class FilmSite {
        let data: DataFolder
        let tokens: [String: String]
        private(set) var server: RunningServer
        private let settings: [String: String]

        init(_ settings: [String: String] = [:]) throws {
            self.settings = settings
            let data = try DataFolder()
            self.data = data
            tokens = try Dictionary(
                AdminSite.roles.map { role in
                    let token = try data.must("admin", "token", "create", "the-\(role)", "--role", role)
                    return (role, token.text.trimmingCharacters(in: .whitespacesAndNewlines))
                }
            ) { first, _ in first }
            try data.must("asset", "upload", "film", Programs.clip("exo_sample.mp4"))
            server = try RunningServer(data, environment: settings)
        }

        func killServer() throws {
            server.stop(SIGKILL)
            server = try RunningServer(data, environment: settings)
        }

        func ask(_ method: String, _ path: String, _ role: String = "key-admin", _ options: String...) throws -> Answer
        {
            try curlWith(
                server.admin + path, ["-X", method, "-H", "Authorization: Bearer \(tokens[role] ?? "")"] + options)
        }

        func post(_ path: String, _ body: String = "{}", _ role: String = "key-admin") throws -> Answer {
            try ask(
                "POST", path, role, "-H", "Content-Type: application/json", "-H", OperationTests.asynchronous, "-d",
                body)
        }

        func remote(_ arguments: String..., role: String = "key-admin") throws -> Outcome {
            try run(Programs.own("keyway"), arguments, environment: environment(role))
        }

        func environment(_ role: String) -> [String: String] {
            ["KEYWAY_URL": server.admin, "KEYWAY_TOKEN": tokens[role] ?? "", "KEYWAY_DATA": "/nowhere"]
        }

        func state(_ id: String) throws -> String? { try ask("GET", "/v1/operations/\(id)").member("state") as? String }

        /// Puts a file in an index's place that takes long to read and no room: what verifies it is under way until it is
        /// cancelled.
        func makeVerificationLong() throws {
            let index = try #require(data.mediaFiles().first { $0.hasSuffix(".index") || $0.contains("index") })
            try #require(truncate(data.folder.path + "/media/" + index, 1 << 40) == 0)
        }
    }

    private func events(_ answer: Answer) -> [(id: Int, name: String, data: [String: Any])] {
        String(decoding: answer.body, as: UTF8.self).components(separatedBy: "\n\n").compactMap { event in
            let fields = Dictionary(
                event.split(separator: "\n").compactMap { line -> (String, String)? in
                    let sides = line.split(separator: ":", maxSplits: 1)
                    return sides.count == 2 ? (String(sides[0]), sides[1].trimmingCharacters(in: .whitespaces)) : nil
                }
            ) { first, _ in first }
            guard let id = fields["id"].flatMap({ Int($0) }), let name = fields["event"], let data = fields["data"]
            else {
                return nil
            }
            return (id, name, (try? JSONSerialization.jsonObject(with: Data(data.utf8)) as? [String: Any]) ?? [:])
        }
    }

    @Test func verificationsAreOperations() throws {
        let site = try FilmSite()
        // As it was before, for who does not ask otherwise.
        let whole = try site.ask("POST", "/v1/assets/film/verify", "operator")
        #expect(whole.status == 200 && whole.member("damage") != nil)
        #expect(whole.headers["location"] == nil)
        for (path, body) in [("/v1/assets/film/verify", ""), ("/v1/asset-verifications", "{}")] {
            let begun = try site.post(path, body, "operator")
            #expect(begun.status == 202)
            #expect(begun.headers["preference-applied"] == "respond-async")
            let id = try #require(begun.member("id") as? String)
            let address = try #require(begun.headers["location"])
            #expect(address == "/v1/operations/\(id)")
            #expect(
                begun.member("kind") as? String == "verification" && begun.member("actor") as? String == "the-operator")
            let stream = try site.ask("GET", address + "/events", "reader")
            #expect(stream.headers["content-type"] == "text/event-stream; charset=utf-8")
            let events = events(stream)
            #expect(events.map(\.id) == events.map(\.id).sorted() && !events.isEmpty)
            let last = try #require(events.last)
            #expect(last.name == "OperationStateChange" && last.data["state"] as? String == "finished")
            #expect(last.data["progress"] as? Double == 1 && last.data["operation"] as? String == id)
            // Who comes back hears what came after, which is nothing.
            let rest = try site.ask("GET", address + "/events", "reader", "-H", "Last-Event-ID: \(last.id)")
            #expect(rest.status == 200 && self.events(rest).isEmpty)
            let shown = try site.ask("GET", address, "operator")
            let result = (shown.member("result") as? [String: Any])?["verification"] as? [String: Any]
            let assets = result?["assets"] as? [[String: Any]]
            #expect(assets?.map { $0["asset"] as? String } == ["film"])
            #expect(try site.ask("GET", address, "reader").member("result") == nil)
        }
        #expect(try site.ask("GET", "/v1/operations/x/events", "reader").status == 404)
        #expect(try site.ask("GET", "/v1/operations/x/events", "nobody").status == 401)
        #expect(try site.post("/v1/asset-verifications", #"{"assets":["none"]}"#).status == 404)
        #expect(try site.post("/v1/asset-verifications", "{}", "reader").status == 403)
        // The command line, here and there.
        let there = try site.remote("asset", "verify", "--json", role: "operator")
        #expect(there.status == 0, "\(there.errors)")
        #expect(try there.output == site.data.must("asset", "verify", "--json").output)
        #expect(try site.remote("asset", "verify", "none", role: "operator").status == 66)
        let list = try site.remote("operation", "list", role: "reader").text
        #expect(list.contains("verification") && list.contains("finished") && list.contains("the-operator"))
        let local = try site.data.keyway("operation", "list")
        #expect(local.status == 69 && local.errors.contains("KEYWAY_URL"))
    }

    @Test func rotationsAndBackupsAreOperations() throws {
        let folder = try Folder()
        let site = try FilmSite(["KEYWAY_BACKUPS_FOLDER": folder.path])
        let begun = try site.post("/v1/keks/rotation", "")
        #expect(begun.status == 202)
        let id = try #require(begun.member("id") as? String)
        #expect(try eventually { try site.state(id) == "finished" })
        let shown = try site.remote("operation", "show", id, "--json").json()
        let rotation = (shown["result"] as? [String: Any])?["kekRotation"] as? [String: Any]
        #expect(rotation?["version"] as? Int == 2 && rotation?["remaining"] as? Int == 0)
        // What asked before there were operations sees the same one.
        #expect(try site.ask("GET", "/v1/keks/rotation").member("version") as? Int == 2)
        #expect(try site.ask("POST", "/v1/keks/rotation").status == 200)
        let again = try site.remote("kek", "rotate")
        #expect(again.status == 0, "\(again.errors)")

        let backup = try site.post("/v1/backups", #"{"name":"one","media":true}"#)
        #expect(backup.status == 202 && backup.member("subject") as? String == "one")
        let backupID = try #require(backup.member("id") as? String)
        let watched = try site.remote("operation", "watch", backupID)
        #expect(watched.status == 0 && watched.text.contains("backup \(backupID)"), "\(watched.errors)")
        #expect(try site.ask("GET", "/v1/backups?id=\(backupID)").member("state") as? String == "finished")
        #expect(FileManager.default.fileExists(atPath: folder.path + "/one/manifest.json"))
        let taken = try site.remote("backup", "one")
        #expect(taken.status == 73, "\(taken.errors)")
        #expect(try site.ask("GET", "/v1/operations", "reader").status == 200)
        let newest = try (site.ask("GET", "/v1/operations").member("operations") as? [[String: Any]])?.first
        #expect(newest?["state"] as? String == "error" && newest?["errorCode"] as? String == "exists")
        #expect(newest?["error"] == nil && newest?["result"] == nil)
        let tail = try site.data.must("audit", "tail", "-n", "1000").text
        #expect(tail.contains("kekRotated") && tail.contains("backupTaken") && tail.contains("actor=the-key-admin"))
    }

    @Test func whatIsUnderWayIsCanceledOrGoesOn() throws {
        let site = try FilmSite()
        try site.makeVerificationLong()
        let first = try #require(try site.post("/v1/asset-verifications").member("id") as? String)
        // An interrupted command leaves its work to the server, and says so.
        let process = Process()
        let errors = site.data.folder.url("interrupted.err")
        try Data().write(to: errors)
        process.executableURL = URL(fileURLWithPath: try Programs.own("keyway"))
        process.arguments = ["asset", "verify", "film"]
        process.environment = ProcessInfo.processInfo.environment.merging(site.environment("operator")) { $1 }
        process.standardError = try FileHandle(forWritingTo: errors)
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        var second: String?
        #expect(
            try eventually {
                let all = try site.ask("GET", "/v1/operations").member("operations") as? [[String: Any]] ?? []
                second = all.first { $0["actor"] as? String == "the-operator" }?["id"] as? String
                return second != nil
            })
        let left = try #require(second)
        // It may have begun what it does not wait for yet.
        #expect(
            eventually {
                if process.isRunning { kill(process.processIdentifier, SIGINT) }
                return !process.isRunning
            })
        process.waitUntilExit()
        if process.terminationReason == .exit {
            #expect(process.terminationStatus == 130)
            let said = try String(decoding: Data(contentsOf: errors), as: UTF8.self)
            #expect(said.contains("goes on in the server") && said.contains("keyway operation watch \(left)"))
        }
        #expect(try site.state(left) == "running")
        // As many as may be are under way, and who asks without the preference is one of them.
        #expect(try site.ask("POST", "/v1/assets/film/verify", "operator").status == 409)
        let refused = try site.post("/v1/asset-verifications")
        #expect(refused.status == 409)
        #expect((refused.member("detail") as? String)?.contains(first) == true)
        #expect(try site.ask("POST", "/v1/operations/\(first)/cancel", "reader").status == 403)
        #expect(try site.ask("POST", "/v1/operations/\(first)/cancel", "operator").status == 200)
        #expect(try eventually { try site.state(first) == "canceled" })
        #expect(try site.ask("POST", "/v1/operations/\(first)/cancel", "operator").status == 409)
        let watched = try site.remote("operation", "watch", first)
        #expect(watched.status == 69 && watched.errors.contains("canceled"))
        #expect(try site.data.must("audit", "tail", "-n", "1000").text.contains("operationCanceled"))
        // It ends with its server, and nothing says that it is under way.
        try site.killServer()
        #expect(try (site.ask("GET", "/v1/operations").member("operations") as? [Any])?.isEmpty == true)
        #expect(try site.ask("GET", "/v1/operations/\(left)").status == 404)
        let gone = try site.remote("operation", "watch", left)
        #expect(gone.status == 66 && gone.errors.contains("started again"))
    }
}
