package import Foundation
import Glibc

/// A script of Tests that stands in for somebody's server, running for the time of a test. It is given a folder for its state
/// and prints the port that it listens on.
package final class StandIn: Sendable {
    package struct DidNotStart: Error {}

    package let folder: URL
    package let port: Int
    /// Whether it speaks TLS.
    package let isSecure: Bool
    private let identifier: pid_t

    /// - Parameters:
    ///   - script: its path in Tests.
    ///   - prepare: writes the state that it starts with. With a `certificate.pem` and its `certificate.key` it speaks TLS.
    package init(_ script: String, prepare: (URL) throws -> Void = { _ in }) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("keyway-server-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try prepare(folder)
        isSecure = FileManager.default.fileExists(atPath: folder.path + "/certificate.pem")
        let output = folder.appendingPathComponent("port")
        try Data().write(to: output)
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let process = Process()
        process.executableURL = tests.deletingLastPathComponent().appendingPathComponent(".tools/venv/bin/python")
        process.arguments = [tests.appendingPathComponent(script).path, folder.path]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = FileHandle.nullDevice
        try process.run()
        identifier = process.processIdentifier
        var port: Int?
        for _ in 0..<4800 where port == nil {
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

    /// Ends it at once.
    /// Ends it: nothing listens any more when this returns.
    package func stop() {
        kill(identifier, SIGKILL)
        for _ in 0..<2000 where isAlive { usleep(5000) }
    }

    private var isAlive: Bool {
        let state = try? String(contentsOfFile: "/proc/\(identifier)/stat", encoding: .utf8)
        return state.map { !$0.contains(") Z ") } ?? false
    }

    package var address: String { "\(isSecure ? "https" : "http")://127.0.0.1:\(port)" }

    /// Writes a file of its state, of mode 0600.
    package func set(_ name: String, _ value: String) throws {
        let url = folder.appendingPathComponent(name)
        try Data(value.utf8).write(to: url)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: url.path)
    }

    /// The lines of its log.
    package func log() -> [String] {
        let text = (try? String(contentsOf: folder.appendingPathComponent("log"), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init)
    }
}

/// A certificate authority of the test's own.
package enum PrivateAuthority {
    /// Writes `authority.pem`, and a `certificate.pem` for an address that it signed, with `certificate.key`.
    package static func make(in folder: URL, for address: String = "127.0.0.1") throws {
        let path = folder.path
        _ = try Tool.run([
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=authority", "-out",
            path + "/authority.pem", "-keyout", path + "/authority.key",
        ])
        _ = try Tool.run([
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=\(address)",
            "-addext", "subjectAltName=IP:\(address)", "-addext", "basicConstraints=critical,CA:FALSE", "-CA",
            path + "/authority.pem", "-CAkey", path + "/authority.key", "-out", path + "/certificate.pem", "-keyout",
            path + "/certificate.key",
        ])
    }
}
