import Adapters
import AdminHTTP
import Administration
import AssetFiles
import Foundation
import HTTPSurface
import HTTPTypes
import Hummingbird
import KeyDelivery
import KeyExchange
import KeyServer
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
        for check in try await configuration.checks.declare(in: installation.catalog) {
            logger.error(
                "originals wait: every program on this data folder puts them to a check that is not configured here",
                metadata: [
                    "check": "\(check)",
                    "remedy": "set checks.\(check), or to off, which ends the check for all programs",
                ])
        }
        let executor = MediaExecutor(threadCount: max(2, ProcessInfo.processInfo.activeProcessorCount))
        let server = KeyServer(
            installation: installation, configuration: configuration, logger: logger, onListening: onListening,
            accessLog: accessLog)
        do {
            try await server.run(onStart: onStart) { keyService, keyRoutes in
                try services(server, keyService, keyRoutes, executor)
            }
        } catch {
            try? await executor.shutDown()
            throw error
        }
        try await executor.shutDown()
    }

    /// What the roles ask for.
    private func services(
        _ server: KeyServer, _ keyService: KeyDeliveryService, _ keyRoutes: KeyServiceRoutes, _ executor: MediaExecutor
    ) throws -> [any Service] {
        let keyBase = KeyBaseURL(configured: configuration.keysURL)
        let originBase = KeyBaseURL(configured: nil)
        originBase.learn("http://\(configuration.listenOrigin)")
        var services: [any Service] = []
        let uploads = installation.makeUploads(configuration)
        let sharesListener = roles.contains(.keys) && configuration.listenKeys == nil
        if roles.contains(.origin) {
            let routes = sharesListener ? keyRoutes : nil
            services.append(try originListener(server, keyService, routes, keyBase, originBase, executor, uploads))
        } else if sharesListener {
            services.append(try server.keyListener("keys", configuration.listenOrigin, keyRoutes, keyBase))
        }
        if roles.contains(.keys), let address = configuration.listenKeys {
            services.append(try server.keyListener("keys", address, keyRoutes, keyBase))
        }
        if roles.contains(.keys) { services += try server.originsListener(keyService) }
        if roles.contains(.admin) {
            let packages = packages(keyBase, executor)
            let examinations = ExaminationDesk(dataFolder: installation.dataFolder, configuration: configuration)
            services.append(
                try server.adminListener(
                    packages: packages, addresses: { $0.addresses(endpoint: originBase.current) },
                    sas: installation.makeSASIssuer(limit: configuration.sasLocators, base: { originBase.current }),
                    diagnose: examinations.diagnose,
                    playback: { (origin: originBase.current, keys: keyBase.current) }
                ) { router, authentication in
                    UploadRoutes(uploads: uploads, authentication: authentication).add(to: router)
                    DownloadRoutes(uploads: uploads, authentication: authentication).add(to: router)
                    PosterRoutes(uploads: uploads, authentication: authentication).add(to: router)
                    PackageRoutes(packages: packages, authentication: authentication).add(to: router)
                })
            // Services end in the order that is the reverse of this one: what a listener waits for ends before it.
            services.append(examinations)
            services.append(UploadHousekeeping(uploads: uploads, logger: logger))
        }
        if roles.contains(.worker) {
            services.append(
                WorkerService(
                    queue: try installation.makeJobQueue(
                        configuration.storage, logger: logger, configuration: configuration, isServer: true)))
        }
        return services
    }

    private func packages(_ keyBase: KeyBaseURL, _ executor: MediaExecutor) -> PackageDesk {
        PackageDesk(
            catalog: installation.catalog, keysURL: { keyBase.current }, isConfigured: configuration.keysURL != nil,
            executor: executor,
            makeOrigin: {
                OriginService(
                    catalog: installation.catalog, watch: installation.watch, storage: installation.storage,
                    unwrapper: installation.unwrapper, keyBaseURL: $0,
                    verifiesReads: configuration.storage.verifiesReads)
            })
    }

    /// - Parameter keyRoutes: nil when keys have a listener of their own, or none.
    private func originListener(
        _ server: KeyServer, _ keyService: KeyDeliveryService, _ keyRoutes: KeyServiceRoutes?, _ keyBase: KeyBaseURL,
        _ originBase: KeyBaseURL, _ executor: MediaExecutor, _ uploads: UploadService
    ) throws -> any Service {
        let origin = OriginService(
            catalog: installation.catalog, watch: installation.watch, storage: installation.storage,
            unwrapper: installation.unwrapper, keyBaseURL: { keyBase.current }, tickets: keyService,
            verifiesReads: configuration.storage.verifiesReads)
        let routes = OriginRoutes(service: origin, executor: executor, endpoints: installation.makeEndpoints())
        let router = server.makeRouter("origin", sharedOtherwise: { await routes.sharing(for: $0) })
        if let keyRoutes {
            keyRoutes.add(to: router)
            server.exchangeRoutes("origin", keyBase).add(to: router)
        }
        extraRoutes(router)
        let issuer = installation.makeSASIssuer(limit: configuration.sasLocators, base: { originBase.current })
        SASRoutes(
            service: SASService(assets: installation.storedAssets, uploads: uploads, issuer: issuer), executor: executor
        ).add(to: router)
        routes.add(to: router)
        let responder = routes.fastResponder(
            sharing: server.sharing, memory: SegmentMemory(capacity: configuration.segmentMemory << 20),
            logger: server.logger, otherwise: keyRoutes?.fastResponder(sharing: server.sharing, logger: server.logger))
        return try server.listener("origin", configuration.listenOrigin, router, responder) {
            if keyRoutes != nil { keyBase.learn($0) }
            originBase.learn($0)
        }
    }
}
