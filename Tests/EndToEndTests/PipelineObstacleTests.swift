import Foundation
import Glibc
import TestSupport
import Testing

/// What stands in the way of one task costs that task only, and is over when its cause is gone.
@Suite(.serialized, .waiting) struct PipelineObstacleTests {
    /// The processes of a server that encode.
    private func encoders(of server: RunningServer) -> [pid_t] {
        let parent = "\(server.process.processIdentifier)"
        return ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { name in
            guard let process = pid_t(name),
                let stat = try? String(contentsOfFile: "/proc/\(name)/stat", encoding: .utf8),
                stat.components(separatedBy: ") ").last?.split(separator: " ").dropFirst().first == parent[...],
                let command = try? String(contentsOfFile: "/proc/\(name)/cmdline", encoding: .utf8),
                command.split(separator: "\0").dropFirst().first == "encode"
            else { return nil }
            return process
        }
    }

    /// Holds the threads of a process that work, until it ends.
    private func hang(_ process: pid_t) throws -> Process {
        let holder = Process()
        holder.executableURL = URL(fileURLWithPath: try Programs.outside("python3"))
        holder.arguments = [Programs.repository.path + "/Tests/Pipeline/hang.py", "\(process)"]
        holder.standardInput = FileHandle.nullDevice
        holder.standardOutput = FileHandle.nullDevice
        try holder.run()
        return holder
    }

    /// Whether threads of any process may be held (CAP_SYS_PTRACE), and the numbers of system calls are those that the script knows.
    private static var canHang: Bool {
        #if arch(x86_64)
            let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
            let line = status.split(separator: "\n").first { $0.hasPrefix("CapEff:") }
            let capabilities = line?.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) } ?? 0
            return capabilities >> 19 & 1 == 1
        #else
            return false
        #endif
    }

    @Test(.enabled(if: canHang || Extent.isWhole, "to hang a decoder needs the right to trace"))
    func aDecoderThatHangsCostsItsTaskOnly() throws {
        let site = try PipelineSite(environment: ["KEYWAY_WORKER_STANDSTILL": "10s", "KEYWAY_WORKER_ENCODERS": "2"])
        let server = try RunningServer(site.data)
        defer { server.stop() }
        let hung = try site.submit("hung", Programs.clip())
        var found: [pid_t] = []
        #expect(
            try eventually {
                found = encoders(of: server)
                return try !found.isEmpty || site.state(hung) == "error"
            })
        let encoder = try #require(found.first)
        var isOver = false
        // One that is gone has left its number to somebody else.
        for _ in 0..<6 where !isOver && encoders(of: server).contains(encoder) {
            let holder = try hang(encoder)
            // Held where it waited for this server to take its output, it does not stand still: it goes on and is held again.
            isOver = try eventually(within: 30) { try site.state(hung) == "error" }
            // It may have been started with SIGTERM ignored.
            if holder.isRunning { kill(holder.processIdentifier, SIGKILL) }
            holder.waitUntilExit()
        }
        #expect(try eventually { try site.state(hung) == "error" })
        let fine = try site.submit("fine", Programs.clip("exo_sample.mp4"))
        let encode = try site.task("encode", of: hung)
        #expect(encode["errorCode"] as? String == "limitExceeded", "\(encode)")
        #expect((encode["errorMessage"] as? String)?.contains("stood still") == true)
        #expect(encode["attempt"] as? Int == 1)
        #expect(try eventually(within: 300) { try site.state(fine) == "finished" })
        #expect(eventually { encoders(of: server).isEmpty })
        #expect(try site.data.assets() == ["fine"])
        #expect(!site.data.mediaFiles().contains { $0.hasPrefix("staging/") })
    }

    /// Files that are made to harm, while a film is encoded beside them.
    @Test func bombsCostTheirTasksOnly() throws {
        let site = try PipelineSite(environment: ["KEYWAY_WORKER_ENCODERS": "2"])
        let server = try RunningServer(site.data)
        defer { server.stop() }
        let fine = try site.submit("fine", Programs.clip())
        // A screen of 16000 by 16000 for an image of one pixel.
        let screen: [UInt8] = [0x80, 0x3E, 0x80, 0x3E, 0x80, 0, 0, 0, 0, 0, 255, 255, 255]
        let image: [UInt8] = [0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0]
        let huge = try site.data.folder.write("huge.gif", Data("GIF89a".utf8) + screen + image + image + [0x3B])
        // Two pictures, and ten days between them.
        let endless = site.data.folder.path + "/endless.mkv"
        let made = try run(
            Programs.outside("ffmpeg"),
            [
                "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=0.08", "-vf", "setpts=N*864000/TB",
                "-fps_mode",
                "passthrough", "-c:v", "libx264", endless,
            ])
        try #require(made.status == 0, "\(made.errors)")
        for bomb in [huge, endless] {
            let id = try site.submit("bomb", bomb)
            #expect(try eventually { try site.state(id) == "error" })
            let job = try site.job(id)["job"] as? [String: Any] ?? [:]
            #expect(job["errorCode"] as? String == "limitExceeded", "\(job)")
        }
        #expect(try eventually(within: 300) { try site.state(fine) == "finished" })
        #expect(try site.data.assets() == ["fine"])
        #expect(!site.data.mediaFiles().contains { $0.hasPrefix("staging/") })
    }

    /// - Parameter isUnderWay: whether the disk is filled while the film is encoded, else before.
    @Test(
        .enabled(if: SmallDisk.isPossible || Extent.isWhole, "a small disk needs the right to mount"),
        arguments: [false, true])
    func aDiskThatIsFullIsWaitedFor(isUnderWay: Bool) throws {
        // Of a disk, 64 MiB stay free.
        let disk = try SmallDisk(megabytes: 192)
        let data = try DataFolder(environment: ["KEYWAY_DATA": disk.path + "/var"])
        let site = AuditSite(data: data, launcher: disk.launcher)
        let transform = "kind: Transform\nname: films\ntasks:\n  - { kind: encode, preset: adaptive }\n"
        let folder = try Folder()
        try site.keyway("apply", folder.write("transform.yaml", Data(transform.utf8)))
        let submitted = try site.keyway(
            "job", "submit", "--transform", "films", "--asset", "film", Programs.clip(), "--json")
        let id = try #require((try submitted.json()["job"] as? [String: Any])?["id"] as? String)
        func task() throws -> [String: Any] {
            let tasks = try site.keyway("job", "show", id, "--json").json()["tasks"] as? [[String: Any]] ?? []
            return try #require(tasks.first)
        }
        if !isUnderWay { try disk.shell("cat /dev/zero > fill; truncate -s -16M fill") }
        let server = try RunningServer(data, launcher: disk.launcher)
        defer { server.stop() }
        if isUnderWay {
            #expect(eventually { !encoders(of: server).isEmpty })
            try disk.shell("cat /dev/zero > fill")
            // The work on it ends, and nothing can be written of that.
            #expect(eventually { encoders(of: server).isEmpty })
        } else {
            #expect(try eventually { try task()["errorCode"] != nil })
            let seen = try task()
            #expect(seen["errorCode"] as? String == "storageAway", "\(seen)")
            #expect((seen["errorMessage"] as? String)?.contains("bytes free, too few") == true)
            #expect(seen["state"] as? String == "scheduled")
        }
        #expect(try curl(server.admin + "/healthz").status == 200)
        try disk.shell("rm fill")
        #expect(try eventually(within: 120) { try task()["state"] as? String == "finished" })
        if isUnderWay { #expect(try task()["attempt"] as? Int ?? 0 > 1) }
        #expect(try site.keyway("asset", "verify", "film").status == 0)
        let left = try disk.shell("ls -A var/media/staging var/pieces/staging").text.split(separator: "\n")
        #expect(left.allSatisfy { $0.hasSuffix(":") }, "\(left)")
    }

    /// The disk of a storage account, so that the catalog can tell what happens.
    @Test(.enabled(if: SmallDisk.isPossible || Extent.isWhole, "a small disk needs the right to mount"))
    func aDiskThatIsReadOnlyIsWaitedFor() throws {
        let disk = try SmallDisk(megabytes: 192)
        let accounts = "name=films;folder=\(disk.path)/films"
        let data = try DataFolder(environment: ["KEYWAY_STORAGE_ACCOUNTS": accounts])
        let site = AuditSite(data: data, launcher: disk.launcher)
        let transform = "kind: Transform\nname: films\ntasks:\n  - { kind: encode, preset: upload }\n"
        try site.keyway("apply", data.folder.write("transform.yaml", Data(transform.utf8)))
        try site.keyway("asset", "create", "film", "--account", "films")
        func submit() throws -> String {
            let submitted = try site.keyway(
                "job", "submit", "--transform", "films", "--asset", "film", Programs.clip("exo_sample.mp4"), "--json")
            return try #require((try submitted.json()["job"] as? [String: Any])?["id"] as? String)
        }
        func task(_ id: String) throws -> [String: Any] {
            let tasks = try site.keyway("job", "show", id, "--json").json()["tasks"] as? [[String: Any]] ?? []
            return try #require(tasks.first)
        }
        let server = try RunningServer(data, launcher: disk.launcher)
        defer { server.stop() }
        let first = try submit()
        #expect(try eventually { try task(first)["state"] as? String == "finished" })
        try #require(try disk.shell("mount -o remount,ro \(disk.path)").status == 0)
        let second = try submit()
        #expect(try eventually { try task(second)["errorCode"] != nil })
        let seen = try task(second)
        #expect(seen["errorCode"] as? String == "storageAway", "\(seen)")
        #expect((seen["errorMessage"] as? String)?.contains("Read-only file system") == true, "\(seen)")
        #expect(seen["state"] as? String == "scheduled")
        // What was there is still served from.
        #expect(try site.keyway("asset", "show", "film", "--json").json()["version"] as? Int == 1)
        #expect(try site.keyway("asset", "verify", "film").status == 0)
        try #require(try disk.shell("mount -o remount,rw \(disk.path)").status == 0)
        #expect(try eventually { try task(second)["state"] as? String == "finished" })
        // Numbers of attempts are not given again.
        #expect(try site.keyway("asset", "show", "film", "--json").json()["version"] as? Int ?? 0 > 1)
    }
}
