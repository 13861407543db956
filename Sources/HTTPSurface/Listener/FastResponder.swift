public import HTTPTypes
public import NIOCore

/// Answers the requests that come by the ten thousand without the framework's router: the same decisions by the same code,
/// for a fraction of the cost. Whatever it does not answer goes to the router, which has every route.
public protocol FastResponder: Sendable {
    /// Whether it may answer such a request: a look at method and path, no more. Its body need not be there yet.
    func considers(_ request: FastRequest) -> Bool

    /// Answers a request, or declines.
    ///
    /// - Parameter answer: called once with the answer, on any thread, now or later.
    /// - Returns: false when the router has to answer; `answer` is then never called.
    func respond(to request: FastRequest, answer: @escaping @Sendable (FastResponse) -> Void) -> Bool
}

/// A whole answer: never to be stored by a cache.
public struct FastResponse: Sendable {
    public var status: HTTPResponse.Status
    public var headers: [(String, String)]
    public var body: ByteBuffer
    /// The request's name in logs.
    public var requestID: String

    public init(status: HTTPResponse.Status, headers: [(String, String)], body: ByteBuffer, requestID: String) {
        self.status = status
        self.headers = headers
        self.body = body
        self.requestID = requestID
    }

    /// The answer to a request of HTTP/1.1 on a connection that stays (RFC 9112, 4).
    func serialized(_ allocator: ByteBufferAllocator) -> ByteBuffer {
        var bytes = allocator.buffer(capacity: 320 + body.readableBytes)
        if status == .ok {
            bytes.writeStaticString("HTTP/1.1 200 OK\r\n")
        } else {
            bytes.writeString("HTTP/1.1 \(status.code) \(status.reasonPhrase)\r\n")
        }
        for (name, value) in headers {
            bytes.writeString(name)
            bytes.writeStaticString(": ")
            bytes.writeString(value)
            bytes.writeStaticString("\r\n")
        }
        bytes.writeStaticString("content-length: ")
        bytes.writeString(String(body.readableBytes))
        bytes.writeStaticString("\r\n\r\n")
        bytes.writeImmutableBuffer(body)
        return bytes
    }
}
