import NIOCore
import Policies
import Synchronization

/// The address at the other end of a connection: the socket's, until a PROXY protocol header says another.
final class ConnectionPeer: Sendable {
    private let state: Mutex<IPAddress?>

    init(_ address: IPAddress?) {
        state = Mutex(address)
    }

    var address: IPAddress? {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }

    /// The connections whose peer a header may have changed. A request's context is made away from its event loop, where
    /// the pipeline cannot be asked.
    private static let known = Mutex<[ObjectIdentifier: ConnectionPeer]>([:])

    /// Makes the peer known by its connection until that is closed.
    static func register(_ peer: ConnectionPeer, for channel: any Channel) {
        let id = ObjectIdentifier(channel)
        known.withLock { $0[id] = peer }
        channel.closeFuture.whenComplete { _ in known.withLock { $0[id] = nil } }
    }

    /// The peer's address of a connection, or of the connection that an HTTP/2 stream belongs to.
    static func address(of channel: any Channel) -> IPAddress? {
        let connection = channel.parent.flatMap { $0.parent == nil ? nil : $0 } ?? channel
        if let peer = known.withLock({ $0[ObjectIdentifier(connection)] ?? $0[ObjectIdentifier(channel)] }) {
            return peer.address
        }
        return (channel.remoteAddress ?? channel.parent?.remoteAddress)?.policyAddress
    }
}
