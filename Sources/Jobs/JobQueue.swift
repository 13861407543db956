public import Catalog
public import EncoderProtocol
import Foundation
public import Logging
import MediaStorage

/// How a data folder's jobs are worked on.
public struct JobQueueSettings: Sendable, Hashable {
    /// How many encode tasks run at once: the reference's reserved units.
    public var encoders: Int
    /// How many tasks of other kinds run at once.
    public var others: Int
    public var retries: RetryRule
    /// How long jobs that ended are kept, in seconds; nil for ever.
    public var retention: Double?

    public init(encoders: Int = 1, others: Int = 4, retries: RetryRule = RetryRule(), retention: Double? = nil) {
        self.encoders = encoders
        self.others = others
        self.retries = retries
        self.retention = retention
    }
}

/// Runs the tasks of a data folder's jobs in the one process that holds the worker lock.
public struct JobQueue: Sendable {
    static let pollInterval = Duration.milliseconds(250)

    let worker: TaskWorker
    let settings: JobQueueSettings
    let notifier: Notifier?
    private let lockPath: String
    private let logger: Logger

    /// - Parameter notifier: sends messages; nil leaves them for another process.
    public init(
        worker: EncodingWorker, steps: PipelineSteps = .none, notifier: Notifier? = nil,
        settings: JobQueueSettings = JobQueueSettings(), lockPath: String, logger: Logger
    ) {
        self.worker = TaskWorker(encoding: worker, steps: steps)
        self.settings = settings
        self.notifier = notifier
        self.lockPath = lockPath
        self.logger = logger
    }

    var catalog: any CatalogEngine { worker.encoding.environment.catalog }

    /// Works until the task is cancelled. What is under way is then queued again.
    public func run() async {
        while !Task.isCancelled {
            do {
                if let lock = try WorkerLock.take(path: lockPath) {
                    defer { withExtendedLifetime(lock) {} }
                    try await shift(onEvent: { _, _ in }).work()
                }
            } catch  where Task.isCancelled {
                return
            } catch {
                logger.error("the worker stumbled and goes on", metadata: ["cause": "\(error)"])
            }
            try? await Task.sleep(for: Self.pollInterval)
        }
    }

    /// Waits until a job has ended. While no other process works, this one does, unless the job waits for a task that this
    /// program leaves to others.
    ///
    /// - Parameter onEvent: what the encoder says, or, when another process works, progress from the catalog.
    public func waitForEnd(
        of id: JobID, onEvent: @escaping @Sendable (EncoderEvent) -> Void
    ) async throws -> JobRecord {
        var isTold = false
        while true {
            try Task.checkCancellation()
            guard let job = try await catalog.job(id) else {
                throw CatalogError(.missing, "there is no job \(id)")
            }
            if job.state.isFinal { return job }
            if try await isForOthers(id) {
                if !isTold {
                    logger.error(
                        "the job waits for a task that this program is not configured for: start a server that is",
                        metadata: ["job": "\(id)"])
                }
                isTold = true
                try await Task.sleep(for: Self.pollInterval)
            } else if let lock = try WorkerLock.take(path: lockPath) {
                defer { withExtendedLifetime(lock) {} }
                try await shift { running, event in if running == id { onEvent(event) } }.work(until: id)
                await notifier?.sendDue(at: Date())
            } else {
                onEvent(.progress(fraction: job.progress, seconds: 0, speed: 0))
                try await Task.sleep(for: Self.pollInterval)
            }
        }
    }

    /// Whether all that can begin of a job are tasks that this program leaves to another one.
    func isForOthers(_ id: JobID) async throws -> Bool {
        let tasks = try await catalog.tasks(of: id)
        let passed = Set(
            tasks.filter { $0.state == .finished || ($0.state == .error && $0.onError == .proceed) }.map(\.name))
        let ready = tasks.filter {
            ($0.state == .queued || $0.state == .scheduled) && passed.isSuperset(of: $0.dependencies)
        }
        guard !ready.isEmpty, ready.allSatisfy({ $0.kind == .checks || $0.kind == .package }),
            !tasks.contains(where: { $0.state == .processing })
        else { return false }
        let others = try await worker.steps.kindsForOthers()
        return ready.allSatisfy { others.contains($0.kind) }
    }

    private func shift(onEvent: @escaping @Sendable (JobID, EncoderEvent) -> Void) -> WorkerShift {
        WorkerShift(queue: self, logger: logger, onEvent: onEvent)
    }

    /// What a worker that died has left: its tasks are queued again, or given up; its files are removed.
    func recover() async throws {
        for taken in try await catalog.tasksUnderWay() {
            let task = taken.task.abandoned(
                at: Date(), isCanceling: taken.job.isCanceling, input: taken.job.input, settings.retries)
            try await catalog.apply([.pipeline(.updateTask(task))])
        }
        OriginalServer.removeLeftovers()
        try await worker.encoding.environment.pieces?.removeLeftovers(goesOn: goesOn)
        await worker.encoding.environment.leftovers.begin()
        try await removeLeftovers()
    }

    /// Of accounts that were away, too, once they are back.
    func removeLeftovers() async throws {
        for obstacle in try await worker.encoding.environment.leftovers.removeAll() {
            logger.error("what was left in storage stays there", metadata: ["cause": "\(obstacle)"])
        }
    }

    private func goesOn(_ job: JobID) async throws -> Bool {
        try await catalog.job(job).map { !$0.state.isFinal } ?? false
    }

    /// Removes the pieces of jobs that ended while none of their tasks was under way.
    func removePiecesOfEndedJobs() async throws {
        try await worker.encoding.environment.pieces?.removeEnded(goesOn: goesOn)
    }
}
