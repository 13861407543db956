public import HTTPTypes
public import NIOCore

/// Answers the requests that come by the ten thousand without the framework's router: the same decisions by the same code,
/// for a fraction of the cost. Whatever it does not answer goes to the router, which has every route.
public protocol FastResponder: Sendable {
    /// Whether it may answer such a request: a look at method and path, no more. Its body need not be there yet.
    func considers(_ request: FastRequest) -> Bool

    /// The answer to a request, when it can be told at once.
    func answerAtHand(to request: FastRequest) -> FastResponse?

    /// Answers a request that has no answer at hand, or declines.
    ///
    /// - Parameters:
    ///   - loop: the connection's.
    ///   - answer: called once with the answer, on any thread, now or later; cheapest on the connection's event loop.
    /// - Returns: false when the router has to answer; `answer` is then never called.
    func respond(
        to request: FastRequest, on loop: any EventLoop, answer: @escaping @Sendable (FastResponse) -> Void
    ) -> Bool

    /// Told that the body of an answer could not be made; the client sees that it was cut.
    func failed(_ error: any Error, requestID: String)
}

extension FastResponder {
    /// For those whose answers have no bodies that are made while they are sent.
    public func failed(_ error: any Error, requestID: String) {}

    /// For those that have to think about each.
    public func answerAtHand(to request: FastRequest) -> FastResponse? { nil }

    /// For those that answer at once or not at all.
    public func respond(
        to request: FastRequest, on loop: any EventLoop, answer: @escaping @Sendable (FastResponse) -> Void
    ) -> Bool { false }
}

/// A body that is made while it is sent, in pieces: each when the one before is on its way.
///
/// One step at a time. The first tries are made on the connection's event loop, and may not wait for anything there.
public protocol FastBody: AnyObject, Sendable {
    /// In bytes, of all pieces.
    var byteCount: Int { get }

    /// The next bytes; nil when that takes waiting: nothing has happened then.
    func pieceAtHand() throws -> ByteBuffer?

    /// The next bytes, made away from the event loop.
    func piece(on loop: any EventLoop) -> EventLoopFuture<ByteBuffer>

    /// Takes back a piece that the client has.
    func takeBack(_ piece: ByteBuffer)
}

/// A whole answer.
public struct FastResponse: Sendable {
    public var status: HTTPResponse.Status
    public var headers: [(String, String)]
    public var body: ByteBuffer
    /// Status line and headers, where they were written before.
    private var writtenHead: ByteBuffer?
    /// All of it, where that was written before; `body` then only has its length.
    private var writtenWhole: ByteBuffer?
    /// What comes after `body`, made while it is sent.
    public var stream: (any FastBody)?
    /// What the answer would have had as its body, in bytes, where it has none: to HEAD. With -1 nothing is said of it (304).
    public var absentBody: Int?
    /// The request's name in logs; nil for one that is named only where a log is written.
    public var requestID: String?

    public init(
        status: HTTPResponse.Status, headers: [(String, String)], body: ByteBuffer, requestID: String? = nil
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.requestID = requestID
    }

    /// This answer with its head written once, for all the times that it is given: its status and headers are those of now.
    public var written: FastResponse {
        var copy = self
        var head = ByteBuffer()
        writeHead(to: &head)
        copy.writtenHead = head
        copy.headers = []
        return copy
    }

    /// This answer with another body, as long as its own, written now and for good: a key should not lie in more places than it
    /// must.
    public func with(body bytes: UnsafeRawBufferPointer) -> FastResponse? {
        guard bytes.count == body.readableBytes else { return nil }
        var (copy, whole) = (self, begun(ByteBufferAllocator()))
        whole.writeBytes(bytes)
        copy.writtenWhole = whole
        return copy
    }

    /// In bytes.
    var bodyLength: Int { body.readableBytes + (stream?.byteCount ?? 0) }

    private var contentLength: Int? {
        guard let absentBody else { return bodyLength }
        return absentBody >= 0 ? absentBody : nil
    }

    /// The answer to a request of HTTP/1.1 on a connection that stays (RFC 9112, 4).
    func serialized(_ allocator: ByteBufferAllocator) -> ByteBuffer {
        if let writtenWhole { return writtenWhole }
        var bytes = begun(allocator)
        bytes.writeImmutableBuffer(body)
        return bytes
    }

    /// All but the body, with room for it.
    private func begun(_ allocator: ByteBufferAllocator) -> ByteBuffer {
        var bytes = allocator.buffer(capacity: 420 + body.readableBytes)
        if let writtenHead {
            bytes.writeImmutableBuffer(writtenHead)
        } else {
            writeHead(to: &bytes)
        }
        bytes.writeImmutableBuffer(DateField.line)
        bytes.writeStaticString("\r\n")
        return bytes
    }

    /// The lines that are the same whenever the answer is given.
    private func writeHead(to bytes: inout ByteBuffer) {
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
        if let length = contentLength {
            bytes.writeStaticString("content-length: ")
            bytes.writeString(String(length))
            bytes.writeStaticString("\r\n")
        }
    }
}
