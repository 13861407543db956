import AsyncHTTPClient
import NIOCore
import NIOSSL

/// The connections to licence servers, shared by all of them and kept between requests. Belongs to whoever starts it, and
/// must be shut down once.
public final class ForwardingClient: Sendable {
    let client: HTTPClient

    public init() {
        var security = TLSConfiguration.makeClientConfiguration()
        security.minimumTLSVersion = .tlsv12
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: security, redirectConfiguration: .disallow, timeout: .init(connect: .seconds(5)),
            connectionPool: .init(idleTimeout: .seconds(20)), decompression: .disabled)
        // A challenge is asked once; a refused connection is said at once.
        configuration.connectionPool.retryConnectionEstablishment = false
        // Each licence request waits for one of its own, so the default of 8 would hold up an audience.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Ends what is under way.
    public func shutDown() async {
        try? await client.shutdown()
    }
}
