import Foundation
import HTTPTypes
import NIOCore
import Policies

/// Sent towards the connection when the router's answer to a request is written.
struct RouterHasAnswered {}

/// Stands before the HTTP decoder, reads plain requests by itself, and gives those that a `FastResponder` considers to it;
/// every other byte goes on to the decoder unchanged.
///
/// Answers keep the order of the requests (RFC 9112, 9.3.2): one request is under way at a time, here or at the router, and
/// what comes meanwhile waits. The first request that is not plain makes the connection the decoder's for good.
final class FastRequestHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        case idle
        /// The responder makes the answer.
        case answering
        /// The answer's head is out, its body is being made.
        case sending(FastBodySender)
        /// The request under way is the router's.
        case routed
        /// Whatever comes is the decoder's.
        case handedOver
    }

    /// What the access log will say of a request.
    private final class Logged: Sendable {
        let request: FastRequest
        let start: ContinuousClock.Instant

        init(request: FastRequest, start: ContinuousClock.Instant) {
            self.request = request
            self.start = start
        }
    }

    /// Beyond this many bytes that wait, reading stops.
    private static let mostWaiting = 64 << 10
    /// Bytes that were taken and may stay in front of those that wait.
    private static let mostTaken = 32 << 10
    /// Requests of one connection that are answered before others have their turn.
    private static let mostInTurn = 16
    /// A head or body that comes in more pieces is the decoder's, which does not begin anew with each piece.
    private static let mostPieces = 8
    /// The longest body that is waited for.
    private static let longestBody = 16 << 10

    private let responder: any FastResponder
    private let clients: ClientAddressRule
    private let peer: ConnectionPeer
    private let time: ConnectionTimeHandler
    private let limits: ConnectionLimits
    private let log: ListenerAccessLog?
    private var state = State.idle
    private(set) var waiting = ByteBuffer()
    private var pieces = 0
    private var isReadHeld = false
    private var isInputClosed = false
    private var isWritable = true
    private var isGone = false
    private var context: ChannelHandlerContext?
    /// Whether those behind were given something since they last heard of the end of a reading.
    private var hasPassed = false

    init(
        responder: any FastResponder, clients: ClientAddressRule, peer: ConnectionPeer, time: ConnectionTimeHandler,
        limits: ConnectionLimits, log: ListenerAccessLog? = nil
    ) {
        self.responder = responder
        self.clients = clients
        self.peer = peer
        self.time = time
        self.limits = limits
        self.log = log
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        isWritable = context.channel.isWritable
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .handedOver = state { return pass(data, context) }
        var bytes = unwrapInboundIn(data)
        if waiting.readableBytes == 0 { waiting = bytes } else { append(&bytes) }
        goOn(context)
    }

    private func append(_ bytes: inout ByteBuffer) {
        // What was taken stays in the buffer, which grows as long as each reading ends within a request.
        if waiting.readerIndex > Self.mostTaken { waiting.discardReadBytes() }
        waiting.writeBuffer(&bytes)
    }

    /// Those behind need not hear of readings that had nothing for them.
    func channelReadComplete(context: ChannelHandlerContext) {
        guard hasPassed else { return }
        hasPassed = false
        context.fireChannelReadComplete()
    }

    private func pass(_ data: NIOAny, _ context: ChannelHandlerContext) {
        hasPassed = true
        context.fireChannelRead(data)
    }

    /// Asks the connection for more on behalf of those behind, without asking them.
    ///
    /// - Returns: false when they have to be asked: the connection is theirs.
    func reads() -> Bool {
        if case .handedOver = state { return false }
        guard let context else { return false }
        read(context: context)
        return true
    }

    func read(context: ChannelHandlerContext) {
        if case .handedOver = state { return context.read() }
        guard waiting.readableBytes < Self.mostWaiting else {
            isReadHeld = true
            return
        }
        context.read()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        context.fireChannelWritabilityChanged()
        if case .sending(let sender) = state { return sender.goOn() }
        goOn(context)
    }

    func triggerUserOutboundEvent(
        context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
    ) {
        guard event is RouterHasAnswered else {
            return context.triggerUserOutboundEvent(event, promise: promise)
        }
        promise?.succeed()
        guard case .routed = state else { return }
        state = .idle
        guard waiting.readableBytes > 0 || isInputClosed || isReadHeld else { return }
        // The router is still in the middle of writing.
        goOnLater(context)
    }

    /// Nobody behind hears that no more comes before what came is done.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed? = event as? ChannelEvent else {
            return context.fireUserInboundEventTriggered(event)
        }
        isInputClosed = true
        goOn(context)
    }

    /// Takes up what waits, until a request is under way or more is needed.
    private func goOn(_ context: ChannelHandlerContext) {
        var taken = 0
        while case .idle = state, waiting.readableBytes > 0, !time.isEnding {
            guard isWritable else { return time.waitForReader() }
            guard taken < Self.mostInTurn else { return goOnLater(context) }
            guard takeRequest(context) else { break }
            taken += 1
        }
        if case .answering = state { return resumeReading(context) }
        if case .sending = state { return resumeReading(context) }
        if case .routed = state { return resumeReading(context) }
        if isInputClosed { endInput(context) }
        resumeReading(context)
    }

    /// After other connections have had their turn.
    private func goOnLater(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        context.eventLoop.execute { bound.value.handler.goOn(bound.value.context) }
    }

    /// Tells those behind that no more comes. They may close the connection over it, and would lose with it the answers
    /// that the client has yet to take.
    private func endInput(_ context: ChannelHandlerContext) {
        isInputClosed = false
        guard case .idle = state else { return context.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
        // What is unfinished now stays so: the decoder knows what to say.
        handOver(context)
        time.waitForReader()
        let taken = context.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        taken.futureResult.whenComplete { _ in
            bound.value.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        }
        // Nothing, behind all that was written.
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: taken)
    }

    private func resumeReading(_ context: ChannelHandlerContext) {
        guard isReadHeld, waiting.readableBytes < Self.mostWaiting else { return }
        isReadHeld = false
        context.read()
    }

    /// False when more bytes are needed.
    private func takeRequest(_ context: ChannelHandlerContext) -> Bool {
        let reading = waiting.withUnsafeReadableBytes { PlainRequestHead.read($0, within: limits) }
        switch reading {
        case .unfinished: return waitForPiece(context)
        case .other: handOver(context)
        case .whole(let head):
            guard let request = request(head), responder.considers(request), head.bodyLength <= Self.longestBody else {
                route(head, context)
                break
            }
            guard waiting.readableBytes >= head.length + head.bodyLength else { return waitForPiece(context) }
            if !isTaken(request, head, context) { route(head, context) }
        }
        return true
    }

    private func waitForPiece(_ context: ChannelHandlerContext) -> Bool {
        pieces += 1
        guard pieces > Self.mostPieces else { return false }
        handOver(context)
        return true
    }

    /// Nil when it cannot be told who the client is.
    private func request(_ head: PlainRequestHead) -> FastRequest? {
        func text(_ place: Range<Int>?) -> String? {
            place.flatMap { waiting.getString(at: waiting.readerIndex + $0.lowerBound, length: $0.count) }
        }
        func list(_ field: PlainRequestHead.Field) -> [String] { text(head[field]).map { [$0] } ?? [] }
        let client = clients.client(
            peer: peer.address, forwarded: { list(.forwarded) }, forwardedFor: { list(.forwardedFor) })
        guard let client, let target = text(head.target) else { return nil }
        var request = FastRequest(method: head.method, target: target, client: client)
        request.authorization = text(head[.authorization])
        request.origin = text(head[.origin])
        request.host = text(head[.host])
        request.cookies = text(head[.cookie])
        if head.hasConditions {
            var conditions = HTTPFields()
            for (field, name) in zip(PlainRequestHead.Field.conditions, Self.conditions) {
                if let value = text(head[field]) { conditions[name] = value }
            }
            request.conditions = conditions
        }
        return request
    }

    /// In the order of `PlainRequestHead.Field.conditions`.
    private static let conditions: [HTTPField.Name] = [
        .range, .ifRange, .ifMatch, .ifNoneMatch, .ifModifiedSince, .ifUnmodifiedSince,
    ]

    /// Gives the router one request, or everything if it is not whole yet.
    private func route(_ head: PlainRequestHead, _ context: ChannelHandlerContext) {
        guard let bytes = waiting.readSlice(length: head.length + head.bodyLength) else { return handOver(context) }
        pieces = 0
        state = .routed
        pass(wrapInboundOut(bytes), context)
        channelReadComplete(context: context)
    }

    private func handOver(_ context: ChannelHandlerContext) {
        state = .handedOver
        guard waiting.readableBytes > 0 else { return }
        let bytes = waiting
        waiting = ByteBuffer()
        pass(wrapInboundOut(bytes), context)
        channelReadComplete(context: context)
    }

    private func isTaken(_ request: FastRequest, _ head: PlainRequestHead, _ context: ChannelHandlerContext) -> Bool {
        let start = log == nil ? nil : ContinuousClock.now
        if head.bodyLength == 0, var response = responder.answerAtHand(to: request) {
            begin(head)
            // What is logged of its body names the request as the access log does.
            if response.stream != nil { response.requestID = response.requestID ?? RequestID.next() }
            if let start { tell(response, of: request, since: start) }
            guard response.stream != nil else {
                sendWhole(response, context)
                return true
            }
            // Its body is made while it is sent, after other connections have had their turn.
            state = .answering
            let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
            context.eventLoop.execute { [response] in bound.value.handler.send(response, bound.value.context) }
            return true
        }
        guard head.bodyLength > 0,
            let body = waiting.getSlice(at: waiting.readerIndex + head.length, length: head.bodyLength)
        else { return isTaken(request, since: start, head, context) }
        var whole = request
        whole.body = body
        return isTaken(whole, since: start, head, context)
    }

    private func isTaken(
        _ request: FastRequest, since start: ContinuousClock.Instant?, _ head: PlainRequestHead,
        _ context: ChannelHandlerContext
    ) -> Bool {
        let loop = context.eventLoop
        let bound = NIOLoopBound(self, eventLoop: loop)
        let logged = start.map { Logged(request: request, start: $0) }
        let isTaken = responder.respond(to: request, on: loop) { response in
            // An answer that is there at once comes after the state below.
            guard loop.inEventLoop, case .answering = bound.value.state else {
                return loop.execute { bound.value.take(response, logged) }
            }
            bound.value.take(response, logged)
        }
        guard isTaken else { return false }
        begin(head)
        state = .answering
        return true
    }

    /// A request is under way: its bytes are done with.
    private func begin(_ head: PlainRequestHead) {
        waiting.moveReaderIndex(forwardBy: head.length + head.bodyLength)
        // Held on to, the connection could not use its memory again.
        if waiting.readableBytes == 0 { waiting = ByteBuffer() }
        pieces = 0
        time.requestBegan()
    }

    /// Whoever calls goes on with what waits.
    private func sendWhole(_ response: FastResponse, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(response.serialized(ByteBufferAllocator())), promise: nil)
        time.requestEnded()
    }

    private func tell(_ response: FastResponse, of request: FastRequest, since start: ContinuousClock.Instant) {
        guard let log else { return }
        log.log.append(
            AccessRecord(
                time: Date(), listener: log.listener, requestID: response.requestID ?? RequestID.next(),
                method: request.method.rawValue,
                target: request.target, status: response.status.code, bytes: response.bodyLength,
                duration: ContinuousClock.now - start, client: request.client))
    }

    /// An answer that was waited for.
    private func take(_ response: FastResponse, _ logged: Logged?) {
        // Also of a client that has gone.
        if let logged { tell(response, of: logged.request, since: logged.start) }
        if let context { send(response, context) }
    }

    private func send(_ response: FastResponse, _ context: ChannelHandlerContext) {
        guard case .answering = state, !isGone else { return }
        guard let body = response.stream else {
            state = .idle
            sendWhole(response, context)
            return goOn(context)
        }
        // Goes out with the first piece.
        context.write(wrapOutboundOut(response.serialized(ByteBufferAllocator())), promise: nil)
        let sender = FastBodySender(body, context) { [weak self] in
            self?.end($0, response.requestID ?? RequestID.next(), context)
        }
        state = .sending(sender)
        time.waitForReader()
        sender.goOn()
        // Nothing was sent: the head at least.
        if case .sending = state { context.flush() }
    }

    private func end(
        _ outcome: FastBodySender.Outcome, _ requestID: String, _ context: ChannelHandlerContext
    ) {
        switch outcome {
        case .complete:
            state = .idle
            time.requestEnded()
            goOn(context)
        case .failed(let error):
            responder.failed(error, requestID: requestID)
            // The head has promised more: only the end of the connection tells that it does not come.
            state = .handedOver
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        isGone = true
        if case .sending(let sender) = state {
            sender.cancel()
            state = .handedOver
        }
        context.fireChannelInactive()
    }
}
