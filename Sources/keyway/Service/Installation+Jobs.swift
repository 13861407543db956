import Adapters
import Administration
import Catalog
import ContentKeys
import EncoderProtocol
import Foundation
import Jobs
import KeyServer
import Logging
import Origin

extension Installation {
    /// The queue of this data folder, with the encoder program that lies beside this one.
    ///
    /// - Parameters:
    ///   - configuration: nil for what a command does by itself.
    ///   - checks: what inputs are put to, where there is no configuration.
    ///   - isServer: whether it works for as long as it runs, and not for one job.
    func makeJobQueue(
        _ storage: StorageSettings, logger: Logger, configuration: ServiceConfiguration? = nil,
        checks: CheckSettings? = nil, encoders: Int? = nil, isServer: Bool = false
    ) throws -> JobQueue {
        let publication = Publication(catalog: catalog, makeKey: contentKeyMaker, actor: Self.workerActor)
        let jobs = configuration?.jobs
        let worker = EncodingWorker(
            EncodingWorker.Environment(
                catalog: catalog, storage: self.storage, unwrapper: unwrapper, encoder: Self.encoderPath,
                limits: EncodingLimits(encoder: EncoderLimits(standstill: jobs?.standstill ?? 300)),
                isStorageEncrypted: storage.isEncrypted,
                pieces: try PieceShelf(root: dataFolder + "/pieces"),
                makeStorageKey: { try makeContentKey(.storage, keyID: .random(), name: nil) },
                changesForNewVersion: { try await publication.allocateNumbersForNewVersion($0) }))
        return JobQueue(
            worker: worker,
            steps: makeSteps(
                publication,
                ChecksStep(
                    checks: (configuration?.checks ?? checks).map(makeChecks), catalog: catalog, isServer: isServer),
                configuration.map(makePackageStep)),
            notifier: Notifier(
                catalog: catalog, secret: { try withSecret(named: $0, $1) }, logger: logger),
            settings: JobQueueSettings(
                encoders: encoders ?? jobs?.encoders ?? 1, retries: RetryRule(lost: jobs?.attempts ?? 3),
                retention: jobs?.retention),
            lockPath: dataFolder + "/worker.lock", logger: logger)
    }

    /// Who acts for jobs, in the audit log.
    private static let workerActor = "worker"

    private func makeSteps(
        _ publication: Publication, _ checks: ChecksStep, _ package: PackageStep?
    ) -> PipelineSteps {
        // What it reads is read once for each task; nothing is kept.
        let origin = OriginService(
            catalog: catalog, watch: CatalogWatch(catalog: catalog), storage: storage, unwrapper: unwrapper,
            keyBaseURL: { "" })
        let verify = VerifyStep(
            catalog: catalog, publication: publication, origin: origin,
            verifier: SegmentVerifier(encoder: Self.encoderPath))
        let publish = PublishStep(catalog: catalog, publication: publication)
        let prewarm = PrewarmStep(origin: origin)
        let packaging: PipelineSteps.Step? = if let package { { try await package.run($0) } } else { nil }
        return PipelineSteps(
            verify: { try await verify.run($0) }, publish: { try await publish.run($0) },
            package: packaging,
            prewarm: { try await prewarm.run($0) },
            check: { try await checks.run($0) }, canCheck: { try await checks.canRun() })
    }

    private func makePackageStep(_ configuration: ServiceConfiguration) -> PackageStep {
        let keysURL = configuration.keysURL ?? "http://\(configuration.listenOrigin)"
        let desk = PackageDesk(
            catalog: catalog, keysURL: { keysURL }, isConfigured: configuration.keysURL != nil,
            makeOrigin: {
                OriginService(
                    catalog: catalog, watch: CatalogWatch(catalog: catalog), storage: storage, unwrapper: unwrapper,
                    keyBaseURL: $0)
            })
        return PackageStep(
            desk: desk, destination: PackageDestinationRule(folders: configuration.jobs.packages),
            secret: { name in
                let text = try withSecret(named: name) { String(decoding: $0, as: UTF8.self) }
                guard text == nil, try await catalog.secret(named: name) != nil else { return text }
                throw JobFailure(
                    .keysAway, "the secret '\(name)' cannot be opened: its key-encryption key is out of reach")
            })
    }

    /// `keyway-encoder` in the folder of the running program.
    static var encoderPath: String {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "keyway"
        return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("keyway-encoder").path
    }
}
