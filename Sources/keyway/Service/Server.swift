import Adapters
import AdminHTTP
import Administration
import Foundation
import HTTPSurface
import HTTPTypes
import Hummingbird
import KeyDelivery
import KeyExchange
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
    /// Nil when requests are not logged.
    var accessLog: AccessLog?

    /// Runs until SIGTERM, SIGINT or until `stop` is called; requests under way are finished.
    ///
    /// - Parameter onStart: is given what stops the server.
    func run(onStart: @Sendable (_ stop: @escaping @Sendable () async -> Void) -> Void = { _ in }) async throws {
        let licences = try installation.makeLicenceServers(configuration.licences, logger: logger)
        do {
            try await run(with: licences, onStart: onStart)
        } catch {
            await licences.shutDown()
            throw error
        }
        await licences.shutDown()
    }

    private func run(
        with licences: LicenceServers, onStart: @Sendable (_ stop: @escaping @Sendable () async -> Void) -> Void
    ) async throws {
        let executor = MediaExecutor(threadCount: max(2, ProcessInfo.processInfo.activeProcessorCount))
        let keyBase = KeyBaseURL(configured: configuration.keysURL)
        let originBase = KeyBaseURL(configured: nil)
        originBase.learn("http://\(configuration.listenOrigin)")
        try await installation.prepareTickets()
        let keyService = makeKeyService()
        let keyRoutes = makeKeyRoutes(keyService, licences)
        var services: [any Service] = [
            AuditService(
                catalog: installation.catalog,
                signer: AuditSigner(catalog: installation.catalog, material: installation.auditKeyMaterial),
                schedule: AuditSchedule(retention: configuration.auditRetention), logger: logger),
            WatchService(watch: installation.watch),
        ]
        if roles.contains(.origin) || (roles.contains(.keys) && configuration.listenKeys == nil) {
            services.append(try publicListener(keyRoutes, keyService, keyBase, originBase, executor))
        }
        if roles.contains(.keys), let address = configuration.listenKeys {
            let router = makeRouter("keys")
            keyRoutes.add(to: router)
            exchangeRoutes("keys", keyBase).add(to: router)
            let responder = keyRoutes.fastResponder(sharing: sharing)
            services.append(try listener("keys", address, router, responder) { keyBase.learn($0) })
        }
        if roles.contains(.admin) {
            let router = try makeAdminRouter(originBase)
            services.append(try listener("admin", configuration.listenAdmin, router) { _ in })
        }
        if roles.contains(.worker) {
            services.append(WorkerService(queue: try installation.makeJobQueue(logger: logger)))
        }
        services.append(KEKService(keks: installation.keks, logger: logger))
        services.append(
            KeySetService(catalog: installation.catalog, keySets: installation.keySets, logger: logger))
        services.append(
            KeyHousekeeping(
                operations: installation.keyOperations, catalog: installation.catalog, logger: logger))
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
        accessLog?.flush()
    }

    /// The admin listener shares nothing with pages of other origins, so it has no cross-origin answers.
    private func makeAdminRouter(_ originBase: KeyBaseURL) throws -> Router<ServiceRequestContext> {
        let router = emptyRouter("admin")
        router.addMiddleware {
            ProblemMiddleware()
            ClientAddressMiddleware(rule: clients)
        }
        HealthRoutes(catalog: installation.catalog, metrics: ServiceMetrics.registry).add(to: router)
        try AdminAPI(
            authentication: AdminAuthentication(catalog: installation.catalog), version: Version.text,
            isEncrypted: configuration.tls["admin"] != nil,
            interface: { identity in
                installation.makeOperator(
                    actor: identity.name, role: identity.role, endpoint: { originBase.current })
            }
        ).add(to: router)
        return router
    }

    private func publicListener(
        _ keyRoutes: KeyServiceRoutes, _ keyService: KeyDeliveryService, _ keyBase: KeyBaseURL,
        _ originBase: KeyBaseURL, _ executor: MediaExecutor
    ) throws -> any Service {
        let servesOrigin = roles.contains(.origin)
        let name = servesOrigin ? "origin" : "keys"
        let router = makeRouter(name)
        let servesKeys = roles.contains(.keys) && configuration.listenKeys == nil
        if servesKeys {
            keyRoutes.add(to: router)
            exchangeRoutes(roles.contains(.origin) ? "origin" : "keys", keyBase).add(to: router)
        }
        extraRoutes(router)
        if servesOrigin {
            let origin = OriginService(
                catalog: installation.catalog, storage: installation.storage, unwrapper: installation.unwrapper,
                keyBaseURL: { keyBase.current }, tickets: keyService)
            OriginRoutes(service: origin, executor: executor).add(to: router)
        }
        let responder = servesKeys ? keyRoutes.fastResponder(sharing: sharing) : nil
        return try listener(name, configuration.listenOrigin, router, responder) {
            if servesKeys { keyBase.learn($0) }
            if servesOrigin { originBase.learn($0) }
        }
    }

    private var sharing: CrossOriginPolicy { CrossOriginPolicy(allowedOrigins: configuration.corsOrigins) }

    private func makeKeyService() -> KeyDeliveryService {
        KeyDeliveryService(
            catalog: installation.catalog, cache: KeyLookupCache(watch: installation.watch),
            unwrapper: installation.unwrapper, verifier: installation.verifier,
            revocations: installation.revocations, tickets: installation.tickets,
            limits: RateLimits(
                address: configuration.limits.address, subject: configuration.limits.subject,
                key: configuration.limits.key))
    }

    private func makeKeyRoutes(_ delivery: KeyDeliveryService, _ licences: LicenceServers) -> KeyServiceRoutes {
        KeyServiceRoutes(
            service: delivery, licences: LicenceService(delivery: delivery, servers: licences.servers),
            certificate: licences.certificate)
    }

    /// What encryptors are answered by.
    ///
    /// - Parameter listener: a proxy that is trusted is also trusted to speak TLS with clients.
    private func exchangeRoutes(_ listener: String, _ keyBase: KeyBaseURL) -> CPIXRoutes {
        CPIXRoutes(
            service: EncryptorService(
                catalog: installation.catalog, material: installation.keyMaterial, unwrapper: installation.unwrapper,
                systems: ServedProtectionSystems(keyBaseURL: { keyBase.current })),
            authentication: EncryptorAuthentication(catalog: installation.catalog),
            agent: "keyway/\(Version.text)",
            isProtected: configuration.tls[listener] != nil || !configuration.trustedProxies.isEmpty)
    }

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

    private func makeRouter(_ listener: String) -> Router<ServiceRequestContext> {
        let router = emptyRouter(listener)
        router.addMiddleware {
            CrossOriginMiddleware(policy: sharing, allowedMethods: [.get, .head, .post, .options])
            ProblemMiddleware()
            ClientAddressMiddleware(rule: clients)
        }
        return router
    }

    private var clients: ClientAddressRule { ClientAddressRule(trustedProxies: configuration.trustedProxies) }

    private func options(_ name: String, _ responder: (any FastResponder)?) -> ListenerOptions {
        var options = ListenerOptions()
        options.limits.connections = configuration.limits.connections
        options.clients = clients
        options.proxyProtocol = configuration.proxyProtocol.contains(name)
        options.tls = configuration.tls[name].map {
            TLSFiles(certificate: $0.certificate, key: $0.key, clientAuthorities: $0.clientAuthorities)
        }
        options.fastResponder = responder
        options.accessLog = accessLog.map { ListenerAccessLog($0, listener: name) }
        return options
    }

    private func listener(
        _ name: String, _ address: ListenAddress, _ router: Router<ServiceRequestContext>,
        _ responder: (any FastResponder)? = nil, _ onURL: @escaping @Sendable (String) -> Void
    ) throws -> any Service {
        let onListening = onListening
        let options = options(name, responder)
        let scheme = options.tls == nil ? "http" : "https"
        let application = Application(
            router: router,
            server: try options.server(),
            configuration: .init(
                address: .hostname(address.host, port: address.port), serverName: nil,
                availableConnectionsDelegate: .maximum(options.limits.connections, logger: logger)),
            onServerRunning: { channel in
                var bound = address
                bound.port = channel.localAddress?.port ?? address.port
                let url = "\(scheme)://\(bound)"
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
