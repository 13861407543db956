import Foundation
import Glibc
import TestSupport
import Testing

/// A small file system of its own, in a mount namespace that a sleeping process holds.
final class SmallDisk {
    let path: String
    private let holder = Process()

    /// The command that runs another one where the disk is.
    var launcher: [String] {
        let user = geteuid() == 0 ? [] : ["--user", "--preserve-credentials"]
        return ["/usr/bin/nsenter", "--target", "\(holder.processIdentifier)", "--mount"] + user + ["--"]
    }

    private static let unshare = ["--mount"] + (geteuid() == 0 ? [] : ["--user", "--map-root-user"])

    /// Whether this machine lets us have one.
    static var isPossible: Bool {
        (try? run("/usr/bin/unshare", unshare + ["mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status) == 0
    }

    init(megabytes: Int) throws {
        let folder = FileManager.default.temporaryDirectory.path + "/keyway-disk-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        path = folder
        let ready = Pipe()
        holder.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
        holder.arguments =
            Self.unshare + [
                "sh", "-c", "mount -t tmpfs -o size=\(megabytes)m tmpfs \(folder) && echo ready && exec sleep 3600",
            ]
        holder.standardOutput = ready
        try holder.run()
        let word = ready.fileHandleForReading.availableData
        guard String(decoding: word, as: UTF8.self).hasPrefix("ready") else {
            throw ToolMissing(name: "a mount namespace")
        }
    }

    /// Runs a shell's command on the disk.
    @discardableResult
    func shell(_ command: String) throws -> Outcome {
        try run(launcher[0], Array(launcher.dropFirst()) + ["sh", "-c", "cd \(path) && \(command)"])
    }

    /// Starts a program on the disk that the caller ends.
    func start(_ command: [String]) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: launcher[0])
        process.arguments = launcher.dropFirst() + command
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    deinit {
        kill(holder.processIdentifier, SIGKILL)
        try? FileManager.default.removeItem(atPath: path)
    }
}

/// A full or read-only disk stops key release and nothing else; space ends it, without anybody's help.
@Suite(.serialized, .waiting) struct FullDiskTests {
    private func metric(_ name: String, _ server: RunningServer) throws -> Double {
        let text = String(decoding: try curl(server.admin + "/metrics").body, as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
        return line.flatMap { Double($0.dropFirst(name.count + 1)) } ?? -1
    }

    private func becomesReady(_ server: RunningServer) throws -> Bool {
        for _ in 0..<600 {
            if try curl(server.admin + "/readyz").status == 200 { return true }
            usleep(100_000)
        }
        return false
    }

    private func expectRecovery(
        _ name: String, _ block: (SmallDisk) throws -> Void, _ unblock: (SmallDisk) throws -> Void
    ) throws {
        let disk = try SmallDisk(megabytes: 16)
        let data = try DataFolder(environment: ["KEYWAY_DATA": disk.path + "/var"])
        let site = AuditSite(data: data, launcher: disk.launcher)
        let kid = try site.prepare()
        let server = try RunningServer(data, launcher: disk.launcher)
        let before = try AuditSite.load(server.origin, kid, seconds: 0.5, name: "before")
        #expect(Array(before.statuses.keys) == ["200"])
        #expect(try metric("keyway_audit_blocked", server) == 0)
        try block(disk)
        // What room the write-ahead log still has is used up.
        let during = try AuditSite.load(server.origin, kid, seconds: 4, name: "during")
        #expect(during.statuses["503"] ?? 0 > 0, "\(name) \(during.statuses)")
        #expect(Set(during.statuses.keys).isSubset(of: ["200", "503"]))
        #expect(during.refusal["retry-after"] == "1")
        let blocked = try AuditSite.load(server.origin, kid, seconds: 0.3, name: "blocked")
        #expect(Array(blocked.statuses.keys) == ["503"])
        let ready = try curl(server.admin + "/readyz")
        #expect(ready.status == 503 && ready.member("code") as? String == "auditBlocked")
        #expect(try curl(server.admin + "/healthz").status == 200)
        #expect(try metric("keyway_audit_blocked", server) == 1)
        #expect(try metric("keyway_audit_write_failures_total", server) >= 1)
        try unblock(disk)
        #expect(try becomesReady(server))
        let after = try AuditSite.load(server.origin, kid, seconds: 0.5, name: "after")
        #expect(Array(after.statuses.keys) == ["200"])
        #expect(try metric("keyway_audit_blocked", server) == 0)
        server.stop()
        #expect(server.process.terminationStatus == 0)
        #expect(try site.keyway("audit", "verify").text.hasPrefix("intact"))
        let events = try site.events()
        let told = events.filter { $0.action == "keyGranted" }.compactMap(\.tokenID)
        #expect(Set(told).count == told.count)
        let heard = Set(before.granted + during.granted + after.granted)
        #expect(heard == Set(told), "\(name): \(heard.count) keys, \(told.count) records")
        let resumed = events.filter { $0.action == "auditResumed" }
        // A full disk may still have room for the record that it is full, and for nothing else.
        #expect(!resumed.isEmpty)
        #expect(resumed.first?.detail?.contains("requests were refused") == true)
    }

    @Test(
        .enabled(if: SmallDisk.isPossible || Extent.isWhole, "a small disk needs the right to mount"),
        .timeLimit(.minutes(15))) func aFullDiskIsFreed() throws
    {
        try expectRecovery("full", { try $0.shell("cat /dev/zero > fill") }, { try $0.shell("rm fill") })
    }

    /// Not the mount, which open files would not let go, but the catalog's write lock is taken away.
    @Test(
        .enabled(if: SmallDisk.isPossible || Extent.isWhole, "a small disk needs the right to mount"),
        .timeLimit(.minutes(15))) func aLockedCatalogIsLetGo() throws
    {
        // A process of its own, not a shell's in the background: that one would keep what the test waits for open.
        let lock = """
            import os, sqlite3, sys, time
            os.chdir(sys.argv[1])
            database = sqlite3.connect("var/catalog.sqlite", isolation_level=None, timeout=60)
            database.execute("BEGIN IMMEDIATE")
            open("locked", "w").close()
            while os.path.exists("locked"): time.sleep(0.05)
            """
        var holder: Process?
        defer {
            // It may have been started with SIGTERM ignored.
            if let holder, holder.isRunning { kill(holder.processIdentifier, SIGKILL) }
        }
        try expectRecovery(
            "locked",
            { disk in
                let process = try disk.start(["python3", "-c", lock, disk.path])
                holder = process
                while try disk.shell("test -e locked").status != 0 {
                    guard process.isRunning else { throw ToolMissing(name: "a lock of the catalog") }
                    usleep(50_000)
                }
            }, { try #require(try $0.shell("rm locked").status == 0) })
    }
}
