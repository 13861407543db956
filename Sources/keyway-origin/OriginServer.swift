import Foundation
import HTTPSurface
import Hummingbird
import Logging
import Origin
import OriginAdapters
import OriginHTTP
import OriginKeys
import ServiceLifecycle
import Serving
import Settings
import Synchronization
import UnixSignals

/// The composition root of an origin that runs alone.
struct OriginServer {
    let installation: OriginInstallation
    let configuration: OriginConfiguration
    let logger: Logger

    /// In seconds: for how long a key is used before `RemoteKeys` is asked again, which costs nothing where it is held. What the
    /// key service takes back ends within this time.
    private static let keyLifetime: TimeInterval = 0.5

    /// Asks the key service who it is before anything is served.
    ///
    /// - Throws: `CommandFailure` for what waiting does not mend. A key service that is away may come.
    func greet() async throws {
        let service = configuration.keyService.address.url
        switch await installation.keys.greet() {
        case .welcome: return
        case .away(let reason):
            logger.warning(
                "the key service does not answer; streams are answered with 503 until it does",
                metadata: ["url": "\(service)", "cause": "\(reason)"])
        case .untrusted(let reason):
            throw CommandFailure(
                .unavailable,
                "the key service at \(service) \(reason); keyService.caFile is to hold the authority of its certificate, "
                    + "which names the host, and its tls.origins.clientAuthorities that of '\(configuration.keyService.certificate)'"
            )
        case .notEnrolled:
            throw CommandFailure(
                .notPermitted,
                "the key service at \(service) gives this origin nothing; enrol its certificate (SHA-256 "
                    + "\(installation.fingerprint)) there: keyway origin create NAME --certificate "
                    + "\(configuration.keyService.certificate)")
        case .unreadable(let reason):
            throw CommandFailure(.unavailable, "the key service at \(service) answered \(reason)")
        }
    }

    /// Runs until SIGTERM or SIGINT; requests under way are finished.
    func run() async throws {
        let executor = MediaExecutor(threadCount: max(2, ProcessInfo.processInfo.activeProcessorCount))
        let accessLog = configuration.accessLog == .json ? AccessLog() : nil
        do {
            let listeners = ServiceListeners(
                configuration: configuration.listeners, logger: logger,
                onListening: { Terminal.print("listening \($0) \($1)") }, accessLog: accessLog)
            let secrets = configuration.urlSecrets.map { [logger] path in
                URLSecretFolder(path: path) { logger.error("\($0)") }
            }
            let services: [any Service] =
                [
                    WatchService(watch: installation.watch),
                    KeyHolding(keys: installation.keys, logger: logger),
                    try originListener(listeners, executor, secrets),
                    try adminListener(listeners),
                ] + (secrets.map { [URLSecretWatch(folder: $0)] } ?? [])
            try await ServiceGroup(
                configuration: .init(
                    services: services.map {
                        .init(service: $0, failureTerminationBehavior: .gracefullyShutdownGroup)
                    },
                    gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
            ).run()
        } catch {
            try? await executor.shutDown()
            throw error
        }
        try await executor.shutDown()
        accessLog?.flush()
    }

    /// The named secrets of the catalog are wrapped under the KEK, which is not here: those that sign URLs are in a folder.
    private func makeEndpoints(_ secrets: URLSecretFolder?) -> StreamingEndpoints {
        StreamingEndpoints(
            catalog: installation.catalog, watch: installation.watch,
            secrets: { [untold = UntoldSecrets(logger: logger)] name, body in
                guard let secrets else { return untold.tell(name) }
                return secrets.withSecret(named: name, body)
            }, revision: { secrets?.revision ?? 0 })
    }

    private func originListener(
        _ listeners: ServiceListeners, _ executor: MediaExecutor, _ secrets: URLSecretFolder?
    ) throws -> any Service {
        let keysURL = configuration.keysURL
        let origin = OriginService(
            catalog: installation.catalog, watch: installation.watch, storage: installation.storage,
            unwrapper: installation.keys, keyLifetime: Self.keyLifetime, keyBaseURL: { keysURL },
            tickets: installation.keys, verifiesReads: configuration.verifiesReads)
        let endpoints = makeEndpoints(secrets)
        let routes = OriginRoutes(service: origin, executor: executor, endpoints: endpoints)
        let router = listeners.makeRouter("origin", sharedOtherwise: { await routes.sharing(for: $0) })
        routes.add(to: router)
        Self.refuseSAS(router)
        let responder = routes.fastResponder(
            sharing: listeners.sharing, memory: SegmentMemory(capacity: configuration.segmentMemory << 20),
            logger: logger)
        return try listeners.listener("origin", configuration.listenOrigin, router, responder) { _ in }
    }

    /// A SAS URL reaches originals, whose keys are not given to origins, and may write, which needs the catalog.
    private static func refuseSAS(_ router: Router<ServiceRequestContext>) {
        for method in [HTTPRequest.Method.get, .head, .put, .delete] {
            router.on("sas/**", method: method) { _, _ -> Response in
                throw Problem(
                    .notImplemented, code: "sasElsewhere",
                    detail: "SAS URLs are answered by 'keyway serve': an origin that runs alone has no originals.")
            }
        }
    }

    private func adminListener(_ listeners: ServiceListeners) throws -> any Service {
        let router = listeners.makeUnsharedRouter("admin")
        OriginHealthRoutes(catalog: installation.catalog, keys: installation.keys).add(to: router)
        return try listeners.listener("admin", configuration.listenAdmin, router) { _ in }
    }
}

/// Keeps what is held confirmed, and tells when the key service goes and comes.
private struct KeyHolding: Service {
    let keys: RemoteKeys
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await keys.keep { [logger] state, words in
                switch state {
                case .up: logger.notice("the key service answers")
                case .away(let held):
                    logger.error(
                        "the key service does not answer; streams whose keys are held go on",
                        metadata: ["cause": "\(words)", "held": "\(held)"])
                case .closed:
                    logger.critical(
                        "the key service gives this origin nothing any more: it is revoked, or not enrolled there",
                        metadata: ["cause": "\(words)"])
                }
            }
        }
    }
}

/// Reads the secrets that sign URLs again when they change.
private struct URLSecretWatch: Service {
    let folder: URLSecretFolder

    func run() async throws {
        await cancelWhenGracefulShutdown { await folder.run() }
    }
}

/// Says once that an endpoint asks for signatures, and that no folder has secrets.
private final class UntoldSecrets: Sendable {
    private let logger: Logger
    private let isTold = Atomic(false)

    init(logger: Logger) {
        self.logger = logger
    }

    func tell(_ name: String) -> Bool? {
        if !isTold.exchange(true, ordering: .relaxed) {
            logger.error(
                "urlSecrets is not set: an endpoint that asks for signed URLs lets nobody in",
                metadata: ["secret": "\(name)"])
        }
        return nil
    }
}
