public import Hummingbird
import Logging
public import NIOCore
public import Policies

/// What every listener knows of a request: the peer's address and a name for the request.
public struct ServiceRequestContext: RequestContext, RemoteAddressRequestContext {
    public var coreContext: CoreRequestContextStorage
    /// The socket's peer.
    public let remoteAddress: SocketAddress?
    /// Random, unique; in the audit log, in problem documents and in log lines.
    public let requestID: String

    public init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        remoteAddress = source.channel.remoteAddress
        var generator = SystemRandomNumberGenerator()
        requestID = String(generator.next(), radix: 36) + String(generator.next(), radix: 36)
    }

    /// The client's address as policies see it; nil when the transport has none, which no policy then allows.
    public var clientAddress: IPAddress? {
        remoteAddress?.ipAddress.flatMap { IPAddress($0.prefix { $0 != "%" }.description) }
    }
}
