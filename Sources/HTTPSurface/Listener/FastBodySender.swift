import NIOCore

/// Sends a `FastBody` on a connection: a piece at a time, the next one only while the client takes what it was given, so that
/// a slow one costs the memory of a piece, and other connections of the event loop have their turn in between.
final class FastBodySender {
    enum Outcome {
        case complete
        /// The body cannot be made: the client has to see that it is cut.
        case failed(any Error)
    }

    private let body: any FastBody
    private let context: ChannelHandlerContext
    private let finish: (Outcome) -> Void
    private var left: Int
    private var isMaking = false
    private var isOver = false

    /// - Parameter finish: called once, unless `cancel` was.
    init(_ body: any FastBody, _ context: ChannelHandlerContext, finish: @escaping (Outcome) -> Void) {
        self.body = body
        self.context = context
        self.finish = finish
        left = body.byteCount
    }

    /// The connection is gone.
    func cancel() {
        isOver = true
    }

    /// Makes and sends the next piece if none is being made and the client takes more.
    func goOn() {
        guard !isMaking, !isOver, context.channel.isWritable else { return }
        isMaking = true
        do {
            if let piece = try body.pieceAtHand() { return send(piece) }
        } catch {
            return end(.failed(error))
        }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        body.piece(on: context.eventLoop).whenComplete { result in
            switch result {
            case .success(let piece): bound.value.send(piece)
            case .failure(let error): bound.value.end(.failed(error))
            }
        }
    }

    private func send(_ piece: ByteBuffer) {
        guard !isOver else { return }
        left -= piece.readableBytes
        let loop = context.eventLoop
        let sent = loop.makePromise(of: Void.self)
        sent.futureResult.whenSuccess { [body] in body.takeBack(piece) }
        context.writeAndFlush(NIOAny(piece), promise: sent)
        guard left > 0 else { return end(.complete) }
        let bound = NIOLoopBound(self, eventLoop: loop)
        loop.execute {
            bound.value.isMaking = false
            bound.value.goOn()
        }
    }

    private func end(_ outcome: Outcome) {
        guard !isOver else { return }
        isOver = true
        finish(outcome)
    }
}
