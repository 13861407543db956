public import Foundation

/// A URL that keys may be read from: `https://`, or `http://` on this machine; no name or password in it, no fragment.
public struct KeySetAddress: Sendable, Hashable, CustomStringConvertible {
    /// Why a text is no such URL. Reads on after its name: `is not a URL`.
    public struct Problem: Error, Sendable, Hashable {
        public var reason: String
    }

    /// In bytes.
    private static let longest = 1024

    public let url: URL
    /// In lower case, without brackets.
    public let host: String
    public let port: Int

    public init(_ text: String) throws(Problem) {
        guard text.utf8.count <= Self.longest, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            let parts = URLComponents(string: text), let url = parts.url, let scheme = parts.scheme?.lowercased(),
            let host = parts.host?.lowercased(), !host.isEmpty
        else { throw Problem(reason: "is not a URL of at most \(Self.longest) characters") }
        guard parts.user == nil, parts.password == nil, parts.fragment == nil else {
            throw Problem(reason: "carries a user name, a password or a fragment")
        }
        let name = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        switch scheme {
        case "https": port = parts.port ?? 443
        case "http" where LoopbackHost.contains(name): port = parts.port ?? 80
        case "http": throw Problem(reason: "is plain http, which is for this machine alone: keys are read over https")
        default: throw Problem(reason: "is neither https:// nor http://")
        }
        guard (1...65535).contains(port) else { throw Problem(reason: "has no such port") }
        self.url = url
        self.host = name
    }

    public var description: String { url.absoluteString }

    /// Whether a list of hosts allows it. An item is `host` for its scheme's usual port, or `host:port`.
    public func isAllowed(by hosts: some Sequence<String>) -> Bool {
        let usual = url.scheme?.lowercased() == "https" ? 443 : 80
        let name = host.contains(":") ? "[\(host)]" : host
        return hosts.contains { item in
            let item = item.lowercased()
            return item == "\(name):\(port)" || (port == usual && (item == name || item == host))
        }
    }
}
