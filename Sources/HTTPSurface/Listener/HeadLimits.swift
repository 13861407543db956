import HTTPTypes
import NIOCore
import NIOHTTPTypes
import Policies

extension Problem {
    /// RFC 6585, 5.
    static let headTooLarge = Problem(
        .requestHeaderFieldsTooLarge, code: "headTooLarge", detail: "The request's URL and header fields are too large."
    )

    /// RFC 9110, 15.5.15.
    static let targetTooLong = Problem(.uriTooLong, code: "targetTooLong", detail: "The request's URL is too long.")
}

extension ConnectionLimits {
    /// What HTTP/2 heads may hold before they are looked at: heads that are too large are answered, as they are in HTTP/1.1, and
    /// only beyond this ends the stream. One head of a connection is read at a time, and what is refused is let go, so that the
    /// hundred streams that a connection may have open hold no more than a hundred times `headSize`.
    var readHeadSize: Int { 2 * headSize }

    /// Why a head is refused; nil where it is not.
    func refusal(of request: HTTPRequest) -> Problem? {
        let target = request.path?.utf8.count ?? 0
        guard target <= fieldSize else { return .targetTooLong }
        var size = target + (request.authority?.utf8.count ?? 0)
        for field in request.headerFields {
            let length = field.name.rawName.utf8.count + field.value.utf8.count
            guard length <= fieldSize else { return .headTooLarge }
            size += length
        }
        return size <= headSize && request.headerFields.count <= fieldCount ? nil : .headTooLarge
    }
}

/// Refuses a stream of HTTP/2 whose head is too large, with the problem document that HTTP/1.1 has for it. What the client
/// still sends on the stream is thrown away; the connection's other streams go on.
final class StreamHeadHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundOut = HTTPResponsePart

    private let limits: ConnectionLimits
    private var isRefused = false

    init(limits: ConnectionLimits) {
        self.limits = limits
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isRefused else { return }
        guard case .head(let request) = unwrapInboundIn(data), let problem = limits.refusal(of: request) else {
            return context.fireChannelRead(data)
        }
        isRefused = true
        let body = ByteBuffer(bytes: problem.encoded(requestID: RequestID.next()))
        var head = HTTPResponse(status: problem.status)
        head.headerFields = [
            .contentType: "application/problem+json", .cacheControl: "no-store",
            .contentLength: "\(body.readableBytes)",
        ]
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if request.method != .head { context.write(wrapOutboundOut(.body(body)), promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
}

/// How long the line is that a request of HTTP/1 begins with, as far as it has come: the decoder says of a head only that
/// something in it is too long. Stands before the decoder.
///
/// A request that comes in one piece with the end of the one before is measured from its second piece on.
final class RequestLineMeter: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// In bytes.
    private(set) var length = 0
    private var isWhole = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !isWhole {
            let bytes = unwrapInboundIn(data).readableBytesView
            let end = bytes.firstIndex(of: UInt8(ascii: "\n"))
            length += (end ?? bytes.endIndex) - bytes.startIndex
            isWhole = end != nil
        }
        context.fireChannelRead(data)
    }

    /// What comes next is another request.
    func requestEnded() {
        length = 0
        isWhole = false
    }
}
