import Foundation
import TestSupport
import Testing

/// Originals wait in quarantine for their checks, and nothing uses them before.
@Suite(.serialized, .waiting) struct QuarantineTests {
    /// Rules that let no small picture through without somebody's word.
    private static let rules = """
        kind: IngestRules
        name: house
        unreadable: warn
        rules:
          - { name: too-small, when: { height: { below: 4000 } }, then: flag, message: too small for us }

        """
    private static let clip = Programs.clip("exo_sample.mp4")

    private func send(_ site: OriginalSite, _ name: String, _ bytes: Data, sha256: String? = nil) throws {
        var metadata =
            "Upload-Metadata: asset \(Data("film".utf8).base64EncodedString()),"
            + "filename \(Data(name.utf8).base64EncodedString())"
        if let sha256 { metadata += ",sha256 \(Data(sha256.utf8).base64EncodedString())" }
        let answer = try site.tus(
            "POST", "/v1/uploads",
            ["Upload-Length: \(bytes.count)", "Content-Type: application/offset+octet-stream", metadata], body: bytes)
        #expect(answer.status == 201)
    }

    private func checks(_ site: OriginalSite, _ name: String) throws -> String? {
        try site.file(name)?["checks"] as? String
    }

    /// No way leads to an original that is not ready.
    private func expectShut(_ site: OriginalSite, _ name: String, _ sas: String) throws {
        #expect(try site.data.keyway("encode", "asset:film/\(name)").status == 65)
        #expect(try site.data.keyway("asset", "download", "film", name, "-o", "/dev/null/x").status == 65)
        #expect(try curl(sas.replacing("{file}", with: name)).status == 404)
        #expect(try site.data.assets() == ["film"])
    }

    @Test func clamavDecidesAndIsWaitedFor() throws {
        let clamd = try Clamd()
        let site = try OriginalSite(["KEYWAY_CHECKS_CLAMAV": clamd.address])
        defer { site.server.stop() }
        let access = "kind: AccessPolicy\nname: look\npermissions: [read, list]\nduration: 1h\n"
        try site.data.must("apply", site.data.folder.write("look.yaml", Data(access.utf8)))
        let sas =
            try site.remote("locator", "create", "film", "--sas", "--access", "look", "--json").json()["url"]
            as? String ?? ""
        let eicar = try site.data.folder.write("eicar.mov", Clamd.eicar)
        let refused = try site.remote("asset", "file", "add", "film", eicar)
        #expect(refused.status == 65)
        #expect(refused.text.contains("rejected: clamav: found Eicar-Test-File"))
        try expectShut(site, "eicar.mov", sas)
        // The hash comes first: what is not what was said is never let out, whatever a check or a person thinks.
        try send(site, "wrong.mov", Data("clean".utf8), sha256: String(repeating: "cd", count: 32))
        #expect(try eventually { try checks(site, "wrong.mov") == "damaged" })
        #expect(
            try site.remote("review", "approve", "film/wrong.mov", "--reason", "fine", role: "key-admin").status == 65)
        try expectShut(site, "wrong.mov", sas)
        // While clamd is away everything waits, and says so.
        clamd.stop()
        try send(site, "late.mov", Data("clean".utf8))
        #expect(try eventually { try checks(site, "late.mov") == "waiting" })
        let shown = try site.remote("review", "show", "film/late.mov", role: "reader").text
        #expect(shown.contains("waits: clamav: clamd is not at"))
        try expectShut(site, "late.mov", sas)
        try clamd.start()
        #expect(try eventually { try site.state(of: "late.mov") == "ready" })
        #expect(try curl(sas.replacing("{file}", with: "late.mov")).body == Data("clean".utf8))
        // Who dies in the middle of a check goes on with it.
        clamd.signal(SIGSTOP)
        try send(site, "hanging.mov", Data("clean too".utf8))
        #expect(try eventually { try checks(site, "hanging.mov") == "checking" })
        try expectShut(site, "hanging.mov", sas)
        try site.killServer()
        #expect(try site.state(of: "hanging.mov") == "quarantine")
        clamd.signal(SIGCONT)
        #expect(try eventually { try site.state(of: "hanging.mov") == "ready" })
        let log = try site.data.must("audit", "tail", "--lines", "1000").text
        #expect(log.contains("film: eicar.mov: rejected: clamav: found Eicar-Test-File"))
        #expect(log.components(separatedBy: "film: hanging.mov: passed").count == 2)
    }

    /// A command on the data folder that does not know of ClamAV lets nothing out, until a server says that it is off.
    @Test func whatTheServerRequiresHoldsForCommands() throws {
        let clamd = try Clamd()
        let data = try DataFolder()
        try data.must("asset", "create", "film")
        func serve(_ clamav: String?) throws -> RunningServer {
            try RunningServer(data, environment: clamav.map { ["KEYWAY_CHECKS_CLAMAV": $0] } ?? [:])
        }
        try serve(clamd.address).stop()
        func add(_ name: String, _ bytes: Data, _ clamav: String? = nil) throws -> Outcome {
            try run(
                Programs.own("keyway"), ["asset", "file", "add", "film", data.folder.write(name, bytes)],
                environment: data.environment.merging(clamav.map { ["KEYWAY_CHECKS_CLAMAV": $0] } ?? [:]) { $1 })
        }
        func state(_ name: String) throws -> String? {
            let files = try data.must("asset", "file", "list", "film", "--json").json()["files"] as? [[String: Any]]
            return files?.first { $0["name"] as? String == name }?["state"] as? String
        }
        // Not by what nobody configured here, and not by saying that it is off: that is a server's to say.
        for (name, clamav) in [("silent.bin", nil), ("off.bin", "off")] {
            let waiting = try add(name, Clamd.eicar, clamav)
            #expect(waiting.status == 75, "\(waiting.errors)")
            #expect(waiting.text.contains("examined by clamav, which this program is not configured for"))
            #expect(try state(name) == "quarantine")
        }
        #expect(try data.keyway("doctor").text.contains("checks: originals are examined by clamav"))
        #expect(try add("known.bin", Data("clean".utf8), clamd.address).status == 0)
        // A server without it says so, and lets nothing out either.
        let unknowing = try serve(nil)
        sleep(3)
        #expect(try state("silent.bin") == "quarantine")
        unknowing.stop()
        #expect(
            try String(contentsOf: unknowing.errors, encoding: .utf8).contains("a check that is not configured here"))
        let knowing = try serve(clamd.address)
        #expect(try eventually { try state("silent.bin") == "rejected" && state("off.bin") == "rejected" })
        knowing.stop()
        try serve("off").stop()
        #expect(try add("free.bin", Data("unseen".utf8)).status == 0)
        let log = try data.must("audit", "tail", "--lines", "1000").text
        #expect(log.components(separatedBy: "checkRequired").count == 2)
        #expect(log.components(separatedBy: "checkReleased").count == 2)
    }

    @Test func somebodyDecidesOnWhatIsFlagged() throws {
        let site = try OriginalSite()
        defer { site.server.stop() }
        try site.data.must("apply", site.data.folder.write("rules.yaml", Data(Self.rules.utf8)))
        for name in ["good.mp4", "bad.mp4"] {
            let sent = try site.remote("asset", "file", "add", "film", Self.clip, "--name", name, "--again")
            #expect(sent.status == 75)
            #expect(sent.text.contains("rules: house/too-small: too small for us"))
        }
        let queue = try site.remote("review", "list", "--json", role: "reader").json()["reviews"] as? [[String: Any]]
        #expect(queue?.count == 2)
        // Who sends may not let out.
        let approve = ["review", "approve", "film/good.mp4", "--reason", "asked the producer"]
        for role in ["reader", "operator"] {
            let outcome = try run(Programs.own("keyway"), approve, environment: site.environment(role: role))
            #expect(outcome.status == 77, "\(role): \(outcome.errors)")
        }
        #expect(try site.data.keyway("review", "approve", "film/good.mp4", "--reason", "  ").status == 65)
        #expect(try site.state(of: "good.mp4") == "quarantine")
        // It may be looked at by who decides, and that is audited.
        let copy = site.data.folder.path + "/copy.mp4"
        try site.data.must("review", "fetch", "film/good.mp4", "-o", copy)
        #expect(FileManager.default.contentsEqual(atPath: copy, andPath: Self.clip))
        // From elsewhere as well, by who may let it out.
        let fetched = site.data.folder.path + "/fetched.mp4"
        #expect(try site.remote("review", "fetch", "film/good.mp4", "-o", fetched).status == 77)
        #expect(!FileManager.default.fileExists(atPath: fetched))
        #expect(try site.remote("review", "fetch", "film/nobody.mp4", "-o", fetched, role: "key-admin").status == 66)
        let there = try site.remote("review", "fetch", "film/good.mp4", "-o", fetched, role: "key-admin")
        #expect(there.status == 0, "\(there.errors)")
        #expect(FileManager.default.contentsEqual(atPath: fetched, andPath: Self.clip))
        #expect(try site.remote("review", "fetch", "film/good.mp4", "-o", fetched, role: "key-admin").status == 73)
        #expect(!FileManager.default.fileExists(atPath: fetched + ".part"))
        // What a command that was killed left behind is nobody's, and is not written over.
        let left = site.data.folder.path + "/left.mp4"
        try Data("x".utf8).write(to: URL(fileURLWithPath: left + ".part"))
        let stopped = try site.data.keyway("review", "fetch", "film/good.mp4", "-o", left)
        #expect(stopped.status == 73 && stopped.errors.contains("left.mp4.part"), "\(stopped.errors)")
        #expect(!FileManager.default.fileExists(atPath: left))
        let taken = try site.data.must("audit", "tail", "-n", "1000").text.split(separator: "\n").filter {
            $0.contains("reviewFetched") && $0.contains("film: good.mp4")
        }
        #expect(taken.count == 2 && taken.count { $0.contains("actor=the-key-admin") } == 1)
        for _ in 0..<2 {
            let outcome = try run(Programs.own("keyway"), approve, environment: site.environment(role: "key-admin"))
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.text.contains("approved by the-key-admin: asked the producer"))
        }
        #expect(try site.state(of: "good.mp4") == "ready")
        #expect(
            try site.remote("review", "fetch", "film/good.mp4", "-o", fetched + "2", role: "key-admin").status == 65)
        #expect(!FileManager.default.fileExists(atPath: fetched + "2"))
        // A backup has the state as it is.
        let backup = site.data.folder.path + "/backup"
        try site.data.must("backup", backup, "--media")
        let restored = try DataFolder()
        try FileManager.default.copyItem(
            atPath: site.data.folder.path + "/kek", toPath: restored.folder.path + "/kek")
        let outcome = try run(Programs.own("keyway"), ["restore", backup], environment: restored.environment)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try restored.must("review", "list").text.contains("bad.mp4"))
        #expect(try restored.keyway("encode", "asset:film/bad.mp4").status == 65)
        #expect(try restored.must("review", "show", "film/good.mp4").text.contains("asked the producer"))
        // Refused is refused for good, and still there.
        #expect(try site.remote("review", "reject", "film/bad.mp4", "--reason", "no").status == 0)
        #expect(try site.remote("review", "reject", "film/bad.mp4", "--reason", "again").status == 0)
        #expect(try site.remote("review", "repeat", "film/bad.mp4").status == 65)
        #expect(try site.data.keyway("review", "approve", "film/bad.mp4", "--reason", "yes").status == 65)
        #expect(try site.state(of: "bad.mp4") == "rejected")
        #expect(try site.data.keyway("encode", "asset:film/bad.mp4").status == 65)
        #expect(try site.remote("asset", "file", "delete", "film", "bad.mp4").status == 0)
        let log = try site.data.must("audit", "tail", "--lines", "1000").text
        #expect(log.components(separatedBy: "reviewApproved").count == 2)
        #expect(log.components(separatedBy: "reviewRejected").count == 2)
        #expect(log.contains("reviewFetched"))
    }

    /// In a real browser.
    @Test(.timeLimit(.minutes(10))) func theConsoleHasTheQueue() throws {
        let site = try OriginalSite()
        defer { site.server.stop() }
        try site.data.must("apply", site.data.folder.write("rules.yaml", Data(Self.rules.utf8)))
        let files = ["first.mp4", "second.mp4"]
        for name in files {
            #expect(try site.remote("asset", "file", "add", "film", Self.clip, "--name", name, "--again").status == 75)
        }
        let folder = try Folder()
        let outcome = try run(
            Programs.outside("python3"),
            [
                Programs.repository.appendingPathComponent("Tests/Browser/console_reviews.py").path, "--folder",
                folder.path, "--chromedriver", Programs.outside("chromedriver"), "--chromium",
                Programs.outside("chromium"),
            ],
            input: try JSONSerialization.data(withJSONObject: [
                "admin": site.server.admin, "tokens": site.tokens, "files": files,
            ]))
        #expect(outcome.status == 0, "\(outcome.text) \(outcome.errors)")
    }

    /// Notes that are nobody else's.
    private func tune(_ site: OriginalSite, _ seed: Int, _ name: String, _ more: [String]) throws -> String {
        let path = site.data.folder.path + "/" + name
        let note = { (voice: Int) in
            "sin(2*PI*t*220*pow(2,floor(36*abs(mod(sin(floor(t*5)*12.9898+\(seed + voice)*78.233)*43758.5453,1)))/12))"
        }
        _ = try Tool.run(
            ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "aevalsrc='0.3*\(note(0))+0.2*\(note(1))':d=40:s=22050"]
                + more + [path])
        return path
    }

    @Test func aKnownWorkIsFoundInWhatWasMadeOfIt() throws {
        let site = try OriginalSite()
        defer { site.server.stop() }
        let work = try tune(site, 1, "work.flac", [])
        let part = try tune(site, 1, "part.m4a", ["-ss", "7.3", "-t", "20", "-c:a", "aac", "-b:a", "64k"])
        let other = try tune(site, 5, "other.m4a", ["-c:a", "aac"])
        #expect(try site.remote("known-work", "add", "tune", work, "--on-match", "reject").status == 0)
        #expect(try site.remote("known-work", "add", "tune", work).status == 65)
        let refused = try site.remote("asset", "file", "add", "film", part)
        #expect(refused.status == 65)
        #expect(refused.text.contains("of its sound are 'tune' from second 7 on"))
        #expect(try site.remote("asset", "file", "add", "film", other).status == 0)
        #expect(try site.remote("known-work", "list", role: "reader").text.contains("tune"))
        #expect(try site.remote("known-work", "remove", "tune").status == 77)
        #expect(try site.remote("known-work", "remove", "tune", role: "key-admin").status == 0)
        #expect(try site.remote("asset", "file", "add", "film", part, "--name", "again.m4a").status == 0)
    }

    /// Where the server says so the checks hold for whatever a job names, whichever way it came, and for jobs of before.
    @Test func whatJobsNameIsCheckedWhereTheServerSaysSo() throws {
        let clamd = try Clamd()
        let data = try DataFolder()
        let eicar = try data.folder.write("eicar.mp4", Clamd.eicar)
        let good = Programs.clip("exo_sample.mp4")
        let environment = ["KEYWAY_CHECKS_CLAMAV": clamd.address]
        // Before, a path is opened as it is; and what was submitted then is not begun any more.
        let before = try data.must("encode", good, "--asset", "before", "--detach", "--json").json()
        let waiting = try #require((before["jobs"] as? [[String: Any]])?.first?["id"] as? String)
        let server = try RunningServer(
            data, environment: environment.merging(["KEYWAY_CHECKS_INPUTS": "required"]) { $1 })
        var shown: [String: Any] = [:]
        func job(_ id: String) throws -> [String: Any] {
            #expect(
                try eventually {
                    shown = try data.must("job", "show", id, "--json").json()
                    let state = (shown["job"] as? [String: Any])?["state"] as? String
                    return ["finished", "error"].contains(state)
                })
            return shown["job"] as? [String: Any] ?? [:]
        }
        #expect(try job(waiting)["errorCode"] as? String == "inputRefused")
        func submit(_ input: String, _ asset: String) throws -> [String: Any] {
            let made = try data.must(
                "job", "submit", input, "--transform", "upload", "--asset", asset, "--json"
            ).json()
            let kinds = (made["tasks"] as? [[String: Any]])?.compactMap { $0["kind"] as? String }
            #expect(kinds == ["checks", "encode"])
            return try job((made["job"] as? [String: Any])?["id"] as? String ?? "")
        }
        let bad = try submit(eicar, "bad")
        #expect(bad["errorCode"] as? String == "inputRefused", "\(bad)")
        #expect((bad["errorMessage"] as? String)?.contains("clamav: found") == true)
        #expect(try submit(good, "film")["state"] as? String == "finished")
        // Commands on the folder, while the server is there and when it is not.
        for isServed in [true, false] {
            if !isServed { server.stop() }
            let encoded = try run(
                Programs.own("keyway"), ["encode", eicar, "--asset", "bad"],
                environment: data.environment.merging(environment) { $1 })
            #expect(encoded.status == 65 && encoded.errors.contains("clamav: found"), "\(encoded.errors)")
            let sent = try run(
                Programs.own("keyway"), ["asset", "upload", "bad", eicar],
                environment: data.environment.merging(environment) { $1 })
            #expect(sent.status == 65, "\(sent.errors)")
        }
        #expect(try data.assets() == ["film"])
        // A server that says nothing of it changes nothing; one that says so ends it.
        for (value, isChecked) in [(nil, true), ("off", false)] as [(String?, Bool)] {
            let next = try RunningServer(
                data, environment: value.map { environment.merging(["KEYWAY_CHECKS_INPUTS": $0]) { $1 } } ?? environment
            )
            defer { next.stop() }
            let made = try data.must(
                "job", "submit", good, "--transform", "upload", "--asset", "later", "--json"
            ).json()
            #expect((made["tasks"] as? [[String: Any]])?.count == (isChecked ? 2 : 1))
        }
        let tail = try data.must("audit", "tail", "-n", "1000").text
        #expect(tail.contains("checkRequired") && tail.contains("checkReleased") && tail.contains("inputs of jobs"))
    }

    /// Files that are no originals are put to the same checks by a task of their job.
    @Test func aTaskChecksTheInputsOfAJob() throws {
        let clamd = try Clamd()
        let site = try OriginalSite(["KEYWAY_CHECKS_CLAMAV": clamd.address])
        defer { site.server.stop() }
        let transform = """
            kind: Transform
            name: guarded
            tasks:
              - kind: checks
              - { kind: encode, preset: upload, after: [checks] }

            """
        try site.data.must("apply", site.data.folder.write("guarded.yaml", Data(transform.utf8)))
        func submit(_ input: String, _ asset: String) throws -> String {
            let job =
                try site.data.must(
                    "job", "submit", input, "--transform", "guarded", "--asset", asset, "--json"
                ).json()["job"] as? [String: Any]
            return job?["id"] as? String ?? ""
        }
        func end(_ input: String, _ asset: String) throws -> [String: Any] {
            let id = try submit(input, asset)
            var shown: [String: Any] = [:]
            #expect(
                try eventually {
                    shown = try site.data.must("job", "show", id, "--json").json()["job"] as? [String: Any] ?? [:]
                    return ["finished", "error"].contains(shown["state"] as? String)
                })
            return shown
        }
        let bad = try end(site.data.folder.write("eicar.mp4", Clamd.eicar), "bad")
        #expect(bad["errorCode"] as? String == "inputRefused", "\(bad)")
        #expect((bad["errorMessage"] as? String)?.contains("Eicar-Test-File") == true)
        let good = try end(Self.clip, "good")
        #expect(good["state"] as? String == "finished", "\(good)")
        // A server whose configuration lacks a required check says what the task waits for.
        site.server.stop()
        let without = try RunningServer(site.data)
        defer { without.stop() }
        let waiting = try submit(Self.clip, "later")
        func task() throws -> [String: Any] {
            let tasks = try site.data.must("job", "show", waiting, "--json").json()["tasks"] as? [[String: Any]]
            return try #require(tasks?.first)
        }
        #expect(try eventually { try task()["errorCode"] != nil })
        #expect(try task()["errorCode"] as? String == "checkUnavailable")
        #expect(try task()["state"] as? String == "scheduled")
        #expect((try task()["errorMessage"] as? String)?.contains("clamav") == true)
    }
}
