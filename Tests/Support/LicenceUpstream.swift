import Foundation

/// The stand-in for a licence server (Tests/Licences/server.py), for the time of a test.
package final class LicenceUpstream: Sendable {
    private let server: StandIn

    /// - Parameters:
    ///   - secret: what entitlements must be signed with.
    ///   - isSecure: speaks TLS with a certificate of a private authority (`authorityFile`).
    ///   - takesKeys: wants keys, encrypted to `recipientFile`.
    package init(secret: String, isSecure: Bool = false, takesKeys: Bool = false) throws {
        server = try StandIn("Licences/server.py") { folder in
            try Data(secret.utf8).write(to: folder.appendingPathComponent("secret"))
            if isSecure { try PrivateAuthority.make(in: folder) }
            guard takesKeys else { return }
            _ = try Tool.run([
                "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=licences",
                "-out", folder.path + "/recipient.pem", "-keyout", folder.path + "/recipient.key",
            ])
        }
    }

    package var url: String { "\(server.address)/licences?tenant=7" }
    package var authorityFile: String { server.folder.path + "/authority.pem" }

    /// The certificate that keys are encrypted to.
    package var recipientFile: String { server.folder.path + "/recipient.pem" }

    /// Ends it at once.
    package func stop() { server.stop() }

    /// What it does wrong from now on; empty for nothing.
    package func set(mode: String) throws { try server.set("mode", mode) }

    /// What it was asked, in order.
    package func log() throws -> [[String: Any]] {
        try server.log().compactMap { try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }
    }
}
