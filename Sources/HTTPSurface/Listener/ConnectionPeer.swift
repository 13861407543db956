import NIOCore
import Policies
import Synchronization

/// Who is at the other end of a connection: its address, which is the socket's until a PROXY protocol header says another,
/// and the certificate that TLS has verified.
final class ConnectionPeer: Sendable {
    private struct State {
        var address: IPAddress?
        var isUnnamed = false
    }

    private let state: Mutex<State>
    private let verified = Mutex<[UInt8]?>(nil)

    init(_ address: IPAddress?) {
        state = Mutex(State(address: address))
    }

    /// DER; nil where the listener asks for none.
    var certificate: [UInt8]? {
        get { verified.withLock { $0 } }
        set { verified.withLock { $0 = newValue } }
    }

    var address: IPAddress? {
        get { state.withLock { $0.address } }
        set { state.withLock { $0.address = newValue } }
    }

    /// Whether a PROXY protocol header was read that names nobody.
    var isUnnamed: Bool { state.withLock { $0.isUnnamed } }

    /// Takes what a PROXY protocol header says.
    ///
    /// - Parameter source: nil for a header that names nobody: the address stays the socket's.
    func take(header source: IPAddress?) {
        state.withLock { state in
            state.isUnnamed = source == nil
            state.address = source ?? state.address
        }
    }

    /// The connections whose peer a header may have changed, or that have a certificate. A request's context is made away from its event loop, where
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
        if let peer = peer(of: channel) { return peer.address }
        return (channel.remoteAddress ?? channel.parent?.remoteAddress)?.policyAddress
    }

    /// Whether a proxy did not say who is behind a connection, or behind the one that an HTTP/2 stream belongs to.
    static func isUnnamed(_ channel: any Channel) -> Bool { peer(of: channel)?.isUnnamed ?? false }

    /// The verified certificate of a connection, or of the connection that an HTTP/2 stream belongs to.
    static func certificate(of channel: any Channel) -> [UInt8]? {
        peer(of: channel)?.certificate
    }

    private static func peer(of channel: any Channel) -> ConnectionPeer? {
        let connection = channel.parent.flatMap { $0.parent == nil ? nil : $0 } ?? channel
        return known.withLock { $0[ObjectIdentifier(connection)] ?? $0[ObjectIdentifier(channel)] }
    }
}
