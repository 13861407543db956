import NIOCore
import NIOHTTPTypes

/// How long the body that is being read has: it must go on, and come at a rate, all in all.
struct BodyDeadline {
    private let limits: ConnectionLimits
    /// When it must be whole, as far as it has come.
    private var whole: NIODeadline

    init(_ limits: ConnectionLimits, at now: NIODeadline) {
        self.limits = limits
        whole = now + limits.bodyTime
    }

    /// Bytes of it came. Whoever sends one now and then must not hold a connection for ever.
    mutating func took(_ bytes: Int, at now: NIODeadline) {
        let more = TimeAmount.milliseconds(Int64(bytes) * 1000 / Int64(max(1, limits.bodyRate)))
        // What came fast is no credit for ever.
        whole = min(whole + more, now + .hours(1))
    }

    /// When the next bytes have to be there.
    func next(at now: NIODeadline) -> NIODeadline { min(now + limits.bodyTime, whole) }
}

/// The same for one stream of HTTP/2, which ends alone.
final class StreamBodyHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart

    private let limits: ConnectionLimits
    private var body: BodyDeadline?
    private var alarm: Scheduled<Void>?

    init(limits: ConnectionLimits) {
        self.limits = limits
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            body = BodyDeadline(limits, at: .now())
            ring(context)
        case .body(let piece):
            body?.took(piece.readableBytes, at: .now())
            ring(context)
        case .end: stop()
        }
        context.fireChannelRead(data)
    }

    func channelInactive(context: ChannelHandlerContext) {
        stop()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { stop() }

    private func stop() {
        body = nil
        alarm?.cancel()
        alarm = nil
    }

    private func ring(_ context: ChannelHandlerContext) {
        guard let time = body?.next(at: .now()) else { return }
        alarm?.cancel()
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        alarm = context.eventLoop.scheduleTask(deadline: time) { bound.value.close(promise: nil) }
    }
}
