import Adapters
import AdminHTTP
import Administration
import Foundation
import HTTPSurface
import HTTPTypes
import Hummingbird
import KeyDelivery
import KeyServiceHTTP
import Logging
import NIOCore
import Origin
import OriginHTTP
import ServiceLifecycle
import UnixSignals

/// The composition root of a running server: listeners, worker, and how they start and stop together.
struct Server {
    var installation: Installation
    var configuration: ServiceConfiguration
    var roles: Set<ServiceRole>
    var logger: Logger
    /// Called once for each listener that accepts, with its name and base URL.
    var onListening: @Sendable (String, String) -> Void
    /// Adds routes to the public listener (the demo's player page).
    var extraRoutes: @Sendable (Router<ServiceRequestContext>) -> Void = { _ in }

    /// The most header fields' bytes and body that a request may have are bounded by the routes; this bounds how long a
    /// silent connection is kept.
    private static let idleTimeout = TimeAmount.seconds(120)

    /// Runs until SIGTERM, SIGINT or until `stop` is called; requests under way are finished.
    ///
    /// - Parameter onStart: is given what stops the server.
    func run(onStart: @Sendable (_ stop: @escaping @Sendable () async -> Void) -> Void = { _ in }) async throws {
        let executor = MediaExecutor(threadCount: max(2, ProcessInfo.processInfo.activeProcessorCount))
        let keyBase = KeyBaseURL(configured: configuration.keysURL)
        let originBase = KeyBaseURL(configured: nil)
        originBase.learn("http://\(configuration.listenOrigin)")
        var services: [any Service] = []
        if roles.contains(.origin) || (roles.contains(.keys) && configuration.listenKeys == nil) {
            services.append(publicListener(keyBase, originBase, executor))
        }
        if roles.contains(.keys), let address = configuration.listenKeys {
            let router = makeRouter()
            keyRoutes.add(to: router)
            services.append(listener("keys", address, router) { keyBase.learn($0) })
        }
        if roles.contains(.admin) {
            let router = try makeAdminRouter(originBase)
            services.append(listener("admin", configuration.listenAdmin, router) { _ in })
        }
        if roles.contains(.worker) {
            services.append(WorkerService(queue: try installation.makeJobQueue(logger: logger)))
        }
        let group = ServiceGroup(
            configuration: .init(
                services: services.map { .init(service: $0, failureTerminationBehavior: .gracefullyShutdownGroup) },
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        onStart { await group.triggerGracefulShutdown() }
        do {
            try await group.run()
        } catch {
            try? await executor.shutDown()
            throw error
        }
        try await executor.shutDown()
    }

    /// The admin listener shares nothing with pages of other origins, so it has no cross-origin answers.
    private func makeAdminRouter(_ originBase: KeyBaseURL) throws -> Router<ServiceRequestContext> {
        let router = Router(context: ServiceRequestContext.self)
        router.addMiddleware { ProblemMiddleware() }
        HealthRoutes(catalog: installation.catalog).add(to: router)
        try AdminAPI(
            authentication: AdminAuthentication(catalog: installation.catalog), version: Version.text,
            interface: { identity in
                installation.makeOperator(
                    actor: identity.name, role: identity.role, endpoint: { originBase.current })
            }
        ).add(to: router)
        return router
    }

    private func publicListener(
        _ keyBase: KeyBaseURL, _ originBase: KeyBaseURL, _ executor: MediaExecutor
    ) -> any Service {
        let router = makeRouter()
        let servesKeys = roles.contains(.keys) && configuration.listenKeys == nil
        if servesKeys { keyRoutes.add(to: router) }
        extraRoutes(router)
        if roles.contains(.origin) {
            let origin = OriginService(
                catalog: installation.catalog, storage: installation.storage, unwrapper: installation.unwrapper,
                keyBaseURL: { keyBase.current })
            OriginRoutes(service: origin, executor: executor).add(to: router)
        }
        let servesOrigin = roles.contains(.origin)
        let name = servesOrigin ? "origin" : "keys"
        return listener(name, configuration.listenOrigin, router) { url in
            if servesKeys { keyBase.learn(url) }
            if servesOrigin { originBase.learn(url) }
        }
    }

    private var keyRoutes: KeyServiceRoutes {
        KeyServiceRoutes(
            service: KeyDeliveryService(
                catalog: installation.catalog, unwrapper: installation.unwrapper, verifier: installation.verifier))
    }

    private func makeRouter() -> Router<ServiceRequestContext> {
        let router = Router(context: ServiceRequestContext.self)
        router.addMiddleware {
            CrossOriginMiddleware(
                allowedOrigins: configuration.corsOrigins, allowedMethods: [.get, .head, .post, .options])
            ProblemMiddleware()
        }
        return router
    }

    private func listener(
        _ name: String, _ address: ListenAddress, _ router: Router<ServiceRequestContext>,
        _ onURL: @escaping @Sendable (String) -> Void
    ) -> any Service {
        let onListening = onListening
        let application = Application(
            router: router,
            server: .http1(configuration: .init(idleTimeout: Self.idleTimeout)),
            configuration: .init(address: .hostname(address.host, port: address.port), serverName: nil),
            onServerRunning: { channel in
                var bound = address
                bound.port = channel.localAddress?.port ?? address.port
                let url = "http://\(bound)"
                onURL(url)
                onListening(name, url)
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
