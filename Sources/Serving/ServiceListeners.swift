import Foundation
package import HTTPSurface
import HTTPTypes
package import Hummingbird
package import Logging
import NIOCore
package import ServiceLifecycle
package import Settings

/// Routers and listeners, as every program of this service has them.
package struct ServiceListeners: Sendable {
    package var configuration: ListenerConfiguration
    package var logger: Logger
    /// Told of each listener that accepts, with its name and base URL.
    private let board: ListeningBoard
    /// Nil when requests are not logged.
    package var accessLog: AccessLog?

    package init(
        configuration: ListenerConfiguration, logger: Logger,
        onListening: @escaping @Sendable (String, String) -> Void, accessLog: AccessLog?
    ) {
        self.configuration = configuration
        self.logger = logger
        board = ListeningBoard(onListening)
        self.accessLog = accessLog
    }

    package var sharing: CrossOriginPolicy { CrossOriginPolicy(allowedOrigins: configuration.corsOrigins) }

    /// A router whose requests are logged, when they are to be.
    private func emptyRouter(_ listener: String) -> Router<ServiceRequestContext> {
        let router = Router(context: ServiceRequestContext.self)
        if let accessLog {
            router.addMiddleware {
                AccessLogMiddleware(log: ListenerAccessLog(accessLog, listener: listener), clients: clients)
            }
        }
        return router
    }

    /// A router for players and encryptors.
    ///
    /// - Parameter exception: what is shared of answers that are shared otherwise than the configuration says.
    package func makeRouter(
        _ listener: String, sharedOtherwise exception: CrossOriginMiddleware.Exception? = nil
    ) -> Router<ServiceRequestContext> {
        let router = emptyRouter(listener)
        router.addMiddleware {
            CrossOriginMiddleware(
                policy: sharing, allowedMethods: [.get, .head, .post, .options], exception: exception)
            ProblemMiddleware()
            ClientAddressMiddleware(rule: clients)
        }
        return router
    }

    /// A router that shares nothing with pages of other origins: it has no cross-origin answers.
    package func makeUnsharedRouter(_ listener: String) -> Router<ServiceRequestContext> {
        let router = emptyRouter(listener)
        router.addMiddleware {
            ProblemMiddleware()
            ClientAddressMiddleware(rule: clients)
        }
        return router
    }

    private var clients: ClientAddressRule { ClientAddressRule(trustedProxies: configuration.trustedProxies) }

    private func options(_ name: String, _ responder: (any FastResponder)?) -> ListenerOptions {
        var options = ListenerOptions()
        options.limits.connections = configuration.connections
        options.clients = clients
        options.proxyProtocol = configuration.proxyProtocol.contains(name)
        options.tls = configuration.tls[name].map {
            TLSFiles(certificate: $0.certificate, key: $0.key, clientAuthorities: $0.clientAuthorities)
        }
        options.fastResponder = responder
        options.logger = logger
        options.accessLog = accessLog.map { ListenerAccessLog($0, listener: name) }
        return options
    }

    /// One listener.
    ///
    /// - Parameter onURL: is given its base URL once it accepts.
    package func listener(
        _ name: String, _ address: ListenAddress, _ router: Router<ServiceRequestContext>,
        _ responder: (any FastResponder)? = nil, _ onURL: @escaping @Sendable (String) -> Void
    ) throws -> any Service {
        board.expect()
        let options = options(name, responder)
        let scheme = options.tls == nil ? "http" : "https"
        let application = Application(
            router: router,
            server: try options.server(),
            configuration: .init(
                address: .hostname(address.host, port: address.port), serverName: nil,
                availableConnectionsDelegate: .maximum(options.limits.connections, logger: logger)),
            onServerRunning: { [board] channel in
                var bound = address
                bound.port = channel.localAddress?.port ?? address.port
                let url = "\(scheme)://\(bound)"
                onURL(url)
                board.accepts(name, url)
            },
            logger: logger)
        return Listener(name: name, address: address, application: application)
    }
}

/// One listener; says what to do when its address cannot be had.
private struct Listener<Wrapped: Service>: Service {
    let name: String
    let address: ListenAddress
    let application: Wrapped

    func run() async throws {
        do {
            try await application.run()
        } catch let error as IOError {
            throw CommandFailure(
                .unavailable,
                "cannot listen on \(address): \(String(cString: strerror(error.errnoCode))); choose another address with "
                    + "listen.\(name) or KEYWAY_LISTEN_\(name.uppercased())")
        }
    }
}
