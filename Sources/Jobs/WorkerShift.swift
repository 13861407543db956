import Catalog
import EncoderProtocol
import Foundation
import Logging

/// The time in which one process holds the worker lock: it takes tasks as there is room for them, ends those whose jobs end,
/// and records what each came to.
struct WorkerShift: Sendable {
    private static let briefInterval = Duration.milliseconds(50)
    private static let housekeepingInterval = Duration.seconds(300)
    /// How soon an account that was away is seen to be back.
    private static let accountInterval = Duration.seconds(10)

    let queue: JobQueue
    let logger: Logger
    let onEvent: @Sendable (JobID, EncoderEvent) -> Void
    private let running = RunningTasks()

    init(queue: JobQueue, logger: Logger, onEvent: @escaping @Sendable (JobID, EncoderEvent) -> Void) {
        self.queue = queue
        self.logger = logger
        self.onEvent = onEvent
    }

    private var catalog: any CatalogEngine { queue.catalog }

    /// Works until a job has ended, or the Swift task is cancelled; what is under way is then queued again.
    func work(until last: JobID? = nil) async throws {
        try await queue.recover()
        // What cannot be recorded ends the shift: the next one begins by recovering what this one left.
        try await withThrowingDiscardingTaskGroup { group in
            if last == nil {
                group.addTask { await keepHouse() }
                group.addTask { await keepAccounts() }
                if let notifier = queue.notifier { group.addTask { await notifier.run() } }
            }
            while !group.isCancelled, try await goesOn(until: last) {
                try Task.checkCancellation()
                try await endStopped()
                let began = try await begin(&group)
                if !began {
                    try await Task.sleep(for: running.isEmpty ? JobQueue.pollInterval : Self.briefInterval)
                }
            }
            running.stopAll()
            group.cancelAll()
        }
    }

    private func goesOn(until last: JobID?) async throws -> Bool {
        guard let last else { return true }
        guard try await catalog.job(last).map({ !$0.state.isFinal }) ?? false else { return false }
        guard running.isEmpty else { return true }
        // Whoever can go on with it needs the lock.
        return try await !queue.isForOthers(last)
    }

    /// Ends the tasks under way whose jobs were canceled, or failed in another task.
    private func endStopped() async throws {
        guard !running.isEmpty else { return }
        for taken in try await catalog.tasksUnderWay() where taken.job.isCanceling || taken.job.errorCode != nil {
            running.cancel(taken.task)
        }
    }

    /// Takes the next task that there is room for; false when there is none.
    private func begin(_ group: inout ThrowingDiscardingTaskGroup<any Error>) async throws -> Bool {
        var kinds: [TaskKind] = []
        let hasPlace = running.takePlace(of: queue.settings.encoders)
        defer { if hasPlace { running.givePlaceBack() } }
        if hasPlace { kinds += TaskKind.allCases.filter(\.needsEncoder) }
        if running.count(encoding: false) < queue.settings.others {
            let others = try await queue.worker.steps.kindsForOthers()
            kinds += TaskKind.allCases.filter { !$0.needsEncoder && !others.contains($0) }
        }
        guard let taken = try await catalog.takeNextTask(of: kinds, at: Date()) else { return false }
        running.add(taken.task)
        let work = Task { try await perform(taken) }
        running.began(taken.task) { work.cancel() }
        group.addTask {
            try await withTaskCancellationHandler {
                try await work.value
            } onCancel: {
                work.cancel()
            }
        }
        return true
    }

    /// Does a task and records how it ended.
    ///
    /// - Throws: `CatalogError` when that cannot be recorded.
    private func perform(_ taken: TakenTask) async throws {
        defer { running.remove(taken.task) }
        var task = taken.task
        do {
            let outcome = try await queue.worker.perform(taken, spareEncoders) { onEvent(taken.job.id, $0) }
            task.state = .finished
            task.progress = 1
            task.ended = Date()
            task.result = outcome.result
            task.notBefore = nil
            task.errorCode = nil
            task.errorClass = nil
            task.errorMessage = nil
            try await applyPatiently(outcome.changes + [.pipeline(.updateTask(task))])
            discardPieces(of: task)
        } catch  where Task.isCancelled || error is PausedTask {
            try await giveUp(taken)
        } catch let error as CatalogError where error.code == .canceled {
            // The job was canceled while the last of the task was done.
            running.cancel(taken.task)
            try await giveUp(taken)
        } catch {
            try await record(JobFailure(meaning: error), of: taken)
        }
    }

    private func record(_ failure: JobFailure, of taken: TakenTask) async throws {
        var told = failure
        if taken.job.inputs.count == 1, taken.task.kind == .encode || taken.task.kind == .probe {
            // Of several inputs the message itself says which.
            told = JobFailure(failure, naming: String(taken.job.inputs[0].prefix { $0 != "\t" }))
        }
        let task = taken.task.failed(told, at: Date(), queue.settings.retries)
        logger.warning(
            task.state == .error ? "task failed" : "task failed and is tried again",
            metadata: [
                "job": "\(taken.job.id)", "task": "\(task.name)", "code": "\(told.code)", "cause": "\(told.message)",
            ])
        try await applyPatiently([.pipeline(.updateTask(task))])
        discardPieces(of: task)
    }

    /// The end of the work of hours is not given up over a lock of another process, which a server waits shortly for.
    private func applyPatiently(_ changes: [CatalogChange]) async throws {
        for _ in 0..<5 {
            do {
                return try await catalog.apply(changes)
            } catch let error as CatalogError where error.code == .unavailable {
                try await Task.sleep(for: .seconds(1))
            }
        }
        try await catalog.apply(changes)
    }

    private var spareEncoders: SpareEncoders {
        SpareEncoders(
            take: { running.takePlace(of: queue.settings.encoders) }, giveBack: { running.givePlaceBack() })
    }

    /// Of a task that has ended: the next start removes what cannot be removed now.
    private func discardPieces(of task: TaskRecord) {
        guard task.kind == .encode, task.state.isFinal else { return }
        try? queue.worker.encoding.environment.pieces?.removePieces(of: task.job)
    }

    /// The Swift task is cancelled, and what is left must be done all the same: what a canceled task made is not kept, while the
    /// asset is still this one's, and then its record is written. A package that was whole stays where it was asked for.
    ///
    /// - Throws: `CatalogError` when it cannot be: the next shift begins by recovering the task.
    private func giveUp(_ taken: TakenTask) async throws {
        let isCanceled = running.isCanceled(taken.task)
        var left = isCanceled ? taken.task : taken.task.givenBack()
        if isCanceled {
            left.state = .canceled
            left.ended = Date()
        }
        let record = left
        do {
            try await Task.detached { [catalog, leftovers = queue.worker.encoding.environment.leftovers] in
                if isCanceled, [.encode, .thumbnails].contains(record.kind) {
                    await leftovers.remove(of: taken.job.asset)
                }
                try await catalog.apply([.pipeline(.updateTask(record))])
            }.value
        } catch let error as CatalogError where error.code == .conflict || error.code == .missing {
            // It has ended already, or the job is gone.
        }
        discardPieces(of: record)
    }

    /// Removes jobs that ended long ago, and pieces that no job waits for.
    private func keepHouse() async {
        while !Task.isCancelled {
            if let retention = queue.settings.retention {
                await keep("jobs that ended long ago were not removed") {
                    let time = Date().addingTimeInterval(-retention)
                    try await catalog.apply([.pipeline(.removeJobs(endedBefore: time))])
                }
            }
            await keep("pieces of jobs that have ended were not removed") { try await queue.removePiecesOfEndedJobs() }
            try? await Task.sleep(for: Self.housekeepingInterval)
        }
    }

    /// Removes what was left in accounts that were away when this worker began.
    private func keepAccounts() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.accountInterval)
            await keep("what was left in storage stays there") { try await queue.removeLeftovers() }
        }
    }

    /// One thing of housekeeping: it is tried again with the next round.
    private func keep(_ complaint: String, _ work: () async throws -> Void) async {
        do {
            try await work()
        } catch {
            guard !Task.isCancelled else { return }
            logger.error("\(complaint)", metadata: ["cause": "\(error)"])
        }
    }
}

extension JobFailure {
    /// The failure with the input in its message.
    fileprivate init(_ failure: JobFailure, naming input: String) {
        self.init(code: failure.code, errorClass: failure.errorClass, message: "\(input): \(failure.message)")
    }
}
