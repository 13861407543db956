import Foundation
import Glibc
import TestSupport
import Testing

/// Backups are taken of a site that works, and restored into folders that then are the site.
@Suite(.serialized, .waiting) struct BackupTests {
    /// A folder with a published asset under AES-128 and a viewer's token.
    private struct Site {
        let data: DataFolder
        let locator: String
        let token: String

        init(_ data: DataFolder) throws {
            self.data = data
            try data.must("secret", "set", "demo-sts", input: Data("hex:\(String(repeating: "5a", count: 32))".utf8))
            try data.must("apply", "Policies", "Keys")
            try data.must("encode", Programs.clip("exo_sample.mp4"), "--asset", "film")
            locator =
                try data.must(
                    "publish", "film", "--auth", "demo-viewers", "--delivery", "hls-aes", "--delivery", "dash-cenc",
                    "--json"
                ).json()["locator"] as? String ?? ""
            token = try data.must("token", "issue", "--policy", "demo-viewers", "--lifetime", "1h").text
                .trimmingCharacters(in: .whitespacesAndNewlines)
        }

        /// What a player reads of the asset, by path: the playlists and segments of all versions of it, and its keys.
        func play(_ server: RunningServer) throws -> [String: Data] {
            var answers: [String: Data] = [:]
            let start = "/\(locator)/film.ism/manifest(format=m3u8-aapl,encryption=cbc)"
            var waiting = [start]
            while let path = waiting.popLast() {
                guard answers[path] == nil else { continue }
                let answer = try curl(server.origin + path, "-H", "Authorization: Bearer \(token)")
                #expect(answer.status == 200, "\(path)")
                answers[path] = answer.body
                guard path.contains("m3u8") else { continue }
                let folder = path.prefix { $0 != "?" }.split(separator: "/").dropLast().joined(separator: "/")
                for line in String(decoding: answer.body, as: UTF8.self).split(separator: "\n") {
                    let name =
                        line.hasPrefix("#")
                        ? line.split(separator: "\"").first {
                            $0.contains(".m3u8") || $0.contains("/keys/") || $0.hasSuffix(".mp4")
                        }
                        .map(String.init) : String(line)
                    guard let name else { continue }
                    if let keys = name.range(of: "/keys/") {
                        waiting.append(String(name[keys.lowerBound...]))
                    } else {
                        waiting.append(name.hasPrefix("/") ? name : "/\(folder)/\(name)")
                    }
                }
            }
            return answers
        }
    }

    private func copyKEK(_ data: DataFolder, to target: String) throws {
        try FileManager.default.createDirectory(
            atPath: target, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try FileManager.default.copyItem(atPath: data.folder.path + "/kek", toPath: target + "/kek")
    }

    /// A restored folder, worked on through the command line.
    private func folder(_ backup: String, of data: DataFolder, _ arguments: String...) throws -> DataFolder {
        let restored = try DataFolder()
        try copyKEK(data, to: restored.folder.path)
        let outcome = try run(
            Programs.own("keyway"), ["restore", backup] + arguments, environment: restored.environment)
        guard outcome.status == 0 else { throw VerbFailed(arguments: ["restore", backup], outcome: outcome) }
        return restored
    }

    private func versions(_ data: DataFolder) throws -> [Int] {
        let list = try data.must("asset", "versions", "film", "--json").json()["versions"] as? [[String: Any]] ?? []
        return list.compactMap { $0["number"] as? Int ?? $0["version"] as? Int }
    }

    /// Keys are given and versions made while a backup is taken; what is restored of it plays byte for byte the same.
    @Test func aBackupUnderLoadPlaysElsewhere() throws {
        let data = try DataFolder()
        let site = try Site(data)
        let folder = try Folder()
        let server = try RunningServer(data)
        let before = try site.play(server)
        #expect(before.keys.contains { $0.hasPrefix("/keys/") } && before.count > 6)
        let encode = try data.must("encode", Programs.clip("exo_sample.mp4"), "--asset", "film", "--detach", "--json")
        #expect(encode.status == 0)
        let kid = try #require(before.keys.first { $0.hasPrefix("/keys/") })
        let load = Thread.detachLoad { _ = try? curl(server.origin + kid, "-H", "Authorization: Bearer \(site.token)") }
        for number in 0..<6 {
            try data.must("backup", folder.path + "/\(number)", "--media")
            usleep(300_000)
        }
        #expect(try eventually { try versions(data).count == 2 })
        // The second version is the one that is served now.
        let after = try site.play(server)
        try data.must("backup", folder.path + "/last", "--media")
        let asked = load.stop()
        #expect(asked > 10)
        server.stop()
        for name in ["0", "last"] {
            let restored = try self.folder(folder.path + "/\(name)", of: data)
            let expected = try versions(restored).count == 1 ? before : after
            #expect(try restored.must("audit", "verify").text.hasPrefix("intact"))
            // Without the worker, which would go on with the encode that was under way.
            let next = try RunningServer(restored, command: ["keyway", "serve", "--roles", "keys,origin,admin"])
            defer { next.stop() }
            for (path, body) in expected where !path.contains("m3u8") {
                let answer = try curl(next.origin + path, "-H", "Authorization: Bearer \(site.token)")
                #expect(answer.status == 200 && answer.body == body, "\(name) \(path)")
            }
        }
    }

    /// What is made after a restoration has numbers of its own: versions, nonces and IVs are not those of the lost time.
    @Test func nothingIsGivenTwice() throws {
        let data = try DataFolder()
        _ = try Site(data)
        let folder = try Folder()
        try data.must("backup", folder.path + "/b", "--media")
        try data.must("encode", Programs.clip("exo_sample.mp4"), "--asset", "film")
        let restored = try self.folder(folder.path + "/b", of: data)
        usleep(4_000_000)
        try restored.must("encode", Programs.clip("exo_sample.mp4"), "--asset", "film")
        #expect(try versions(data) == [1, 2])
        let mine = try versions(restored)
        #expect(mine.count == 2 && mine[0] == 1 && mine[1] > 1000)
        // A storage nonce, or an IV number, of both lives would show here.
        let script = """
            import sqlite3, sys
            def rows(folder):
                db = sqlite3.connect(folder + "/catalog.sqlite")
                nonces = {r[0] for r in db.execute("SELECT mediaNonce FROM track WHERE version > 1")}
                numbers = {tuple(r) for r in db.execute("SELECT hex(kid), number FROM ivAllocation WHERE version > 1")}
                return nonces, numbers
            a, b = rows(sys.argv[1]), rows(sys.argv[2])
            assert a[0] and a[1] and b[0] and b[1]
            assert {k for k, _ in a[1]} == {k for k, _ in b[1]}
            print(len(a[0] & b[0]), len(a[1] & b[1]))
            """
        let outcome = try run("/usr/bin/python3", ["-c", script, data.folder.path, restored.folder.path])
        #expect(outcome.text == "0 0\n", "\(outcome.errors)")
    }

    @Test func whatIsUnchangedIsNotCopiedAgain() throws {
        let data = try DataFolder()
        _ = try Site(data)
        let folder = try Folder()
        try data.must("backup", folder.path + "/1", "--media")
        try data.must("encode", Programs.clip("exo_sample.mp4"), "--asset", "film")
        let second = try data.must("backup", folder.path + "/2", "--media", "--base", folder.path + "/1", "--json")
            .json()
        #expect(second["unchanged"] as? Int == 1)
        func inode(_ path: String) throws -> Int {
            try FileManager.default.attributesOfItem(atPath: folder.path + path)[.systemFileNumber] as? Int ?? 0
        }
        let file = "/media/assets/film/v1/track-0.cmaf"
        let linked = try inode("/2" + file)
        #expect(try inode("/1" + file) == linked)
        // Each is whole without the other.
        try FileManager.default.removeItem(atPath: folder.path + "/1")
        let restored = try self.folder(folder.path + "/2", of: data)
        #expect(try versions(restored) == [1, 2])
        // What was restored shares nothing with the backup.
        let attributes = try FileManager.default.attributesOfItem(atPath: restored.folder.path + file)
        #expect(attributes[.systemFileNumber] as? Int != linked)
    }

    /// A backup or a restoration that is killed leaves nothing that looks complete, and goes on.
    @Test func killedInTheMiddle() throws {
        let data = try DataFolder()
        _ = try Site(data)
        let folder = try Folder()
        let backup = folder.path + "/b"
        var left = 0
        // On a busy machine the one that kills may have its turn too late: again, then, as early as it can.
        let delays = Array(stride(from: UInt32(0), through: 400_000, by: 40_000))
        for delay in delays + Array(repeating: 0, count: 50) where left == 0 || delay > 0 {
            if FileManager.default.fileExists(atPath: backup) { try FileManager.default.removeItem(atPath: backup) }
            try kill(["backup", backup, "--media"], data.environment, after: delay, behind: backup + ".part")
            guard !FileManager.default.fileExists(atPath: backup) else { continue }
            left += 1
            let refused = try data.keyway("restore", backup, "--data", folder.path + "/none")
            #expect(refused.status == 66)
        }
        #expect(left > 0)
        if !FileManager.default.fileExists(atPath: backup) { try data.must("backup", backup, "--media") }
        #expect(!FileManager.default.fileExists(atPath: backup + ".part"))
        var restored = try DataFolder()
        try copyKEK(data, to: restored.folder.path)
        var halves = try killRestorations(of: backup, into: restored)
        for _ in 0..<20 where halves == 0 {
            restored = try DataFolder()
            try copyKEK(data, to: restored.folder.path)
            halves = try killRestorations(of: backup, into: restored)
        }
        #expect(halves > 0)
        if FileManager.default.fileExists(atPath: restored.folder.path + "/restoring") {
            if FileManager.default.fileExists(atPath: restored.folder.path + "/catalog.sqlite") {
                try FileManager.default.removeItem(atPath: restored.folder.path + "/restoring")
            } else {
                try restored.must("restore", backup)
            }
        } else if !FileManager.default.fileExists(atPath: restored.folder.path + "/catalog.sqlite") {
            try restored.must("restore", backup)
        }
        #expect(try restored.assets() == ["film"])
        #expect(try restored.must("doctor", "--quiet", "--json").json()["state"] as? String != "error")
    }

    /// Killed when all is written and only the name is missing: the next attempt goes on. Without its mark it is a complete backup
    /// that somebody named so, which is left alone.
    @Test func killedAtItsVeryEnd() throws {
        let data = try DataFolder()
        _ = try Site(data)
        let folder = try Folder()
        let backup = folder.path + "/b"
        try data.must("backup", backup, "--media")
        #expect(!FileManager.default.fileExists(atPath: backup + "/unfinished"))
        try FileManager.default.moveItem(atPath: backup, toPath: backup + ".part")
        let refused = try data.keyway("backup", backup, "--media")
        #expect(refused.status == 73 && refused.errors.contains("is no backup that was interrupted"))
        try Data().write(to: URL(fileURLWithPath: backup + ".part/unfinished"))
        try data.must("backup", backup, "--media")
        #expect(!FileManager.default.fileExists(atPath: backup + "/unfinished"))
        #expect(!FileManager.default.fileExists(atPath: backup + ".part"))
        let restored = try self.folder(backup, of: data)
        #expect(try restored.assets() == ["film"])
    }

    /// Into the folder that one works in, by a name of one character.
    @Test(arguments: ["x", "./x", "xy/"]) func aBackupGoesWhereItsNameSays(target: String) throws {
        let data = try DataFolder()
        let folder = try Folder()
        let outcome = try run(
            Programs.own("keyway"), ["backup", target], environment: data.environment,
            workingFolder: URL(fileURLWithPath: folder.path))
        #expect(outcome.status == 0, "\(outcome.status) \(outcome.errors)")
        #expect(FileManager.default.fileExists(atPath: "\(folder.path)/\(target)"))
    }

    /// Whoever forgot to bring the KEKs brings them, and restores again.
    @Test func withoutItsKEKsNothingIsLeft() throws {
        let data = try DataFolder()
        try data.must("key", "create", "--type", "envelope", "--name", "film")
        let backup = data.folder.path + "/backup"
        try data.must("backup", backup)
        let restored = try DataFolder()
        let refused = try run(Programs.own("keyway"), ["restore", backup], environment: restored.environment)
        #expect(refused.status != 0 && refused.errors.lowercased().contains("kek"), "\(refused.errors)")
        #expect(!FileManager.default.fileExists(atPath: restored.folder.path + "/restoring"))
        try copyKEK(data, to: restored.folder.path)
        try restored.must("restore", backup)
        #expect(try restored.must("key", "list").text.contains("film"))
    }

    /// - Returns: how many were killed with their work half done.
    private func killRestorations(of backup: String, into restored: DataFolder) throws -> Int {
        let half = restored.folder.path + "/restoring"
        var halves = 0
        for delay in stride(from: UInt32(0), through: 200_000, by: 20_000) {
            try kill(["restore", backup], restored.environment, after: delay, behind: half)
            guard FileManager.default.fileExists(atPath: half) else { continue }
            halves += 1
            // Nothing takes it for a new folder.
            let refused = try restored.keyway("asset", "list")
            #expect(refused.status == 69 && refused.errors.contains("restore"))
        }
        return halves
    }

    /// - Parameters:
    ///   - delay: in microseconds, from the file's appearance or, when an earlier run left it, from the start.
    ///   - file: what it makes when it has begun.
    private func kill(
        _ arguments: [String], _ environment: [String: String], after delay: UInt32, behind file: String
    ) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try Programs.own("keyway"))
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        while process.isRunning, !FileManager.default.fileExists(atPath: file) { usleep(1000) }
        usleep(delay)
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Each part of a backup, damaged or taken away, is found, and nothing is restored.
    @Test func damageIsFound() throws {
        let data = try DataFolder()
        _ = try Site(data)
        let folder = try Folder()
        let backup = folder.path + "/b"
        try data.must("backup", backup, "--media")
        func flip(_ path: String) throws {
            var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            bytes[bytes.count / 2] ^= 1
            try bytes.write(to: URL(fileURLWithPath: path))
        }
        func attempt(_ arguments: String...) throws -> Outcome {
            let target = folder.path + "/\(UUID().uuidString)"
            try copyKEK(data, to: target)
            let outcome = try run(
                Programs.own("keyway"), ["restore", backup, "--data", target] + arguments, environment: data.environment
            )
            if outcome.status != 0 {
                #expect(!FileManager.default.fileExists(atPath: target + "/catalog.sqlite"))
            }
            return outcome
        }
        for file in ["manifest.json", "catalog.sqlite", "content.jsonl", "media/assets/film/v1/track-1.cmaf"] {
            try flip(backup + "/" + file)
            let outcome = try attempt()
            #expect(outcome.status == 65, "\(file): \(outcome.errors)")
            try flip(backup + "/" + file)
            let away = backup + "/" + file
            try FileManager.default.moveItem(atPath: away, toPath: away + ".away")
            let missing = try attempt()
            #expect([65, 66].contains(missing.status), "\(file): \(missing.errors)")
            try FileManager.default.moveItem(atPath: away + ".away", toPath: away)
        }
        // Without a file of media: said, and done when it is asked for.
        try flip(backup + "/media/assets/film/v1/track-1.cmaf")
        let forced = try attempt("--force", "--json")
        let left = try forced.json()["missing"] as? [Any]
        #expect(forced.status == 0 && left?.count == 1)
        #expect(try attempt("--media", data.folder.path + "/media").status == 0)
        // Of a newer form.
        let manifest = URL(fileURLWithPath: backup + "/manifest.json")
        let text = try String(contentsOf: manifest, encoding: .utf8).replacing("\"format\" : 2", with: "\"format\" : 3")
        try Data(text.utf8).write(to: manifest)
        let newer = try attempt()
        #expect(newer.status == 65 && newer.errors.contains("newer"))
    }

    @Test func refusals() throws {
        let data = try DataFolder()
        _ = try Site(data)
        let folder = try Folder()
        let backup = folder.path + "/b"
        try data.must("backup", backup)
        #expect(try data.keyway("backup", backup).status == 73)
        #expect(try data.keyway("backup", folder.path + "/no/parent").status == 73)
        #expect(try data.keyway("backup", folder.path + "/c", "--media", "--base", backup).status == 66)
        // Into a folder that is in use, with another KEK, without one.
        #expect(try data.keyway("restore", backup).status == 73)
        let other = try DataFolder()
        try other.must("key", "create", "--type", "envelope")
        let wrong = folder.path + "/wrong"
        try copyKEK(other, to: wrong)
        let refused = try data.keyway("restore", backup, "--data", wrong, "--media", data.folder.path + "/media")
        #expect(refused.status == 69 && refused.errors.contains("not the key"))
        let none = try data.keyway("restore", backup, "--data", folder.path + "/none")
        #expect(none.status == 69 && none.errors.contains("is missing"))
        // The catalog alone, where media is to come later.
        let alone = folder.path + "/alone"
        try copyKEK(data, to: alone)
        #expect(try data.keyway("restore", backup, "--data", alone).status == 65)
        #expect(try data.keyway("restore", backup, "--data", alone, "--force").status == 0)
    }

    @Test(.enabled(if: SmallDisk.isPossible || Extent.isWhole, "a small disk needs the right to mount"))
    func aFullDiskLeavesNoBackup() throws {
        let data = try DataFolder()
        _ = try Site(data)
        let disk = try SmallDisk(megabytes: 1)
        func backup() throws -> Outcome {
            try run(
                disk.launcher[0],
                Array(disk.launcher.dropFirst()) + [Programs.own("keyway"), "backup", disk.path + "/b", "--media"],
                environment: data.environment)
        }
        try disk.shell("head -c 600000 /dev/zero > fill")
        let full = try backup()
        #expect(full.status == 74, "\(full.errors)")
        #expect(try disk.shell("test -e b").status != 0)
        try disk.shell("rm fill")
        let done = try backup()
        #expect(done.status == 0, "\(done.errors)")
        #expect(try disk.shell("test -e b/manifest.json && ! test -e b.part").status == 0)
    }

    /// Tokens that may have been used in the lost time are used up; takedowns and revocations of the backup are in force.
    @Test func limitsAndTakedownsAreInForce() throws {
        let data = try DataFolder()
        let site = try Site(data)
        let once = """
            kind: AuthorizationPolicy
            name: once
            options:
              - name: web
                delivery: [aes]
                restrictions:
                  - token:
                      type: jwt
                      issuer: https://sts.example.com
                      audience: urn:once
                      verificationKeys: [{ secret: demo-sts, algorithms: [HS256] }]
                      maxUses: 1
                      clockSkew: 1s
            """
        try data.must("apply", try data.folder.write("once.yaml", Data(once.utf8)))
        let kid = try data.must("key", "create", "--type", "envelope", "--auth", "once", "--json").json()["keyId"] ?? ""
        func token(_ data: DataFolder) throws -> String {
            try data.must("token", "issue", "--policy", "once").text.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        func ask(_ server: RunningServer, _ token: String) throws -> Int {
            try curl("\(server.origin)/keys/aes?kid=\(kid)", "-H", "Authorization: Bearer \(token)").status
        }
        let early = try token(data)
        try data.must("asset", "takedown", "film", "--reason", "test")
        let folder = try Folder()
        try data.must("backup", folder.path + "/b", "--media")
        let server = try RunningServer(data)
        #expect(try ask(server, early) == 200)
        #expect(try ask(server, early) == 403)
        server.stop()
        let restored = try self.folder(folder.path + "/b", of: data)
        usleep(3_000_000)
        let next = try RunningServer(restored)
        defer { next.stop() }
        #expect(try ask(next, early) == 403)
        #expect(try curl("\(next.origin)/\(site.locator)/film.ism/manifest(format=m3u8-aapl)").status >= 400)
        // Issued after the restoration, by more than clocks may differ.
        let late = try token(restored)
        #expect(try ask(next, late) == 200)
        #expect(try ask(next, late) == 403)
    }
}

/// A thread that does something again and again.
final class DetachedLoad: @unchecked Sendable {
    // Sendable: everything is under the lock.
    private let lock = NSLock()
    private var isStopped = false
    private var count = 0
    private let ended = DispatchSemaphore(value: 0)

    fileprivate func run(_ body: @Sendable () -> Void) {
        while !lock.withLock({ isStopped }) {
            body()
            lock.withLock { count += 1 }
        }
        ended.signal()
    }

    func stop() -> Int {
        lock.withLock { isStopped = true }
        ended.wait()
        return lock.withLock { count }
    }
}

extension Thread {
    static func detachLoad(_ body: @escaping @Sendable () -> Void) -> DetachedLoad {
        let load = DetachedLoad()
        Thread.detachNewThread { load.run(body) }
        return load
    }
}
