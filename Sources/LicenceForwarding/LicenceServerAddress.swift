import Foundation
import Policies

/// Where a licence server is asked: over https, or over http on this machine.
public struct LicenceServerAddress: Sendable, Hashable, CustomStringConvertible {
    public let url: String
    /// Scheme, host and port: whom an entitlement is for.
    public let origin: String

    /// Nil unless the text is such a URL, without credentials and fragment.
    public init?(_ text: String) {
        guard text.utf8.count <= 2048, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            let url = URL(string: text), let scheme = url.scheme?.lowercased(), let host = url.host(), !host.isEmpty,
            url.user == nil, url.password == nil, url.fragment == nil
        else { return nil }
        guard scheme == "https" || (scheme == "http" && LoopbackHost.contains(host)) else { return nil }
        self.url = text
        let name = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
        origin = "\(scheme)://\(name.lowercased())" + (url.port.map { ":\($0)" } ?? "")
    }

    public var description: String { origin }
}
