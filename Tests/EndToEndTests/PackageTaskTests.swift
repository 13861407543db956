import Foundation
import Glibc
import TestSupport
import Testing

/// A job's task of kind `package` writes what `keyway package` writes, where the operator lets it, and once.
@Suite(.serialized, .waiting) struct PackageTaskTests {
    private let data: DataFolder
    /// That packages may be written into.
    private let folder: Folder
    private let clip = Programs.clip("exo_sample.mp4")

    init() throws {
        (data, folder) = (try DataFolder(), try Folder())
    }

    private func declare(_ target: String) throws {
        let documents = """
            kind: DeliveryPolicy
            name: plain
            protocols: [hls, dash]
            encryption: none
            ---
            kind: Transform
            name: shop
            tasks:
              - { kind: encode, preset: upload }
              - { kind: verify, after: [encode], deliveryPolicies: [plain] }
              - { kind: publish, after: [verify], deliveryPolicies: [plain] }
              - { kind: package, after: [publish], \(target), keysUrl: "https://keys.example" }

            """
        try data.must("apply", data.folder.write("t.yaml", Data(documents.utf8)))
    }

    private var allowed: [String: String] { ["KEYWAY_JOBS_PACKAGES": folder.path] }

    private func keyway(_ arguments: String..., with more: [String: String] = [:]) throws -> Outcome {
        try run(Programs.own("keyway"), arguments, environment: data.environment.merging(more) { $1 })
    }

    private func submit(_ film: String? = nil) throws -> String {
        let outcome = try data.must(
            "job", "submit", "--transform", "shop", "--asset", "film", film ?? clip, "--json")
        return try #require((try outcome.json()["job"] as? [String: Any])?["id"] as? String)
    }

    private func task(_ name: String = "package", of id: String) throws -> [String: Any] {
        let tasks = try data.must("job", "show", id, "--json").json()["tasks"] as? [[String: Any]] ?? []
        return try #require(tasks.first { $0["name"] as? String == name })
    }

    private static func contents(_ folder: String) throws -> [String: Data] {
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder).filter {
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: "\(folder)/\($0)", isDirectory: &isFolder)
                && !isFolder.boolValue
        }
        return try Dictionary(
            uniqueKeysWithValues: files.map { ($0, try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)"))) })
    }

    /// As the command writes it.
    private func reference() throws -> [String: Data] {
        let path = data.folder.path + "/reference-\(UUID().uuidString)"
        try data.must("package", "film", "--output", path, "--keys-url", "https://keys.example")
        return try Self.contents(path)
    }

    @Test func aPackageIsWrittenWhereTheOperatorLetsIt() throws {
        try declare("folder: \(folder.path)/films")
        let id = try submit()
        let refused = try keyway("job", "watch", id)
        #expect(refused.status == 65 && refused.errors.contains("'jobs.packages'"), "\(refused.errors)")
        #expect(try task(of: id)["errorCode"] as? String == "packageRefused")
        // What lies there is left as it is, and what a task that was killed left is not.
        let place = folder.path + "/films/film/v1"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        try Data("kept".utf8).write(to: URL(fileURLWithPath: place + "/master.m3u8"))
        try data.must("job", "retry", id)
        let taken = try keyway("job", "watch", id, with: allowed)
        #expect(taken.errors.contains("holds something else"), "\(taken.errors)")
        #expect(try Self.contents(place) == ["master.m3u8": Data("kept".utf8)])
        try FileManager.default.removeItem(atPath: place)
        let left = folder.path + "/films/film/.v1.partial"
        try FileManager.default.createDirectory(atPath: left, withIntermediateDirectories: true)
        try Data("half".utf8).write(to: URL(fileURLWithPath: left + "/manifest.mpd"))
        try data.must("job", "retry", id)
        #expect(try keyway("job", "watch", id, with: allowed).status == 0)
        #expect(try Self.contents(place) == reference())
        #expect(!FileManager.default.fileExists(atPath: left))
        let result = try task(of: id)["result"] as? [String: String] ?? [:]
        let count = try Self.contents(place).count
        #expect(result["place"] == place && result["files"] == "\(count)", "\(result)")
        // Another program plays every picture of it.
        #expect(
            try FormsSite.frames(["-i", place + "/master.m3u8"], "v:0").count
                == FormsSite.frames(["-i", clip], "v:0").count)
        // The encode was not done again for it.
        #expect(try task("encode", of: id)["attempt"] as? Int == 1)
        #expect(try data.must("audit", "tail", "--json").text.contains("assetPackaged"))
    }

    /// Wherever on the way the link lies, and whether what it leads to is there.
    @Test(arguments: ["out", "out/new", "new"])
    func linksLeadNowhereElse(below: String) throws {
        let elsewhere = try Folder()
        let link = below == "new" ? "/new/film" : "/out"
        try FileManager.default.createDirectory(atPath: folder.path + "/new", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + link, withDestinationPath: elsewhere.path)
        try declare("folder: \(folder.path)/\(below)")
        let refused = try keyway("job", "watch", submit(), with: allowed)
        #expect(refused.status == 65 && refused.errors.contains("'jobs.packages'"), "\(refused.errors)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: elsewhere.path).isEmpty)
    }

    /// Ended behind the folder's last step and before that was known: done again, it finds its own work.
    @Test func whatIsThereAlreadyIsTaken() throws {
        try declare("folder: \(folder.path)")
        let id = try submit()
        #expect(try keyway("job", "watch", id).status == 65)
        let place = folder.path + "/film/v1"
        try FileManager.default.createDirectory(atPath: folder.path + "/film", withIntermediateDirectories: true)
        try data.must("package", "film", "--output", place, "--keys-url", "https://keys.example")
        let number = try FileManager.default.attributesOfItem(atPath: place)[.systemFileNumber] as? Int
        try data.must("job", "retry", id)
        #expect(try keyway("job", "watch", id, with: allowed).status == 0)
        #expect(try FileManager.default.attributesOfItem(atPath: place)[.systemFileNumber] as? Int == number)
    }

    @Test func aServerThatIsKilledLeavesNothingByHalves() throws {
        try declare("folder: \(folder.path), formats: [m3u8-cmaf, m3u8-aapl]")
        // Of many segments, so that writing them takes a while.
        let film = data.folder.path + "/long.mp4"
        let made = try run(
            Programs.outside("ffmpeg"),
            [
                "-v", "error", "-f", "lavfi", "-i", "testsrc=s=128x96:r=24:d=300", "-f", "lavfi", "-i",
                "sine=r=48000:d=300", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "48",
                "-c:a", "aac", film,
            ])
        try #require(made.status == 0, "\(made.errors)")
        let id = try submit(film)
        let settings = allowed.merging(["KEYWAY_WORKER_ATTEMPTS": "1000"]) { $1 }
        func changed(_ name: String) -> Date? {
            let facts = try? FileManager.default.attributesOfItem(atPath: folder.path + "/film/" + name)
            return facts?[.modificationDate] as? Date
        }
        for delay in [1000, 5000, 15_000] {
            let left = changed(".v1.partial")
            let server = try RunningServer(data, environment: settings)
            // The folder is being written: another one than what the last one left.
            var isBegun = false
            for _ in 0..<30_000 where !isBegun {
                isBegun = changed(".v1.partial").map { $0 != left } ?? false
                if !isBegun { usleep(1000) }
            }
            #expect(isBegun)
            usleep(useconds_t(delay))
            server.stop(SIGKILL)
            #expect(changed("v1") == nil)
        }
        let server = try RunningServer(data, environment: settings)
        defer { server.stop() }
        try data.must("job", "watch", id)
        #expect(try task(of: id)["attempt"] as? Int ?? 0 > 3)
        let path = data.folder.path + "/reference"
        try data.must(
            "package", "film", "--output", path, "--keys-url", "https://keys.example", "--format", "m3u8-cmaf",
            "--format", "m3u8-aapl")
        #expect(try Self.contents(folder.path + "/film/v1") == Self.contents(path))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/film") == ["v1"])
    }

    /// Below a SAS URL that a secret holds; nothing says the URL.
    @Test func aPackageGoesBelowASASURL() throws {
        let server = try RunningServer(data)
        defer { server.stop() }
        try data.must("asset", "create", "store")
        try data.must("access-policy", "create", "packager", "--permissions", "read,write,list", "--duration", "1h")
        let made = try run(
            Programs.own("keyway"), ["locator", "create", "store", "--sas", "--access", "packager", "--json"],
            environment: data.environment.merging([
                "KEYWAY_LISTEN_ORIGIN": String(server.origin.dropFirst("http://".count))
            ]) { $1 }
        ).json()
        let url = try #require(made["url"] as? String)
        try data.must("secret", "set", "store-url", input: Data(url.utf8))
        try declare("sas: store-url")
        let id = try submit()
        try data.must("job", "watch", id)
        let expected = try reference()
        let listed = try data.must("asset", "file", "list", "store", "--json").json()["files"] as? [[String: Any]] ?? []
        #expect(Set(listed.compactMap { $0["name"] as? String }) == Set(expected.keys.map { "film/v1/" + $0 }))
        let shown = try data.must("job", "show", id, "--json").text
        let signature = try #require(url.split(separator: "?").last)
        #expect(!shown.contains(signature) && shown.contains("film/v1"))
        // Done once more by another job, as another version beside it.
        let again = try submit()
        try data.must("job", "watch", again)
        let names = try data.must("asset", "file", "list", "store", "--json").text
        #expect(names.contains("film/v2/master.m3u8"))
    }
}
