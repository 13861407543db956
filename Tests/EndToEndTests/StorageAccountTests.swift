import Foundation
import TestSupport
import Testing

/// Media in several storage accounts, one of which goes away and comes back.
@Suite(.serialized, .waiting) struct StorageAccountTests {
    private static func site() throws -> (data: DataFolder, disks: Folder) {
        let disks = try Folder()
        let accounts = [
            "name=films;folder=\(disks.path)/films", "name=archive;folder=\(disks.path)/archive;weight=0",
        ].joined(separator: ",")
        return (try DataFolder(environment: ["KEYWAY_STORAGE_ACCOUNTS": accounts]), disks)
    }

    private func accounts(_ outcome: Outcome) throws -> [String: [String: Any]] {
        let list = try outcome.json()["accounts"] as? [[String: Any]] ?? []
        return Dictionary(uniqueKeysWithValues: list.map { ($0["name"] as? String ?? "", $0) })
    }

    @Test func anAccountThatIsAwayIsAnswered503AndComesBackByItself() throws {
        let (data, disks) = try Self.site()
        let clip = Programs.clip("exo_sample.mp4")
        let policy = try data.folder.write(
            "p.yaml", Data("kind: DeliveryPolicy\nname: files\nprotocols: [hls]\nencryption: none\n".utf8))
        try data.must("apply", policy)
        try data.must("asset", "upload", "there", clip, "--account", "films")
        try data.must("asset", "upload", "here", clip, "--account", "default")
        #expect(FileManager.default.fileExists(atPath: disks.path + "/films/assets/there/v1/track-0.cmaf"))
        #expect(data.mediaFiles().contains("assets/here/v1/track-0.cmaf"))
        // Nothing new where the weight is 0.
        let drained = try data.keyway("asset", "create", "more", "--account", "archive")
        #expect(drained.status == 65 && drained.errors.contains("drained"))
        #expect(try data.keyway("asset", "create", "more", "--account", "nowhere").status == 65)
        // Nor does a job wait for it, whoever submits it.
        for verb in [
            ["encode", clip, "--asset", "more"], ["asset", "upload", "more", clip],
        ] {
            for (account, reason) in [("archive", "drained"), ("nowhere", "there is no storage account 'nowhere'")] {
                let refused = try run(
                    Programs.own("keyway"), verb + ["--account", account], environment: data.environment)
                #expect(refused.status == 65 && refused.errors.contains(reason), "\(verb): \(refused.errors)")
            }
        }
        #expect(try data.must("job", "list", "--asset", "more").text == "(none)\n")
        try data.must("asset", "create", "originals", "--account", "films")
        try data.must("asset", "file", "add", "originals", clip, "--name", "master.mp4")

        let locators = try ["here", "there"].map { name in
            try data.must("publish", name, "--delivery", "files", "--json").json()["locator"] as? String ?? ""
        }
        let paths = ["here", "there"].enumerated().map {
            "\(locators[$0.offset])/\($0.element).ism/manifest(format=m3u8-cmaf)"
        }
        try FileManager.default.moveItem(atPath: disks.path + "/films", toPath: disks.path + "/away")
        try FileManager.default.createDirectory(atPath: disks.path + "/films", withIntermediateDirectories: false)
        let server = try RunningServer(data)
        defer { server.stop() }
        #expect(try curl("\(server.origin)/\(paths[0])").status == 200)
        let away = try curl("\(server.origin)/\(paths[1])")
        #expect(away.status == 503 && away.headers["retry-after"] != nil)
        let status = try data.keyway("storage", "status", "--json")
        #expect(status.status == 69 && status.errors.contains("mounted"))
        let list = try data.keyway("storage", "status")
        #expect(list.text.contains("unavailable") && !list.text.contains("films: "))
        #expect(
            list.errors
                == "keyway: storage account 'films' is not in the folder '\(disks.path)/films': is its disk mounted, and readable?\n"
        )
        #expect(try accounts(status)["films"]?["state"] as? String == "unavailable")
        #expect(try accounts(status)["films"]?["versions"] as? Int == 1)
        #expect(try accounts(status)["archive"]?["state"] as? String == "drained")
        let doctor = try data.keyway("doctor", "--json")
        #expect(doctor.text.contains("storage account 'films' is not in the folder"))
        #expect(try data.keyway("asset", "download", "originals", "-o", data.folder.path + "/x").status != 0)
        try saysWhatItWaitsFor(data, clip)
        // What is new goes where there is room, and who sends it is told (decision 48).
        let sent = try data.must("asset", "file", "add", "originals", Programs.clip("exo_frag.mp4"), "--name", "second")
        #expect(sent.text.contains("note: it lies in storage account 'default', since 'films'"), "\(sent.text)")
        let tail = try data.must("audit", "tail").text
        #expect(tail.contains("in storage account default: films does not take it"), "\(tail)")
        try data.must("asset", "file", "delete", "originals", "second")
        #expect(try FileManager.default.contentsOfDirectory(atPath: disks.path + "/films").isEmpty)

        try FileManager.default.removeItem(atPath: disks.path + "/films")
        try FileManager.default.moveItem(atPath: disks.path + "/away", toPath: disks.path + "/films")
        #expect(try curl("\(server.origin)/\(paths[1])").status == 200)
        #expect(try data.must("storage", "status", "--json").status == 0)
        try data.must("asset", "download", "originals", "-o", data.folder.path + "/x")
        #expect(try Data(contentsOf: data.folder.url("x")) == Data(contentsOf: URL(fileURLWithPath: clip)))
        #expect(try data.must("asset", "verify", "--json").status == 0)
        #expect(try data.must("asset", "show", "there", "--json").json()["storageAccount"] as? String == "films")
        // Without the account in the configuration what lies there is said to be there.
        let other = try run(
            Programs.own("keyway"), ["storage", "status", "--json"],
            environment: data.environment.merging(["KEYWAY_STORAGE_ACCOUNTS": ""]) { $1 })
        #expect(try accounts(other)["films"]?["state"] as? String == "unconfigured")
    }

    /// A disk that is away will be back: its job waits for it, and does not so in silence.
    private func saysWhatItWaitsFor(_ data: DataFolder, _ clip: String) throws {
        let errors = data.folder.url("waiting.err")
        try Data().write(to: errors)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try Programs.own("keyway"))
        process.arguments = ["encode", clip, "--asset", "later", "--account", "films"]
        process.environment = ProcessInfo.processInfo.environment.merging(data.environment) { $1 }
        process.standardError = try FileHandle(forWritingTo: errors)
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        defer {
            process.terminate()
            process.waitUntilExit()
        }
        #expect(
            try eventually {
                let said = try String(contentsOf: errors, encoding: .utf8)
                return said.contains("waiting: encode:")
                    && said.contains("storage account 'films' is not in the folder")
                    && said.contains("tried again at")
            })
        let jobs = try data.must("job", "list", "--asset", "later", "--json").json()["jobs"] as? [[String: Any]]
        let id = try #require(jobs?.first?["id"] as? String)
        #expect(try data.must("job", "show", id).text.contains("is its disk mounted"))
        try data.must("job", "cancel", id)
    }

    @Test(arguments: [
        ("name=films", "absolute path"), ("name=films;folder=relative", "absolute path"),
        ("name=Films;folder=/x", "lower-case"), ("name=films;folder=/x;weight=-1", "weight"),
        ("name=a;folder=/x,name=b;folder=/x", "twice"), ("folder=/x", "needs a name"),
        ("name=default;folder=/x", "takes no folder"), ("speed=1", "none of"),
    ])
    func accountsThatCannotBeAreRefused(text: String, reason: String) throws {
        let outcome = try run(
            Programs.own("keyway"), ["storage", "list", "--data", "/nowhere/at/all"],
            environment: ["KEYWAY_STORAGE_ACCOUNTS": text, "KEYWAY_URL": ""])
        #expect(outcome.status == 65)
        #expect(outcome.errors.contains(reason))
    }
}
