import Foundation
import Glibc
import TestSupport
import Testing

/// A pipeline whose server and whose children are killed at any moment, again and again, ends as though nothing had happened.
@Suite(.serialized, .waiting) struct PipelineCrashTests {
    /// As many as `KEYWAY_CRASHES` says; 200 where everything is tested.
    private static let crashes =
        ProcessInfo.processInfo.environment["KEYWAY_CRASHES"].flatMap { Int($0) } ?? (Extent.isWhole ? 200 : 3)
    private static let assets =
        ["one", "two", "three"]
        + (crashes < 50 ? [] : ["four", "five", "six", "seven", "eight", "nine", "ten"])

    /// SplitMix64: the same moments in every run, as far as the machine lets them be.
    private struct Moments {
        var state: UInt64 = 20_261_121

        mutating func next(below bound: UInt32) -> UInt32 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return UInt32(truncatingIfNeeded: value ^ (value >> 31)) % bound
        }
    }

    private func children(of parent: pid_t) -> [pid_t] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { name in
            guard let process = pid_t(name),
                let stat = try? String(contentsOfFile: "/proc/\(name)/stat", encoding: .utf8),
                stat.components(separatedBy: ") ").last?.split(separator: " ").dropFirst().first == "\(parent)"
            else { return nil }
            return process
        }
    }

    /// Counted is only what hits work: when all jobs have ended, each asset gets another version.
    @Test(.timeLimit(.minutes(90))) func nothingIsLostAndNothingDoneTwice() throws {
        let packages = try Folder()
        let site = try PipelineSite(
            environment: [
                "KEYWAY_WORKER_ATTEMPTS": "1000", "KEYWAY_WORKER_ENCODERS": "2", "KEYWAY_JOBS_PACKAGES": packages.path,
            ])
        let long = try longFilm(site.data.folder)
        try declarePieces(site, packages)
        func submitAll() throws -> [String] {
            // One in five is made in pieces, by several encoders.
            try Self.assets.enumerated().map { place, asset in
                place % 5 == 1
                    ? try site.submit(asset, long, transform: "pieces")
                    : try site.submit(asset, Programs.clip("exo_sample.mp4"))
            }
        }
        var ids = try submitAll()
        var (moments, hits) = (Moments(), 0)
        while hits < Self.crashes {
            let server = try RunningServer(site.data)
            usleep(100_000 + moments.next(below: 2_500_000))
            if moments.next(below: 4) == 0 {
                for child in children(of: server.process.processIdentifier) { kill(child, SIGKILL) }
                usleep(moments.next(below: 500_000))
            }
            server.stop(SIGKILL)
            if try site.isIdle() { ids += try submitAll() } else { hits += 1 }
        }
        let last = try RunningServer(site.data)
        defer { last.stop() }
        let isOver = try eventually(within: 900) { try ids.allSatisfy { try site.state($0) == "finished" } }
        let jobs = try ids.map(site.job)
        #expect(isOver, "\(jobs)")
        try check(site, ids)
        try checkPieces(site, ids, packages)
    }

    /// Of three pieces, and small: 25 s.
    private func longFilm(_ folder: Folder) throws -> String {
        let path = folder.path + "/long.mp4"
        let made = try run(
            Programs.outside("ffmpeg"),
            [
                "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=25", "-f", "lavfi", "-i",
                "sine=duration=25", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", path,
            ])
        #expect(made.status == 0, "\(made.errors)")
        return path
    }

    private func declarePieces(_ site: PipelineSite, _ packages: Folder) throws {
        let document = """
            kind: Transform
            name: pieces
            tasks:
              - { kind: encode, preset: adaptive, split: 10s, encoders: 2, thumbnails: { interval: 5s } }
              - { kind: verify, after: [encode], deliveryPolicies: [hls-aes] }
              - { kind: publish, after: [verify], deliveryPolicies: [hls-aes], authorizationPolicy: demo-viewers }
              - { kind: package, after: [publish], folder: "\(packages.path)", keysUrl: "https://keys.example" }
              - { kind: notify, after: [publish], endpoint: office }

            """
        try site.data.must("apply", site.data.folder.write("pieces.yaml", Data(document.utf8)))
    }

    /// Three pieces each, and one whole package for each version.
    private func checkPieces(_ site: PipelineSite, _ ids: [String], _ packages: Folder) throws {
        var wanted: [String: Int] = [:]
        for id in ids {
            let job = try site.job(id)["job"] as? [String: Any]
            guard job?["transform"] as? String == "pieces", let asset = job?["asset"] as? String else { continue }
            wanted[asset, default: 0] += 1
            let result = try site.task("encode", of: id)["result"] as? [String: String]
            #expect(result?["pieces"] == "3")
        }
        #expect(wanted[Self.assets[1]] == ids.count / Self.assets.count)
        for (asset, count) in wanted {
            let made = try FileManager.default.contentsOfDirectory(atPath: "\(packages.path)/\(asset)")
            #expect(made.count == count && made.allSatisfy { $0.hasPrefix("v") }, "\(asset): \(made)")
            for version in made {
                let playlist = "\(packages.path)/\(asset)/\(version)/master.m3u8"
                #expect(FileManager.default.fileExists(atPath: playlist), "\(asset) \(version)")
            }
        }
    }

    /// From the laptop on: each film is sent, checked, encoded and published while uploaders, server and encoders are killed.
    @Test(.timeLimit(.minutes(60))) func nothingIsLostFromTheLaptopOn() throws {
        let site = try PipelineSite(environment: ["KEYWAY_WORKER_ATTEMPTS": "1000", "KEYWAY_WORKER_ENCODERS": "2"])
        let laptop = try Laptop(site, Self.assets)
        var moments = Moments(state: 20_261_122)
        for _ in 0..<max(Self.crashes, 6) {
            let server = try RunningServer(site.data, environment: ["KEYWAY_LISTEN_ADMIN": laptop.listen])
            let uploaders = try laptop.begin()
            usleep(200_000 + moments.next(below: 2_000_000))
            if moments.next(below: 2) == 0 {
                for uploader in uploaders where uploader.isRunning { kill(uploader.processIdentifier, SIGKILL) }
                usleep(moments.next(below: 500_000))
            }
            if moments.next(below: 4) == 0 {
                for child in children(of: server.process.processIdentifier) { kill(child, SIGKILL) }
                usleep(moments.next(below: 500_000))
            }
            server.stop(SIGKILL)
            for uploader in uploaders {
                if uploader.isRunning { kill(uploader.processIdentifier, SIGKILL) }
                uploader.waitUntilExit()
            }
            try laptop.submitWhatIsReady()
        }
        let last = try RunningServer(site.data, environment: ["KEYWAY_LISTEN_ADMIN": laptop.listen])
        defer { last.stop() }
        for uploader in try laptop.begin() {
            uploader.waitUntilExit()
            #expect(uploader.terminationStatus == 0)
        }
        #expect(
            try eventually(within: 300) {
                try laptop.submitWhatIsReady()
                return laptop.jobs.count == Self.assets.count
            })
        let ids = laptop.jobs.values.sorted()
        let isOver = try eventually(within: 600) { try ids.allSatisfy { try site.state($0) == "finished" } }
        let ended = try ids.map(site.job)
        #expect(isOver, "\(ended)")
        try check(site, ids)
        try laptop.check()
    }

    /// Whoever sends the films of a pipeline, and begins its jobs.
    private final class Laptop {
        private let site: PipelineSite
        private let assets: [String]
        /// By asset: what is there already is not sent, so each has a film of its own.
        private let films: [String: (path: String, digest: String)]
        private let proxy: CuttingProxy
        private let environment: [String: String]
        /// Where the server listens, whichever one it is.
        let listen: String
        /// By asset.
        private(set) var jobs: [String: String] = [:]

        init(_ site: PipelineSite, _ assets: [String]) throws {
            self.site = site
            self.assets = assets
            // A film of 12 MB, most of which no player looks at ('free'; ISO/IEC 14496-12, 8.1.2), so that sending takes a while.
            let size = 12 << 20
            let free = withUnsafeBytes(of: UInt32(size + 8).bigEndian) { Data($0) } + Data("free".utf8)
            let clip = try Data(contentsOf: URL(fileURLWithPath: Programs.clip("exo_sample.mp4")))
            var films: [String: (path: String, digest: String)] = [:]
            for (place, asset) in assets.enumerated() {
                let film = try site.data.folder.write(
                    "\(asset).mp4", clip + free + OriginalSite.content(size, seed: UInt64(place) + 3))
                films[asset] = (film, String(try run(Programs.outside("sha256sum"), [film]).text.prefix(64)))
            }
            self.films = films
            let first = try RunningServer(site.data)
            let token = try site.data.must("admin", "token", "create", "laptop", "--role", "operator").text
            for asset in assets { try site.data.must("asset", "create", asset) }
            proxy = try CuttingProxy(to: first.admin, cuts: 0, limit: 1, rate: 16 << 20)
            listen = String(first.admin.dropFirst("http://".count))
            environment = [
                "KEYWAY_URL": proxy.url, "KEYWAY_TOKEN": token.trimmingCharacters(in: .whitespacesAndNewlines),
                "KEYWAY_DATA": "/nowhere", "XDG_STATE_HOME": site.data.folder.path + "/state",
            ]
            first.stop()
        }

        private func files(_ asset: String) throws -> [[String: Any]] {
            try site.data.must("asset", "file", "list", asset, "--json").json()["files"] as? [[String: Any]] ?? []
        }

        /// Sends what has not arrived, all at once.
        func begin() throws -> [Process] {
            try assets.filter { try files($0).allSatisfy { $0["state"] as? String == "uploading" } }.map { asset in
                let process = Process()
                process.executableURL = URL(fileURLWithPath: try Programs.own("keyway"))
                process.arguments = [
                    "asset", "file", "add", asset, films[asset]?.path ?? "", "--name", "source.mp4", "--json",
                ]
                process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
                process.standardInput = FileHandle.nullDevice
                process.standardOutput = FileHandle.nullDevice
                process.standardError = FileHandle.nullDevice
                try process.run()
                return process
            }
        }

        /// Begins the job of every film that has arrived and passed its checks, once.
        func submitWhatIsReady() throws {
            for asset in assets where jobs[asset] == nil {
                guard try files(asset).contains(where: { $0["state"] as? String == "ready" }) else { continue }
                jobs[asset] = try site.submit(asset, "asset:\(asset)/source.mp4")
            }
        }

        /// Each film arrived once, whole, and nothing else lies there.
        func check() throws {
            for asset in assets {
                let files = try files(asset)
                #expect(files.count == 1 && files.first?["sha256"] as? String == films[asset]?.digest, "\(files)")
            }
            for asset in assets { #expect(try site.data.keyway("asset", "verify", asset).status == 0) }
            let stored = site.data.mediaFiles().filter { $0.hasPrefix("originals/") && !$0.hasSuffix(".tags") }
            let sizes = try stored.map { name in
                try FileManager.default.attributesOfItem(atPath: site.data.folder.path + "/media/" + name)[.size]
                    as? Int
            }
            let wanted = try films.values.map { film in
                try FileManager.default.attributesOfItem(atPath: film.path)[.size] as? Int ?? 0
            }
            // A film whose sending was broken off lies in several files.
            #expect(sizes.compactMap { $0 }.reduce(0, +) == wanted.reduce(0, +), "\(stored)")
        }
    }

    private func check(_ site: PipelineSite, _ ids: [String]) throws {
        let data = site.data
        #expect(try data.assets() == Self.assets.sorted())
        let locators = try data.must("locator", "list", "--json").json()["locators"] as? [[String: Any]] ?? []
        #expect(Set(locators.compactMap { $0["asset"] as? String }) == Set(Self.assets))
        #expect(locators.count == Self.assets.count, "published twice: \(locators)")
        var known: [String] = []
        for asset in Self.assets {
            let list = try data.must("asset", "versions", asset, "--json").json()["versions"] as? [[String: Any]] ?? []
            // As many as it has jobs.
            #expect(list.count == ids.count / Self.assets.count)
            known += list.map { "assets/\(asset)/v\($0["number"] as? Int ?? 0)" }
            #expect(try data.keyway("asset", "verify", asset).status == 0)
        }
        // Two messages a job: its task's, and that of its end; each came to the receiver once, or with its id again.
        #expect(
            try eventually {
                let log = try data.must("notification", "log", "--limit", "1000", "--json").json()
                let deliveries = log["deliveries"] as? [[String: Any]] ?? []
                return deliveries.count == 2 * ids.count
                    && deliveries.allSatisfy { $0["state"] as? String == "delivered" }
            })
        let messages = try site.receiver.messages()
        #expect(messages.count == 2 * ids.count && Set(messages.map(\.id)).count == messages.count)
        // No file that nobody knows, once a worker has looked.
        let files = data.mediaFiles().filter { $0.hasSuffix(".cmaf") || $0.hasSuffix(".index") }
        #expect(files.allSatisfy { file in known.contains { file.hasPrefix($0 + "/") } }, "\(files)")
        #expect(!data.mediaFiles().contains { $0.hasPrefix("staging/") })
        #expect(try data.must("audit", "verify").text.hasPrefix("intact"))
    }
}
