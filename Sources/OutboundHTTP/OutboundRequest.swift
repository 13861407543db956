/// What a server elsewhere is asked.
public struct OutboundRequest: Sendable {
    public enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
    }

    public var method: Method
    public var url: String
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]

    public init(
        _ method: Method, _ url: String, headers: [(name: String, value: String)] = [], body: [UInt8] = []
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }
}

/// What it answered.
public struct OutboundAnswer: Sendable {
    public var status: UInt
    /// Of a 200 only: what other answers say is not read. Whoever asked for a secret zeroes it.
    public var body: [UInt8]
    private let headers: @Sendable (String) -> [String]

    init(status: UInt, body: [UInt8], headers: @escaping @Sendable (String) -> [String]) {
        self.status = status
        self.body = body
        self.headers = headers
    }

    /// The values of a header field, in order.
    public func values(of field: String) -> [String] { headers(field) }

    /// Nothing follows a redirect: who asks says what to do about it.
    public var isRedirect: Bool { (300...399).contains(status) }
}

/// Why there was no answer.
public struct OutboundError: Error, Sendable, Hashable {
    public enum Code: Sendable, Hashable {
        case timedOut
        /// Whoever asked does not wait any more.
        case cancelled
        /// The server's certificate, or its TLS.
        case untrusted
        case unreachable
        /// More bytes than were asked for.
        case tooLong
        /// Neither https nor on this machine.
        case unprotected
    }

    public let code: Code
    /// Reads on after the server's name: `did not answer in time`. Holds nothing of what it answered.
    public let reason: String

    init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }
}
