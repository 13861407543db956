import AsyncHTTPClient
import NIOCore

/// The connections to licence servers, shared by all of them and kept between requests. Belongs to whoever starts it, and
/// must be shut down once.
public final class ForwardingClient: Sendable {
    let client: HTTPClient

    public init() {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: .init(connect: .seconds(5)),
            connectionPool: .init(idleTimeout: .seconds(20)), decompression: .disabled)
        // A challenge is asked once; a refused connection is said at once.
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Ends what is under way.
    public func shutDown() async {
        try? await client.shutdown()
    }
}
