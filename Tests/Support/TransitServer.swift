package import Foundation
import Glibc

/// The stand-in for a transit engine (Tests/Transit/transit.py), for the time of a test.
package final class TransitServer: Sendable {
    package struct DidNotStart: Error {}

    package let folder: URL
    package let port: Int
    private let isSecure: Bool
    private let identifier: pid_t

    /// - Parameters:
    ///   - token: what the server accepts and the token file holds at first.
    ///   - isSecure: speaks TLS with a certificate of its own (`certificateFile`).
    package init(token: String = "hvs.test", isSecure: Bool = false) throws {
        self.isSecure = isSecure
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("keyway-transit-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        if isSecure {
            _ = try Tool.run([
                "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
                "-addext", "subjectAltName=IP:127.0.0.1", "-out", folder.path + "/certificate.pem", "-keyout",
                folder.path + "/certificate.key",
            ])
        }
        let output = folder.appendingPathComponent("port")
        try Data().write(to: output)
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let process = Process()
        process.executableURL = tests.deletingLastPathComponent().appendingPathComponent(".tools/venv/bin/python")
        process.arguments = [tests.appendingPathComponent("Transit/transit.py").path, folder.path]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: output)
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
        try set("accepted", token)
        try set("token-file", token)
    }

    deinit {
        kill(identifier, SIGKILL)
        try? FileManager.default.removeItem(at: folder)
    }

    package var certificateFile: String { folder.appendingPathComponent("certificate.pem").path }
    package var address: String { "\(isSecure ? "https" : "http")://127.0.0.1:\(port)" }
    package var tokenFile: String { folder.appendingPathComponent("token-file").path }

    /// Writes a file of the server's state, of mode 0600.
    package func set(_ name: String, _ value: String) throws {
        let url = folder.appendingPathComponent(name)
        try Data(value.utf8).write(to: url)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: url.path)
    }

    /// What was asked: path, namespace and status of each question.
    package func log() -> [String] {
        let text = (try? String(contentsOf: folder.appendingPathComponent("log"), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init)
    }
}
