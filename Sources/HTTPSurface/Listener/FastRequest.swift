public import HTTPTypes
public import NIOCore
public import Policies

/// A request as the fast path sees it: plain, whole, and with each field that counts at most once.
public struct FastRequest: Sendable {
    public enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case options = "OPTIONS"
        case head = "HEAD"
    }

    public var method: Method
    /// Path and query, as they came.
    public let target: String
    /// In bytes of the target; the question mark, if there is one, stands behind it.
    let pathLength: Int
    public var authorization: String?
    public var origin: String?
    /// `Host`, as it came.
    public var host: String?
    /// `Cookie`, likewise.
    public var cookies: String?
    /// Range and preconditions; nil where there are none.
    public var conditions: HTTPFields?
    /// Empty where the request has none.
    public var body = ByteBuffer()
    /// The client's address, after trusted proxies.
    public var client: IPAddress

    public init(method: Method, target: String, client: IPAddress) {
        self.method = method
        self.target = target
        let mark = target.utf8.withContiguousStorageIfAvailable { $0.firstIndex(of: UInt8(ascii: "?")) }
        pathLength = (mark ?? Array(target.utf8).firstIndex(of: UInt8(ascii: "?"))) ?? target.utf8.count
        self.client = client
    }

    /// The target up to its query.
    public var path: String { query == nil ? target : String(target.utf8.prefix(pathLength)) ?? target }

    /// What stands behind the question mark; nil where there is none.
    public var query: Substring? {
        let bytes = target.utf8
        guard pathLength < bytes.count else { return nil }
        return Substring(bytes.dropFirst(pathLength + 1))
    }
}
