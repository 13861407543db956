import Administration
import Foundation
import NIOSSL
import Policies

/// Where the admin API is: `https://…`, or `http://` on this machine only, since a token travels with every request.
public struct AdminAddress: Sendable, Hashable, CustomStringConvertible {
    /// Without a slash at its end.
    public let description: String
    /// The authorities that the server's certificate is held against; nil for the system's.
    let authorities: [NIOSSLCertificate]?

    /// The environment variables of a client.
    public static let variables = ["KEYWAY_URL", "KEYWAY_TOKEN", "KEYWAY_CA_FILE"]

    /// - Parameter authoritiesFile: certificates in PEM, for a server whose authority the system does not know.
    /// - Throws: `OperatorError` with `invalid`.
    public init(_ text: String, authoritiesFile: String? = nil) throws {
        authorities = try authoritiesFile.map { file in
            guard let certificates = try? NIOSSLCertificate.fromPEMFile(file), !certificates.isEmpty else {
                throw OperatorError(.invalid, "KEYWAY_CA_FILE: '\(file)' holds no PEM certificate that can be read")
            }
            return certificates
        }
        guard let url = URL(string: text), let scheme = url.scheme?.lowercased(), ["http", "https"].contains(scheme),
            let host = url.host(), !host.isEmpty
        else { throw Self.wrong("must be https://HOST or http://127.0.0.1:PORT, not '\(text)'") }
        guard url.user == nil, url.password == nil, url.query == nil, url.fragment == nil else {
            throw Self.wrong("must hold neither a user nor a query; the token goes into KEYWAY_TOKEN")
        }
        guard scheme == "https" || LoopbackHost.contains(host) else {
            throw Self.wrong("must start with https: over http the token could be read on the way to '\(host)'")
        }
        description = text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    private static func wrong(_ reason: String) -> OperatorError {
        OperatorError(.invalid, "KEYWAY_URL \(reason)")
    }
}
