package import Adapters
import AdminHTTP
package import Administration
package import AssetFiles
import Foundation
package import HTTPSurface
package import Hummingbird
package import KeyDelivery
import KeyExchange
package import KeyServiceHTTP
package import Logging
import Policies
package import ServiceLifecycle
import UnixSignals
import WebConsole

/// What every server of this service is put together from: the routes of keys and of administration, listeners, and what
/// goes on beside them. Knows nothing of media, so that a program can serve keys alone.
package struct KeyServer: Sendable {
    package var installation: Installation
    package var configuration: ServiceConfiguration
    package var logger: Logger
    /// Nil when requests are not logged.
    package var accessLog: AccessLog?
    /// Of operators, who are refused by it and counted.
    private let authentication: AdminAuthentication
    /// Listeners, as all programs of this service have them.
    let shared: ServiceListeners

    package init(
        installation: Installation, configuration: ServiceConfiguration, logger: Logger,
        onListening: @escaping @Sendable (String, String) -> Void, accessLog: AccessLog?
    ) {
        self.installation = installation
        self.configuration = configuration
        self.logger = logger
        self.accessLog = accessLog
        authentication = AdminAuthentication(catalog: installation.catalog)
        shared = ServiceListeners(
            configuration: configuration.listeners, logger: logger, onListening: onListening, accessLog: accessLog)
    }

    /// Runs listeners and what belongs to them until SIGTERM, SIGINT or until it is stopped; requests under way are finished.
    ///
    /// - Parameters:
    ///   - listeners: makes them, with the key service and its routes.
    ///   - onStart: is given what stops the server.
    package func run(
        onStart: @Sendable (_ stop: @escaping @Sendable () async -> Void) -> Void = { _ in },
        listeners: (KeyDeliveryService, KeyServiceRoutes) throws -> [any Service]
    ) async throws {
        let licences = try installation.makeLicenceServers(configuration.licences, logger: logger)
        do {
            try await installation.prepareTickets()
            let keyService = makeKeyService()
            let group = group(keyService, try listeners(keyService, makeKeyRoutes(keyService, licences)))
            onStart { await group.triggerGracefulShutdown() }
            try await group.run()
        } catch {
            await licences.shutDown()
            throw error
        }
        await licences.shutDown()
        accessLog?.flush()
    }

    private func group(_ keyService: KeyDeliveryService, _ listeners: [any Service]) -> ServiceGroup {
        let signer = AuditSigner(catalog: installation.catalog, material: installation.auditKeyMaterial)
        let before: [any Service] = [
            AuditService(
                catalog: installation.catalog, signer: signer,
                schedule: AuditSchedule(retention: configuration.auditRetention), logger: logger),
            WatchService(watch: installation.watch),
            LimitedRequestsService(keys: keyService, admin: authentication),
        ]
        let after: [any Service] = [
            OperationService(operations: installation.operations),
            KEKService(keks: installation.keks, logger: logger),
            KeySetService(catalog: installation.catalog, keySets: installation.keySets, logger: logger),
            KeyHousekeeping(
                operations: installation.keyOperations, catalog: installation.catalog, logger: logger),
        ]
        return ServiceGroup(
            configuration: .init(
                services: (before + listeners + after).map {
                    .init(service: $0, failureTerminationBehavior: .gracefullyShutdownGroup)
                },
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
    }

    /// The listener of keys.
    package func keyListener(
        _ name: String, _ address: ListenAddress, _ routes: KeyServiceRoutes, _ keyBase: KeyBaseURL
    ) throws -> any Service {
        let router = makeRouter(name)
        routes.add(to: router)
        routes.addBare(to: router)
        exchangeRoutes(name, keyBase).add(to: router)
        return try listener(name, address, router, routes.fastResponder(sharing: sharing, logger: logger)) {
            keyBase.learn($0)
        }
    }

    /// The listener of administration. It shares nothing with pages of other origins, so it has no cross-origin answers.
    ///
    /// - Parameters:
    ///   - packages: makes packages; nil where there is no origin.
    ///   - addresses: the URLs of a published asset; none where there is no origin.
    ///   - diagnose: examines this machine; nil where nobody does.
    ///   - playback: the base URLs of this server's own origin and key service, for the console's player.
    package func adminListener(
        packages: (any PackageExport)? = nil,
        addresses: @escaping @Sendable (PublishedAsset) -> AssetAddresses = { _ in .none }, sas: SASIssuer? = nil,
        diagnose: Diagnostician? = nil,
        playback: @escaping @Sendable () -> (origin: String, keys: String)? = { nil },
        addingRoutes: (Router<ServiceRequestContext>, AdminAuthentication) -> Void = { _, _ in }
    ) throws -> any Service {
        let router = shared.makeUnsharedRouter("admin")
        if configuration.tls["admin"] == nil, !LoopbackHost.contains(configuration.listenAdmin.host) {
            logger.warning(
                "the admin listener is reached from elsewhere without TLS: tokens can be read on the way",
                metadata: [
                    "listen.admin": "\(configuration.listenAdmin)",
                    "remedy": "set tls.admin.certificate and tls.admin.key, or listen on 127.0.0.1 only",
                ])
        }
        let backups = installation.makeBackupMaker(
            folder: configuration.backupsFolder, program: Version.text, configuration: configuration.fieldsSet)
        if let obstacle = configuration.backupsObstacle {
            logger.warning("\(obstacle.text)", metadata: ["remedy": "\(obstacle.action)"])
        }
        addingRoutes(router, authentication)
        ConsoleRoutes(playback: { [catalog = installation.catalog] in
            await ConsolePlayback(catalog, playback())
        }).add(to: router)
        HealthRoutes(
            catalog: installation.catalog, metrics: ServiceMetrics.registry,
            missingKEKs: { [keks = installation.keks] in keks.missing }
        ).add(to: router)
        try AdminAPI(
            authentication: authentication, version: Version.text,
            isEncrypted: configuration.tls["admin"] != nil, catalog: installation.catalog,
            operations: installation.operations,
            interface: { [installation, configuration] identity in
                installation.makeOperator(
                    actor: identity.name, role: identity.role,
                    inputs: JobInputRule(below: configuration.jobs.inputs), addresses: addresses,
                    sas: sas, packages: packages, backups: backups, diagnose: diagnose)
            }
        ).add(to: router)
        return try listener("admin", configuration.listenAdmin, router) { _ in }
    }

    package var sharing: CrossOriginPolicy { shared.sharing }

    /// The use case of key delivery: one for all that serve keys or give tickets.
    package func makeKeyService() -> KeyDeliveryService {
        KeyDeliveryService(
            catalog: installation.catalog, cache: KeyLookupCache(watch: installation.watch),
            unwrapper: installation.unwrapper, verifier: installation.verifier,
            revocations: installation.revocations, tickets: installation.tickets,
            limits: RateLimits(
                address: configuration.limits.address, subject: configuration.limits.subject,
                key: configuration.limits.key))
    }

    package func makeKeyRoutes(_ delivery: KeyDeliveryService, _ licences: LicenceServers) -> KeyServiceRoutes {
        KeyServiceRoutes(
            service: delivery, licences: LicenceService(delivery: delivery, servers: licences.servers),
            certificate: licences.certificate)
    }

    /// What encryptors are answered by.
    package func exchangeRoutes(_ listener: String, _ keyBase: KeyBaseURL) -> CPIXRoutes {
        CPIXRoutes(
            service: EncryptorService(
                catalog: installation.catalog, material: installation.keyMaterial, unwrapper: installation.unwrapper,
                systems: ServedProtectionSystems(keyBaseURL: { keyBase.current })),
            authentication: EncryptorAuthentication(catalog: installation.catalog),
            agent: "keyway/\(Version.text)",
            isEncrypted: configuration.tls[listener] != nil)
    }

    /// A router for players and encryptors.
    ///
    /// - Parameter exception: what is shared of answers that are shared otherwise than the configuration says.
    package func makeRouter(
        _ listener: String, sharedOtherwise exception: CrossOriginMiddleware.Exception? = nil
    ) -> Router<ServiceRequestContext> {
        shared.makeRouter(listener, sharedOtherwise: exception)
    }

    /// One listener.
    ///
    /// - Parameter onURL: is given its base URL once it accepts.
    package func listener(
        _ name: String, _ address: ListenAddress, _ router: Router<ServiceRequestContext>,
        _ responder: (any FastResponder)? = nil, _ onURL: @escaping @Sendable (String) -> Void
    ) throws -> any Service {
        try shared.listener(name, address, router, responder, onURL)
    }
}
