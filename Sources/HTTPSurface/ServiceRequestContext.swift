public import Hummingbird
import Logging
public import NIOCore
public import Policies

/// What every listener knows of a request: the peer's address and a name for the request.
public struct ServiceRequestContext: RequestContext, RemoteAddressRequestContext {
    public var coreContext: CoreRequestContextStorage
    /// The socket's peer.
    public let remoteAddress: SocketAddress?
    /// Unique, 22 of `0-9a-z`; in the audit log, in problem documents and in log lines.
    public let requestID: String
    /// The address at the other end, after a PROXY protocol header.
    let peerAddress: IPAddress?
    /// Whether a PROXY protocol header stood before the connection that names nobody: anybody may be behind it.
    private let isUnnamed: Bool
    /// The client's address as policies see it, after trusted proxies (`ClientAddressMiddleware`); nil when the transport
    /// has none or a proxy wrote nonsense, which no policy then allows.
    public internal(set) var clientAddress: IPAddress?
    /// The certificate of the client, DER, that leads to the listener's authorities; nil where none is asked for.
    public let clientCertificate: [UInt8]?

    /// Whether the socket's peer is one of `trustedProxies`, which are taken to speak TLS with their clients
    /// (`ClientAddressMiddleware`).
    public internal(set) var isFromTrustedProxy = false

    /// Whether nobody but this machine is known to have a part in the request: neither the socket's peer, nor whom a PROXY
    /// protocol header names, nor the client after trusted proxies is elsewhere.
    var isFromThisMachine: Bool {
        !isUnnamed && [remoteAddress?.policyAddress, peerAddress, clientAddress].allSatisfy { $0?.isLoopback ?? false }
    }

    public init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        remoteAddress = source.channel.remoteAddress
        peerAddress = ConnectionPeer.address(of: source.channel)
        isUnnamed = ConnectionPeer.isUnnamed(source.channel)
        clientAddress = peerAddress
        clientCertificate = ConnectionPeer.certificate(of: source.channel)
        requestID = RequestID.next()
        // A request has one name in all logs.
        logger[metadataKey: LogLine.frameworksRequest] = nil
        logger[metadataKey: "request"] = "\(requestID)"
    }

    /// In place of the framework's name for the request.
    public var id: String { requestID }
}
