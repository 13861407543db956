import NIOCore
import NIOHTTP1

/// Ends connections that are slow or silent, and those that a stopping server no longer needs: after the answer that is
/// under way, or at once when none is.
final class ConnectionTimeHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let limits: ConnectionLimits
    /// Requests whose answers are not out.
    private var underWay = 0
    private var isReadingBody = false
    private var body: BodyDeadline?
    private var isStopping = false
    /// Nothing more is answered.
    private(set) var isEnding = false
    /// When the connection is to be ended unless something happens.
    private var deadline: NIODeadline?
    private var alarm: Scheduled<Void>?
    private var alarmTime: NIODeadline?
    private var context: ChannelHandlerContext?

    init(limits: ConnectionLimits) {
        self.limits = limits
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { expect(limits.headTime, context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        expect(limits.headTime, context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        alarm?.cancel()
        alarm = nil
        deadline = nil
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        alarm?.cancel()
        alarm = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isEnding { return }
        switch unwrapInboundIn(data) {
        case .head:
            underWay += 1
            isReadingBody = true
            body = BodyDeadline(limits, at: .now())
            expect(limits.bodyTime, context)
        case .body(let piece):
            let now = NIODeadline.now()
            body?.took(piece.readableBytes, at: now)
            expect((body?.next(at: now) ?? now) - now, context)
        case .end:
            isReadingBody = false
            body = nil
            // Now the server works, which has its own limits.
            deadline = nil
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .end = unwrapOutboundIn(data) else {
            if !isReadingBody { expect(limits.writeTime, context) }
            return context.write(data, promise: promise)
        }
        underWay -= 1
        if isStopping, underWay <= 0 {
            context.writeAndFlush(data, promise: promise)
            return end(context)
        }
        if underWay <= 0 { expect(limits.idleTime, context) }
        context.write(data, promise: promise)
        context.triggerUserOutboundEvent(RouterHasAnswered(), promise: nil)
    }

    /// A request is under way that does not come by here.
    func requestBegan() {
        underWay += 1
        deadline = nil
    }

    /// Its answer is written.
    func requestEnded() {
        underWay -= 1
        guard underWay <= 0, let context else { return }
        if isStopping { return end(context) }
        expect(limits.idleTime, context)
    }

    /// Closes the connection when the client has taken what was written, or takes too long over it.
    private func end(_ context: ChannelHandlerContext) {
        guard !isEnding else { return }
        isEnding = true
        expect(limits.bodyTime, context)
        let taken = context.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        taken.futureResult.whenComplete { _ in bound.value.close(promise: nil) }
        context.close(mode: .output, promise: taken)
    }

    /// Nothing goes on before the client takes what was written.
    func waitForReader() {
        if let context { expect(limits.writeTime, context) }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if underWay > 0, !isReadingBody { expect(limits.writeTime, context) }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is ChannelShouldQuiesceEvent else { return context.fireUserInboundEventTriggered(event) }
        isStopping = true
        if underWay <= 0 { end(context) }
    }

    /// Moves the deadline. The alarm stays where it is and looks again when it rings, so that a busy connection does not
    /// pay for an alarm with each request.
    private func expect(_ time: TimeAmount, _ context: ChannelHandlerContext) {
        let new = NIODeadline.now() + time
        deadline = new
        if let alarmTime, alarm != nil, alarmTime <= new { return }
        alarm?.cancel()
        ring(at: new, context)
    }

    private func ring(at time: NIODeadline, _ context: ChannelHandlerContext) {
        alarmTime = time
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        alarm = context.eventLoop.scheduleTask(deadline: time) {
            let (handler, context) = bound.value
            handler.look(context)
        }
    }

    private func look(_ context: ChannelHandlerContext) {
        alarm = nil
        guard let deadline else { return }
        if NIODeadline.now() >= deadline { return context.close(promise: nil) }
        ring(at: deadline, context)
    }
}
