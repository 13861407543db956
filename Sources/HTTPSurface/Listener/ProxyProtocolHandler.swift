import NIOCore

/// Reads the PROXY protocol header and then leaves. A connection whose header is missing or malformed, or that comes from
/// elsewhere than a trusted proxy, is closed: its address would be the client's own invention.
final class ProxyProtocolHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let peer: ConnectionPeer
    private let trusted: ClientAddressRule
    private var pending = ByteBuffer()

    init(peer: ConnectionPeer, trusted: ClientAddressRule) {
        self.peer = peer
        self.trusted = trusted
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let address = peer.address, trusted.isTrusted(address) else { return context.close(promise: nil) }
        pending.writeImmutableBuffer(unwrapInboundIn(data))
        let start = Array(pending.readableBytesView.prefix(ProxyProtocol.longestHeader))
        switch ProxyProtocol.parse(start) {
        case .incomplete where start.count < ProxyProtocol.longestHeader: return
        case .incomplete, .malformed: return context.close(promise: nil)
        case .header(let source, let length):
            peer.take(header: source)
            pending.moveReaderIndex(forwardBy: length)
            if pending.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(pending)) }
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
        }
    }
}
