package import Foundation

/// The stand-in for a transit engine (Tests/Transit/transit.py), for the time of a test.
package final class TransitServer: Sendable {
    private let server: StandIn

    /// - Parameters:
    ///   - token: what the server accepts and the token file holds at first.
    ///   - isSecure: speaks TLS with a certificate of its own (`certificateFile`).
    package init(token: String = "hvs.test", isSecure: Bool = false) throws {
        server = try StandIn("Transit/transit.py") { folder in
            guard isSecure else { return }
            _ = try Tool.run([
                "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
                "-addext", "subjectAltName=IP:127.0.0.1", "-out", folder.path + "/certificate.pem", "-keyout",
                folder.path + "/certificate.key",
            ])
        }
        try set("accepted", token)
        try set("token-file", token)
    }

    package var folder: URL { server.folder }
    package var certificateFile: String { folder.appendingPathComponent("certificate.pem").path }
    package var address: String { server.address }
    package var tokenFile: String { folder.appendingPathComponent("token-file").path }

    /// Writes a file of the server's state, of mode 0600.
    package func set(_ name: String, _ value: String) throws { try server.set(name, value) }

    /// What was asked: path, namespace and status of each question.
    package func log() -> [String] { server.log() }
}
