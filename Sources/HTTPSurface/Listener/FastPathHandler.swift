import Foundation
import NIOCore
import NIOHTTP1
import Policies

/// Stands before the framework's codec and gives what a `FastResponder` considers to it; everything else passes.
///
/// Answers keep the order of the requests (RFC 9112, 9.3.2): nothing is answered here while the router owes an answer, and
/// while an answer is made here, further parts wait and reading stops.
final class FastPathHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case idle
        /// A head that is considered, whose end has not come.
        case considering(HTTPRequestHead)
        /// The responder makes the answer.
        case answering
        /// The request under way is the router's, until its end.
        case passing
    }

    private let responder: any FastResponder
    private let clients: ClientAddressRule
    private let peer: ConnectionPeer
    private let log: ListenerAccessLog?
    private var state = State.idle
    /// How many answers the router owes.
    private var owed = 0
    private var waiting: [HTTPServerRequestPart] = []
    private var isReadHeld = false

    init(
        responder: any FastResponder, clients: ClientAddressRule, peer: ConnectionPeer, log: ListenerAccessLog? = nil
    ) {
        self.log = log
        self.responder = responder
        self.clients = clients
        self.peer = peer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        if case .answering = state { return waiting.append(part) }
        receive(part, context)
    }

    func read(context: ChannelHandlerContext) {
        if case .answering = state {
            isReadHeld = true
            return
        }
        context.read()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) { owed -= 1 }
        context.write(data, promise: promise)
    }

    private func receive(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        switch (state, part) {
        case (.idle, .head(let head)) where owed == 0 && responder.considers(head):
            state = .considering(head)
        case (.considering(let head), .end):
            answer(head, context)
        case (.considering(let head), _):
            // It has a body after all: the router reads bodies.
            pass(.head(head), context)
            pass(part, context)
        case (_, .head), (_, .body), (_, .end):
            pass(part, context)
        }
    }

    private func pass(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        switch part {
        case .head:
            owed += 1
            state = .passing
        case .body: break
        case .end: state = .idle
        }
        context.fireChannelRead(wrapInboundOut(part))
    }

    private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        guard let client = clients.client(peer: peer.address, head: head) else { return handOn(head, context) }
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        let loop = context.eventLoop
        state = .answering
        let start = log == nil ? nil : ContinuousClock.now
        let isTaken = responder.respond(to: head, client: client) { response in
            // Even when the answer is there at once: the state below comes first.
            loop.execute {
                let (handler, context) = bound.value
                if let start { handler.tell(response, of: head, client, start) }
                handler.send(response, to: head, context)
            }
        }
        if !isTaken { handOn(head, context) }
    }

    private func tell(
        _ response: FastResponse, of head: HTTPRequestHead, _ client: IPAddress, _ start: ContinuousClock.Instant
    ) {
        guard let log else { return }
        log.log.append(
            AccessRecord(
                time: Date(), listener: log.listener, requestID: response.requestID, method: head.method.rawValue,
                target: head.uri, status: Int(response.status.code), bytes: response.body.readableBytes,
                duration: ContinuousClock.now - start, client: client))
    }

    private func handOn(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        pass(.head(head), context)
        pass(.end(nil), context)
        goOn(context)
    }

    private func send(_ response: FastResponse, to request: HTTPRequestHead, _ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        var head = HTTPResponseHead(version: request.version, status: response.status)
        head.headers.reserveCapacity(response.headers.count + 2)
        for (name, value) in response.headers { head.headers.add(name: name, value: value) }
        head.headers.add(name: "content-length", value: String(response.body.readableBytes))
        if !request.isKeepAlive { head.headers.add(name: "connection", value: "close") }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if request.method != .HEAD {
            context.write(wrapOutboundOut(.body(.byteBuffer(response.body))), promise: nil)
        }
        let end = context.eventLoop.makePromise(of: Void.self)
        if !request.isKeepAlive {
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            end.futureResult.whenComplete { _ in bound.value.close(promise: nil) }
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: end)
        state = .idle
        goOn(context)
    }

    /// Takes up what came in the meantime.
    private func goOn(_ context: ChannelHandlerContext) {
        while !waiting.isEmpty {
            if case .answering = state { return }
            receive(waiting.removeFirst(), context)
        }
        if isReadHeld, !isAnswering {
            isReadHeld = false
            context.read()
        }
    }

    private var isAnswering: Bool {
        if case .answering = state { true } else { false }
    }
}
