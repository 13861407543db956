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
    public var target: String
    public var authorization: String?
    public var origin: String?
    /// `Host`, as it came; nil where the responder does not read it.
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
        self.client = client
    }
}
