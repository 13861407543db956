import Foundation
import TestSupport
import Testing

/// The drill of the guide to backups: its commands, from its page, in its order.
@Suite(.waiting) struct BackupGuideTests {
    /// - Parameter isNamed: whether `KEYWAY_DATA` says where the data folder is; else it is where it is by default.
    @Test(arguments: [true, false]) func theDrill(isNamed: Bool) throws {
        let page = try String(
            contentsOf: Programs.repository.appendingPathComponent("Documentation/backup-and-restore.md"),
            encoding: .utf8)
        let blocks = page.components(separatedBy: "```sh\n").dropFirst().map { $0.components(separatedBy: "```")[0] }
        #expect(blocks.count == 4)
        let data = try DataFolder()
        try data.must("secret", "set", "demo-sts", input: Data("hex:\(String(repeating: "5a", count: 32))".utf8))
        try data.must("apply", "Policies", "Keys")
        let open = "kind: DeliveryPolicy\nname: clear\nprotocols: [hls]\nencryption: none\n"
        try data.must("apply", try data.folder.write("clear.yaml", Data(open.utf8)))
        try data.must("encode", Programs.clip("exo_sample.mp4"), "--asset", "film")
        let locator = try data.must("publish", "film", "--delivery", "clear", "--json").json()["locator"] as? String
        let folder = try Folder()
        for name in ["backups", "keks"] {
            try FileManager.default.createDirectory(
                atPath: folder.path + "/" + name, withIntermediateDirectories: false)
        }
        var environment = data.environment
        if !isNamed {
            try FileManager.default.createSymbolicLink(
                atPath: folder.path + "/var", withDestinationPath: data.folder.path)
            // An empty one is none.
            environment["KEYWAY_DATA"] = nil
        }
        let programs = URL(fileURLWithPath: try Programs.own("keyway")).deletingLastPathComponent().path
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let outcome = try run(
            "/bin/sh", ["-euc", blocks.joined()],
            environment: environment.merging([
                "BACKUPS": folder.path + "/backups", "KEKS": folder.path + "/keks", "LOCATOR": locator ?? "",
                "PATH": "\(programs):\(path)", "KEYWAY_LISTEN_ADMIN": "127.0.0.1:0", "TMPDIR": folder.path,
            ]) { $1 }, workingFolder: URL(fileURLWithPath: folder.path))
        #expect(outcome.status == 0, "\(outcome.errors)\n\(outcome.text)")
        #expect(outcome.text.contains("restored backup") && outcome.text.contains("intact: "))
        #expect(outcome.text.contains("#EXTM3U"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/backups").count == 2)
    }
}
