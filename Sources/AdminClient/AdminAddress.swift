import Administration
import Foundation
import Policies

/// Where the admin API is: `https://…`, or `http://` on this machine only, since a token travels with every request.
public struct AdminAddress: Sendable, Hashable, CustomStringConvertible {
    /// Without a slash at its end.
    public let description: String

    /// - Throws: `OperatorError` with `invalid`.
    public init(_ text: String) throws {
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
