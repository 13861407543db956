import HTTPTypes
import NIOCore
import NIOHTTP1
import Policies

/// What HTTP/1 asks of every server and neither decoder nor router do: answers `Expect: 100-continue` (RFC 9110, 10.1.1), closes
/// after the answer to HTTP/1.0, and refuses with a problem document what has no `Host`, or two, or a URL or head that is too
/// large (RFC 9112, 3 and 3.2; RFC 6585, 5). Stands behind the decoder.
final class HTTP1ConventionHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let line: RequestLineMeter
    private let limits: ConnectionLimits
    /// Requests whose answers are not out.
    private var underWay = 0
    private var isLast = false
    /// A refusal is on its way: nothing more is read.
    private var isRefusing = false

    init(line: RequestLineMeter, limits: ConnectionLimits) {
        self.line = line
        self.limits = limits
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isRefusing else { return }
        let part = unwrapInboundIn(data)
        if case .end = part { line.requestEnded() }
        guard case .head(let head) = part else { return context.fireChannelRead(data) }
        let hosts = head.headers["host"].count
        guard hosts == 1 || (hosts == 0 && head.version == .http1_0) else {
            // Behind an answer that is not out, the refusal would be taken for that one: it ends the connection after it.
            guard underWay == 0 else {
                isRefusing = true
                return context.fireErrorCaught(HTTPParserError.unknown)
            }
            return refuse(
                Problem(.badRequest, code: "hostInvalid", detail: "A request names its host once: Host."), context)
        }
        underWay += 1
        if head.version == .http1_0 { isLast = !head.isKeepAlive }
        // Behind another answer it would be taken for that one's: who asks waits no longer than they like.
        if underWay == 1, head.version != .http1_0, head.expectsContinuation {
            context.writeAndFlush(
                wrapOutboundOut(.head(HTTPResponseHead(version: head.version, status: .continue))), promise: nil)
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .end = unwrapOutboundIn(data) else { return context.write(data, promise: promise) }
        underWay -= 1
        guard isLast, underWay <= 0 else { return context.write(data, promise: promise) }
        context.write(data, promise: promise)
        close(context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError, underWay == 0 else { return context.fireErrorCaught(error) }
        guard !isRefusing else { return }
        switch error {
        case .headerOverflow:
            refuse(line.length > limits.fieldSize ? .targetTooLong : .headTooLarge, context)
        default:
            refuse(Problem(.badRequest, code: "malformed", detail: "The request is not HTTP/1.1."), context)
        }
    }

    private func refuse(_ problem: Problem, _ context: ChannelHandlerContext) {
        isRefusing = true
        let requestID = RequestID.next()
        let body = ByteBuffer(bytes: problem.encoded(requestID: requestID))
        let head = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: problem.status.code),
            headers: [
                "content-type": "application/problem+json", "cache-control": "no-store", "connection": "close",
                "content-length": "\(body.readableBytes)",
            ])
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        context.write(wrapOutboundOut(.end(nil)), promise: nil)
        close(context)
    }

    /// Sends what was written and no more. What the client still sends is thrown away until it closes, or its time is over.
    private func close(_ context: ChannelHandlerContext) {
        isRefusing = true
        let sent = context.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        sent.futureResult.whenComplete { _ in bound.value.close(mode: .output, promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer()))), promise: sent)
    }
}

extension HTTPRequestHead {
    fileprivate var expectsContinuation: Bool {
        headers[canonicalForm: "expect"].contains { $0.lowercased() == "100-continue" }
    }
}
