public import Catalog
import ContentKeys
public import EncoderProtocol
import Foundation
import Logging
public import MediaStorage
public import Policies
import Subprocess

/// Runs one encoding job from its input to an asset version, or to an error that leaves nothing behind.
///
/// Order: the child writes through encryption into a staging folder; the folder becomes the version by one rename; one
/// catalog transaction makes it known. A crash before the rename leaves a staging folder, a crash after it a folder that
/// the catalog does not know: neither is ever served, and the next worker removes both.
public struct EncodingWorker: Sendable {
    /// What the composition root gives.
    public struct Environment: Sendable {
        public var catalog: any CatalogEngine
        public var storage: any MediaStorage
        public var unwrapper: any KeyUnwrapper
        /// Path of the program `keyway-encoder`.
        public var encoder: String
        public var limits: EncodingLimits
        /// A new storage key, wrapped.
        public var makeStorageKey: @Sendable () async throws -> ContentKeyRecord
        /// Whether media is encrypted in storage, unless a job says otherwise.
        public var isStorageEncrypted: Bool
        /// What a new version of a published asset needs besides.
        public var changesForNewVersion: @Sendable (AssetVersionRecord) async throws -> [CatalogChange]

        public init(
            catalog: any CatalogEngine, storage: any MediaStorage, unwrapper: any KeyUnwrapper, encoder: String,
            limits: EncodingLimits, isStorageEncrypted: Bool = true,
            makeStorageKey: @escaping @Sendable () async throws -> ContentKeyRecord,
            changesForNewVersion: @escaping @Sendable (AssetVersionRecord) async throws -> [CatalogChange]
        ) {
            self.catalog = catalog
            self.storage = storage
            self.unwrapper = unwrapper
            self.encoder = encoder
            self.limits = limits
            self.isStorageEncrypted = isStorageEncrypted
            self.makeStorageKey = makeStorageKey
            self.changesForNewVersion = changesForNewVersion
        }
    }

    let environment: Environment

    public init(_ environment: Environment) {
        self.environment = environment
    }

    /// Runs a job that was taken, and records how it ended.
    ///
    /// - Returns: the job in its final state.
    /// - Throws: `CancellationError`, with the job queued again; `CatalogError` when the end cannot be recorded.
    public func run(
        _ job: JobRecord, onEvent: @escaping @Sendable (EncoderEvent) -> Void
    ) async throws -> JobRecord {
        var job = job
        do {
            return try await encode(job, onEvent)
        } catch  where Task.isCancelled {
            job.state = .queued
            job.progress = 0
            // The task is cancelled, and the record must be written all the same.
            let record = job
            try? await Task.detached { try await environment.catalog.apply([.updateJob(record)]) }.value
            throw CancellationError()
        } catch {
            let failure = Self.failure(error)
            job.state = .error
            job.errorCode = failure.code
            // Of several inputs the message itself says which.
            job.errorMessage =
                job.inputs.count == 1 ? "\(job.inputs[0].prefix { $0 != "\t" }): \(failure.message)" : failure.message
            job.ended = Date()
            try await environment.catalog.apply([.updateJob(job)])
            return job
        }
    }

    private static func failure(_ error: any Error) -> JobFailure {
        switch error {
        case let failure as JobFailure: failure
        case let error as MediaStorageError: JobFailure(.storageFailed, error.description)
        case let error as CatalogError where error.code == .exists: JobFailure(.assetExists, error.reason)
        case let error as CatalogError: JobFailure(.catalogFailed, error.reason)
        default: JobFailure(.encoderCrashed, "\(error)")
        }
    }

    private func encode(
        _ job: JobRecord, _ onEvent: @escaping @Sendable (EncoderEvent) -> Void
    ) async throws -> JobRecord {
        let target = try await EncodingTarget(asset: job.asset, environment)
        let key =
            job.isStorageEncrypted ?? environment.isStorageEncrypted
            ? try await environment.unwrapper.unwrap(target.storageKey.wrapped, for: .storage) : nil
        let staged = try environment.storage.stage()
        defer { staged.discard() }
        let recorder = ProgressRecorder(job: job, catalog: environment.catalog)
        let reception = EncodingReception(
            staged: staged, key: key, nonces: target.nonces, outputLimit: environment.limits.output
        ) { event in
            onEvent(event)
            try await recorder.record(event)
        }
        let child = EncoderChild(executable: environment.encoder, limits: environment.limits)
        let inputs = try await JobInputs(job.inputs, environment)
        let outcome = try await child.run(preset: job.preset, inputs: inputs.arguments, reception)
        withExtendedLifetime(inputs) {}
        if let failure = await reception.failure { throw failure }
        guard await reception.isFinished, outcome.status.isSuccess else {
            throw JobFailure(.encoderCrashed, "the encoder ended early (\(outcome.status))")
        }
        let version = AssetVersionRecord(
            asset: job.asset, number: target.version, created: Date(), job: job.id, tracks: try await reception.tracks()
        )
        try staged.commit(asset: job.asset, version: target.version)
        return try await publish(version, target, job, warnings: await reception.warnings)
    }

    /// Makes the version known, in one transaction with the job's end.
    private func publish(
        _ version: AssetVersionRecord, _ target: EncodingTarget, _ job: JobRecord, warnings: [String]
    ) async throws -> JobRecord {
        var job = job
        job.state = .finished
        job.progress = 1
        job.ended = Date()
        job.version = version.number
        job.warnings = warnings
        let more = target.isNew ? [] : try await environment.changesForNewVersion(version)
        try await environment.catalog.apply(
            target.changes(at: version.created) + [.insertAssetVersion(version)] + more + [.updateJob(job)])
        return job
    }
}
