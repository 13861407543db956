public import Catalog
public import EncoderProtocol
import Foundation
public import Logging
import MediaStorage

/// Runs queued jobs of a data folder, one at a time, in the one process that holds the worker lock.
public struct JobQueue: Sendable {
    /// A job that a worker died with is tried so often in all.
    static let maximumAttempts = 3
    private static let pollInterval = Duration.milliseconds(250)

    private let worker: EncodingWorker
    private let lockPath: String
    private let logger: Logger

    public init(worker: EncodingWorker, lockPath: String, logger: Logger) {
        self.worker = worker
        self.lockPath = lockPath
        self.logger = logger
    }

    private var catalog: any CatalogEngine { worker.environment.catalog }

    /// Works until the task is cancelled. The job under way is then queued again.
    public func run() async {
        while !Task.isCancelled {
            do {
                if let lock = try WorkerLock.take(path: lockPath) { try await work(holding: lock) }
            } catch  where Task.isCancelled {
                return
            } catch {
                logger.error("the worker stumbled and goes on", metadata: ["cause": "\(error)"])
            }
            try? await Task.sleep(for: Self.pollInterval)
        }
    }

    /// Recovers, then runs jobs until the task is cancelled.
    private func work(holding lock: WorkerLock) async throws {
        defer { withExtendedLifetime(lock) {} }
        try await recover()
        while true {
            try Task.checkCancellation()
            if try await !runNext(onEvent: { _, _ in }) { try await Task.sleep(for: Self.pollInterval) }
        }
    }

    /// Waits until a job has ended. While no other process works, this one does.
    ///
    /// - Parameter onEvent: what the encoder says, or, when another process works, progress from the catalog.
    public func waitForEnd(
        of id: JobID, onEvent: @escaping @Sendable (EncoderEvent) -> Void
    ) async throws -> JobRecord {
        while true {
            try Task.checkCancellation()
            guard let job = try await catalog.job(id) else {
                throw CatalogError(.missing, "there is no job \(id)")
            }
            if job.state.isFinal { return job }
            if let lock = try WorkerLock.take(path: lockPath) {
                defer { withExtendedLifetime(lock) {} }
                try await recover()
                _ = try await runNext { running, event in if running == id { onEvent(event) } }
            } else {
                onEvent(.progress(fraction: job.progress, seconds: 0, speed: 0))
                try await Task.sleep(for: Self.pollInterval)
            }
        }
    }

    /// Takes the next job, if there is one, and runs it.
    private func runNext(onEvent: @escaping @Sendable (JobID, EncoderEvent) -> Void) async throws -> Bool {
        guard let job = try await catalog.takeNextJob(at: Date()) else { return false }
        let ended = try await worker.run(job) { onEvent(job.id, $0) }
        if ended.state == .error {
            logger.warning(
                "job failed",
                metadata: [
                    "job": "\(job.id)", "code": "\(ended.errorCode ?? "")", "cause": "\(ended.errorMessage ?? "")",
                ])
        }
        return true
    }

    /// What a worker that died has left: its jobs are queued again, or given up; its files are removed.
    func recover() async throws {
        for job in try await catalog.jobs(limit: 10_000) where job.state == .processing {
            try await catalog.apply([.updateJob(Self.recovered(job, at: Date()))])
        }
        let known = try await knownVersions()
        try worker.environment.storage.removeLeftovers { asset, version in known[asset]?.contains(version) ?? false }
    }

    /// The state of a job whose worker died.
    static func recovered(_ job: JobRecord, at now: Date) -> JobRecord {
        var job = job
        job.progress = 0
        if job.attempt < maximumAttempts {
            job.state = .queued
            return job
        }
        job.state = .error
        job.errorCode = JobFailure.Code.workerLost.rawValue
        job.errorMessage = "\(job.input): the worker died with it \(job.attempt) times"
        job.ended = now
        return job
    }

    private func knownVersions() async throws -> [String: Set<Int>] {
        var known: [String: Set<Int>] = [:]
        var page = Page(limit: 1000)
        while true {
            let assets = try await catalog.assets(page)
            for asset in assets {
                // Newer ones than the one that is served, too: it may have been rolled back.
                let numbers = try await catalog.assetVersions(asset: asset.name)
                if !numbers.isEmpty { known[asset.name] = Set(numbers) }
            }
            guard let last = assets.last else { return known }
            page.after = last.name
        }
    }
}
