/// A field that an endpoint adds to every answer.
public struct EndpointHeader: Sendable, Hashable, Codable {
    /// As it is written; letter case tells no two fields apart.
    @Exact public var name: String
    @Exact public var value: String

    /// The most of one endpoint, and the longest name and value, in bytes.
    public static let maximumCount = 20
    public static let longestName = 64
    public static let longestValue = 1024

    /// - Returns: nil for what `problem` finds something wrong with.
    public init?(name: String, value: String) {
        guard Self.problem(name: name, value: value) == nil else { return nil }
        self.name = name
        self.value = value
    }

    /// What is wrong with a field; nil when nothing is.
    public static func problem(name: String, value: String) -> String? {
        guard (1...longestName).contains(name.utf8.count), name.utf8.allSatisfy(isTokenByte) else {
            return "a header's name is 1 to \(longestName) letters, digits and hyphens"
        }
        let lower = name.lowercased()
        if reserved.contains(lower) || reservedPrefixes.contains(where: lower.hasPrefix) {
            return
                "'\(name)' is the server's own: it frames the answer, belongs to the connection, or follows from rules"
        }
        guard (1...longestValue).contains(value.utf8.count), value.utf8.allSatisfy({ (0x20...0x7E).contains($0) }),
            value.utf8.first != 0x20, value.utf8.last != 0x20
        else { return "the value of '\(name)' is 1 to \(longestValue) printable characters of ASCII" }
        return nil
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2D
    }

    /// Of the connection and of framing (RFC 9110, 7.6.1; RFC 9112, 6), and those that the origin decides.
    private static let reserved: Set<String> = [
        "connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "http2-settings", "content-length",
        "content-range", "content-type", "content-encoding", "content-location", "accept-ranges", "age", "date", "etag",
        "last-modified", "expires", "cache-control", "pragma", "vary", "location", "link", "retry-after", "server",
        "set-cookie", "www-authenticate", "authorization", "host", "allow", "cache-tag", "surrogate-key",
        "cmsd-static", "cdn-origin-assist-prefetch-path",
    ]
    private static let reservedPrefixes = ["proxy-", "access-control-", "sec-", "x-accel-"]
}
