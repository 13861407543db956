import NIOCore

/// Stands behind all others, where reading begins: as long as the fast path reads the connection, it is asked at once, and not
/// through all handlers between, which have nothing to say to it.
final class FastReadHandler: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = Never

    private let fast: FastRequestHandler

    init(_ fast: FastRequestHandler) {
        self.fast = fast
    }

    func read(context: ChannelHandlerContext) {
        if !fast.reads() { context.read() }
    }
}
