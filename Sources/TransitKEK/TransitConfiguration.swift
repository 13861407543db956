import Foundation
import KeyWrapping
import Policies

/// Where the transit engine of an OpenBao or Vault server is, and as whom it is asked.
public struct TransitConfiguration: Sendable, Hashable {
    /// `https://HOST[:PORT]`, or `http` on the loopback interface only; without a slash at its end.
    public let address: String
    /// The path that the engine is mounted at.
    public let mount: String
    /// The name of the engine's key.
    public let key: String
    /// The file that holds the token.
    public let tokenFile: String
    /// A file of PEM certificates that the server's must chain to; nil for the system's.
    public let caFile: String?
    /// The namespace, where the server has them.
    public let namespace: String?

    /// - Throws: `KEKError` that names the field and what it must be.
    public init(
        address: String, mount: String = "transit", key: String, tokenFile: String, caFile: String? = nil,
        namespace: String? = nil
    ) throws {
        guard let url = URL(string: address), let host = url.host, !host.isEmpty, url.query == nil,
            url.fragment == nil, url.user == nil, !address.hasSuffix("/")
        else {
            throw KEKError("kek.transit.address must be https://HOST[:PORT], not '\(address)'")
        }
        guard url.scheme == "https" || (url.scheme == "http" && LoopbackHost.contains(host)) else {
            throw KEKError(
                "kek.transit.address must be https, since the KEK and the token cross it; http is for the loopback "
                    + "interface only")
        }
        guard Self.isPath(mount) else { throw KEKError("kek.transit.mount is not a mount path: '\(mount)'") }
        guard Self.isPath(key), !key.contains("/") else {
            throw KEKError("kek.transit.key is not a key's name: '\(key)'")
        }
        guard namespace.map({ Self.isPath($0) }) ?? true else {
            throw KEKError("kek.transit.namespace is not a namespace: '\(namespace ?? "")'")
        }
        guard !tokenFile.isEmpty else { throw KEKError("kek.transit.tokenFile must name the file of the token") }
        self.address = address
        self.mount = mount
        self.key = key
        self.tokenFile = tokenFile
        self.caFile = caFile
        self.namespace = namespace
    }

    /// Letters, digits, `.`, `_`, `-`, in parts between single slashes; no part is `.` or `..`.
    private static func isPath(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return text.utf8.count <= 256
            && parts.allSatisfy { part in
                !part.isEmpty && part != "." && part != ".."
                    && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
            }
    }
}
