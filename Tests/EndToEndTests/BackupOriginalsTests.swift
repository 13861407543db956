import Foundation
import TestSupport
import Testing

/// Backups have originals, bring media back to the accounts it came from, and are taken over the admin API.
@Suite(.serialized, .waiting) struct BackupOriginalsTests {
    private func copyKEK(_ data: DataFolder, to target: String) throws {
        try FileManager.default.createDirectory(
            atPath: target, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try FileManager.default.copyItem(atPath: data.folder.path + "/kek", toPath: target + "/kek")
    }

    private func restore(
        _ backup: String, of data: DataFolder, into target: String, _ more: [String] = [],
        _ environment: [String: String] = [:]
    ) throws -> Outcome {
        if !FileManager.default.fileExists(atPath: target) { try copyKEK(data, to: target) }
        return try run(
            Programs.own("keyway"), ["restore", backup, "--data", target, "--json"] + more,
            environment: ["KEYWAY_URL": ""].merging(environment) { $1 })
    }

    private func keyway(_ folder: String, _ environment: [String: String] = [:], _ arguments: String...) throws
        -> Outcome
    {
        try run(
            Programs.own("keyway"), arguments,
            environment: ["KEYWAY_URL": "", "KEYWAY_DATA": folder].merging(environment) { $1 })
    }

    private func flip(_ path: String) throws {
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
    }

    /// Ready ones, one that was refused for its hash, and none that is still arriving.
    @Test func originalsComeBack() throws {
        let site = try OriginalSite()
        let folder = try Folder()
        let contents = [
            "a.bin": OriginalSite.content(700_001, seed: 3), "b.bin": OriginalSite.content(3_000_000, seed: 4),
        ]
        for (name, bytes) in contents {
            try #require(
                site.remote("asset", "file", "add", "film", try folder.write(name, bytes), "--parallel", "2").status
                    == 0)
        }
        let wrong = try #require(
            try site.tus(
                "POST", "/v1/uploads",
                [
                    "Upload-Length: 10",
                    OriginalSite.metadata([
                        "asset": "film", "filename": "wrong.bin", "sha256": String(repeating: "0", count: 64),
                    ]),
                ]
            ).headers["location"])
        try #require(
            site.tus(
                "PATCH", wrong, ["Upload-Offset: 0", "Content-Type: application/offset+octet-stream"],
                body: Data(count: 10)
            ).status == 204)
        _ = try site.create(1000, as: "arriving.bin")
        #expect(
            try eventually {
                try site.state(of: "wrong.bin") == "quarantine" && site.file("wrong.bin")?["reason"] != nil
            })
        let first = try site.data.must("backup", folder.path + "/1", "--media", "--json").json()
        #expect((first["manifest"] as? [String: Any])?["originals"] as? Int == 3)
        #expect((first["defects"] as? [Any])?.isEmpty == true)
        #expect(try run("/bin/sh", ["-c", "cd \(folder.path)/1 && sha256sum -c SHA256SUMS"]).status == 0)
        let second = try site.data.must("backup", folder.path + "/2", "--media", "--base", folder.path + "/1", "--json")
            .json()
        #expect(second["unchanged"] as? Int == 3)
        let stored = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/2/media/originals").sorted()
        #expect(
            try stored == FileManager.default.contentsOfDirectory(atPath: folder.path + "/1/media/originals").sorted())
        for name in stored {
            let inodes = try ["1", "2"].map {
                try FileManager.default.attributesOfItem(atPath: "\(folder.path)/\($0)/media/originals/\(name)")[
                    .systemFileNumber] as? Int
            }
            #expect(inodes[0] == inodes[1])
        }
        // Unfinished ones alone are named that way, and nothing else is taken for one.
        #expect(try site.data.keyway("backup", folder.path + "/3.PART", "--media").status == 73)
        try FileManager.default.copyItem(atPath: folder.path + "/1", toPath: folder.path + "/3.part")
        #expect(try site.data.keyway("backup", folder.path + "/3", "--media").status == 73)
        #expect(FileManager.default.fileExists(atPath: folder.path + "/3.part/SHA256SUMS"))
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/2/unfinished"))
        // Each is whole by itself.
        try FileManager.default.removeItem(atPath: folder.path + "/1")

        let victim = try #require(stored.first { !$0.hasSuffix(".tags") })
        try flip("\(folder.path)/2/media/originals/\(victim)")
        let damaged = try restore(folder.path + "/2", of: site.data, into: folder.path + "/restored")
        #expect(damaged.status == 65 && damaged.errors.contains(victim) && damaged.errors.contains("(original)"))
        try flip("\(folder.path)/2/media/originals/\(victim)")
        try flip(folder.path + "/2/originals.jsonl")
        #expect(try restore(folder.path + "/2", of: site.data, into: folder.path + "/not").status == 65)
        try flip(folder.path + "/2/originals.jsonl")
        // The same folder: the attempt goes on.
        let done = try restore(folder.path + "/2", of: site.data, into: folder.path + "/restored")
        try #require(done.status == 0, "\(done.errors)")
        let files = try keyway(folder.path + "/restored", [:], "asset", "file", "list", "film", "--json").json()[
            "files"]
        let states = (files as? [[String: Any]] ?? []).reduce(into: [String: String]()) {
            $0[$1["name"] as? String ?? ""] = $1["state"] as? String
        }
        #expect(states == ["a.bin": "ready", "b.bin": "ready", "wrong.bin": "quarantine"])
        for (name, bytes) in contents {
            let path = folder.path + "/back-" + name
            let outcome = try keyway(folder.path + "/restored", [:], "asset", "download", "film", name, "-o", path)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
        }
        #expect(try keyway(folder.path + "/restored", [:], "asset", "verify", "film").status == 0)

        // Without media, and with a folder that has it, whose files are linked.
        try site.data.must("backup", folder.path + "/list")
        #expect(try restore(folder.path + "/list", of: site.data, into: folder.path + "/none").status == 65)
        let linked = try restore(
            folder.path + "/list", of: site.data, into: folder.path + "/linked",
            ["--media", site.data.folder.path + "/media"])
        #expect(linked.status == 0, "\(linked.errors)")
        #expect(try keyway(folder.path + "/linked", [:], "asset", "verify", "film").status == 0)
    }

    /// Content is held against the tags, tags against the catalog; what was damaged is not linked from then on.
    @Test func damageOfTheSiteIsNoticed() throws {
        let data = try DataFolder()
        let folder = try Folder()
        try data.must("asset", "create", "film")
        try data.must("asset", "file", "add", "film", try folder.write("a.bin", OriginalSite.content(400_000)))
        let originals = data.folder.path + "/media/originals/"
        let stored = try FileManager.default.contentsOfDirectory(atPath: originals)
        #expect(stored.count == 2)
        var base: [String] = []
        for name in stored {
            try flip(originals + name)
            for _ in 0..<2 {
                let backup = "\(folder.path)/\(base.count)"
                let outcome = try run(
                    Programs.own("keyway"), ["backup", backup, "--media", "--json"] + base.suffix(2),
                    environment: data.environment)
                #expect(outcome.status == 65)
                let defects = try outcome.json()["defects"] as? [[String: Any]] ?? []
                #expect(defects.count == 1 && (defects.first?["reason"] as? String)?.contains("'\(name)'") == true)
                base += ["--base", backup]
            }
            try flip(originals + name)
        }
        #expect(try data.must("backup", folder.path + "/whole", "--media", "--json").json()["unchanged"] as? Int == 0)
    }

    /// To the account of the same name, where somebody asks for it and that is empty; else to the default one, which is said.
    @Test func mediaGoesBackToItsAccounts() throws {
        let folder = try Folder()
        func accounts(_ name: String) -> [String: String] {
            ["KEYWAY_STORAGE_ACCOUNTS": "name=films;folder=\(folder.path)/\(name);weight=2"]
        }
        let data = try DataFolder(environment: accounts("disk"))
        try data.must("asset", "create", "film", "--account", "films")
        try data.must("asset", "upload", "film", Programs.clip("interview_184k.mp4"))
        try data.must("asset", "file", "add", "film", try folder.write("a.bin", OriginalSite.content(400_000)))
        let backup = folder.path + "/b"
        try data.must("backup", backup, "--media")
        func stored(_ root: String) -> [String] {
            (FileManager.default.subpaths(atPath: root) ?? []).filter {
                $0.contains("film/v1/") || $0.hasPrefix("originals/")
            }
            .sorted()
        }
        let expected = stored(folder.path + "/disk")
        #expect(expected.count > 3)

        // An attempt that ends in its middle, and the next one.
        try flip(backup + "/media/" + (expected.first { $0.hasPrefix("originals/") } ?? ""))
        #expect(try restore(backup, of: data, into: folder.path + "/1", ["--accounts"], accounts("new")).status == 65)
        try flip(backup + "/media/" + (expected.first { $0.hasPrefix("originals/") } ?? ""))
        let done = try restore(backup, of: data, into: folder.path + "/1", ["--accounts"], accounts("new"))
        try #require(done.status == 0, "\(done.errors)")
        #expect(try done.json()["accounts"] as? [String] == ["films"])
        #expect(stored(folder.path + "/new") == expected && stored(folder.path + "/1/media").isEmpty)
        #expect(try keyway(folder.path + "/1", accounts("new"), "asset", "verify", "film").status == 0)
        let list = try keyway(folder.path + "/1", accounts("new"), "storage", "list", "--json").json()["accounts"]
        let films = (list as? [[String: Any]] ?? []).first { $0["name"] as? String == "films" }
        #expect(films?["versions"] as? Int == 1 && films?["originals"] as? Int == 1 && films?["problem"] == nil)

        // In use; without any configuration; and not asked for, as in a drill.
        for (number, environment) in [accounts("disk"), [:], accounts("unasked")].enumerated() {
            let target = "\(folder.path)/other\(number)"
            let moved = try restore(backup, of: data, into: target, number < 2 ? ["--accounts"] : [], environment)
            try #require(moved.status == 0, "\(moved.errors)")
            #expect(try (moved.json()["movedAccounts"] as? [String])?.count == 1)
            #expect(try (moved.json()["accounts"] as? [String])?.isEmpty == true)
            #expect(stored(target + "/media") == expected)
            #expect(try keyway(target, [:], "asset", "verify", "film").status == 0)
        }
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/unasked"))
        #expect(stored(folder.path + "/disk") == expected)
        #expect(try data.must("asset", "verify", "film").status == 0)
    }

    @Test func aServerTakesBackupsOfItself() throws {
        let folder = try Folder()
        let site = try OriginalSite(["KEYWAY_BACKUPS_FOLDER": folder.path])
        try #require(
            site.remote("asset", "file", "add", "film", try folder.write("a.bin", OriginalSite.content(300_000))).status
                == 0)
        let refused = try site.remote("backup", "one", "--media")
        #expect(refused.status == 77 && refused.errors.contains("it takes key-admin"))
        let one = try site.remote("backup", "one", "--media", "--json", role: "key-admin")
        try #require(one.status == 0, "\(one.errors)")
        let local = try site.data.must("backup", folder.path + "/here", "--media", "--json").json()
        func facts(_ report: [String: Any]) -> NSDictionary {
            var manifest = report["manifest"] as? [String: Any] ?? [:]
            for name in ["id", "taken", "audit", "configuration"] { manifest[name] = nil }
            return manifest as NSDictionary
        }
        #expect(try facts(one.json()) == facts(local))
        #expect(try site.remote("backup", "one", "--media", role: "key-admin").status == 73)
        #expect(try site.remote("backup", "../x", role: "key-admin").status == 64)
        #expect(try site.remote("backup", "three", "--media", "--base", "none", role: "key-admin").status == 66)
        let two = try site.remote("backup", "two", "--media", "--base", "one", "--json", role: "key-admin")
        #expect(try two.json()["unchanged"] as? Int == 1)
        let back = try restore(folder.path + "/two", of: site.data, into: folder.path + "/restored")
        #expect(back.status == 0, "\(back.errors)")
        #expect(try keyway(folder.path + "/restored", [:], "asset", "verify", "film").status == 0)
        let tail = try site.data.must("audit", "tail", "--lines", "1000").text
        #expect(tail.contains("backupTaken") && tail.contains("the-key-admin"))
        // Where no folder is named there is no such thing.
        let without = try OriginalSite()
        let none = try without.remote("backup", "one", role: "key-admin")
        #expect(none.status == 77 && none.errors.contains("backups.folder"))
    }
}
