import Foundation
import Glibc

/// The stand-in for a licence server (Tests/Licences/server.py), for the time of a test.
package final class LicenceUpstream: Sendable {
    package struct DidNotStart: Error {}

    package let port: Int
    private let folder: URL
    private let identifier: pid_t

    /// - Parameter secret: what entitlements must be signed with.
    package init(secret: String) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("keyway-licences-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(secret.utf8).write(to: folder.appendingPathComponent("secret"))
        let output = folder.appendingPathComponent("port")
        try Data().write(to: output)
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let process = Process()
        process.executableURL = tests.deletingLastPathComponent().appendingPathComponent(".tools/venv/bin/python")
        process.arguments = [tests.appendingPathComponent("Licences/server.py").path, folder.path]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = FileHandle.nullDevice
        try process.run()
        identifier = process.processIdentifier
        var port: Int?
        for _ in 0..<400 where port == nil {
            let text = String(decoding: try Data(contentsOf: output), as: UTF8.self)
            if text.hasSuffix("\n") { port = Int(text.dropLast()) } else { usleep(25_000) }
        }
        guard let port else {
            kill(identifier, SIGKILL)
            throw DidNotStart()
        }
        self.port = port
    }

    deinit {
        stop()
        try? FileManager.default.removeItem(at: folder)
    }

    package var url: String { "http://127.0.0.1:\(port)/licences?tenant=7" }

    /// Ends it at once.
    package func stop() { kill(identifier, SIGKILL) }

    /// What it does wrong from now on; empty for nothing.
    package func set(mode: String) throws {
        try Data(mode.utf8).write(to: folder.appendingPathComponent("mode"))
    }

    /// What it was asked, in order.
    package func log() throws -> [[String: Any]] {
        let text = (try? String(contentsOf: folder.appendingPathComponent("log"), encoding: .utf8)) ?? ""
        return try text.split(separator: "\n").compactMap {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
    }
}
