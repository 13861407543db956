import Catalog
import Foundation
import GRDB

extension Database {
    /// Applies a change of jobs within the caller's transaction.
    func apply(_ change: PipelineChange) throws {
        switch change {
        case .updateTask(let task): try update(task)
        case .setOutput(let id, let version, let warnings): try setOutput(of: id, version, warnings)
        case .cancel(let id, let time): try cancel(id, at: time)
        case .pause(let id, let time): try setPaused(id, true, at: time)
        case .resume(let id, let time): try setPaused(id, false, at: time)
        case .retry(let id, let time): try retry(id, at: time)
        case .removeJobs(let time):
            try execute(sql: "DELETE FROM job WHERE ended < ?", arguments: [time.timeIntervalSince1970])
        case .putTransform(let transform): try put("transform", transform.name, transform)
        case .deleteTransform(let name): try delete("transform", name)
        case .putNotificationEndpoint(let endpoint): try put("notificationEndpoint", endpoint.name, endpoint)
        case .deleteNotificationEndpoint(let name): try delete("notificationEndpoint", name)
        case .updateDelivery(let delivery): try update(delivery)
        }
    }

    /// A task that has ended stays as it ended, and only the attempt that has a task writes it.
    private func update(_ task: TaskRecord) throws {
        let old = try self.task(task.name, of: task.job)
        // Giving an attempt back, too, is a matter of who has it.
        let isOwn = task.attempt == old.attempt || (task.state == .queued && task.attempt == old.attempt - 1)
        guard !old.state.isFinal, isOwn else {
            throw CatalogError(.conflict, "task '\(task.name)' of job \(task.job) has ended, or another worker has it")
        }
        // Whoever canceled was told that nothing more comes of the job.
        if task.state == .finished, try knownJob(task.job).isCanceling {
            throw CatalogError(.canceled, "job \(task.job) was canceled")
        }
        try store(task)
        let now = task.ended ?? Date()
        if task.state == .processing, old.state == .processing, task.progress != old.progress {
            try execute(
                sql: "DELETE FROM jobEvent WHERE job = ? AND task = ? AND kind = ?",
                arguments: [task.job.rawValue, task.name, JobEvent.Kind.taskProgress.rawValue])
            try note(
                JobEvent(
                    time: now, kind: .taskProgress, job: task.job, task: task.name, oldState: old.state.rawValue,
                    newState: task.state.rawValue, progress: task.progress), of: try knownJob(task.job))
        }
        try changed(task, from: old.state, at: now)
    }

    private func setOutput(of id: JobID, _ version: Int, _ warnings: [String]) throws {
        var job = try knownJob(id)
        job.version = version
        job.warnings = warnings
        try store(job)
    }

    private func cancel(_ id: JobID, at now: Date) throws {
        var job = try open(id)
        job.isCanceling = true
        try store(job)
        try settle(id, at: now)
    }

    private func setPaused(_ id: JobID, _ isPaused: Bool, at now: Date) throws {
        var job = try open(id)
        job.isPaused = isPaused
        try store(job)
        try settle(id, at: now)
    }

    /// - Throws: `CatalogError` when it has ended.
    private func open(_ id: JobID) throws -> JobRecord {
        let job = try knownJob(id)
        guard !job.state.isFinal else {
            throw CatalogError(.conflict, "job \(id) has ended: it is '\(job.state.rawValue)'")
        }
        return job
    }

    private func retry(_ id: JobID, at now: Date) throws {
        var job = try knownJob(id)
        guard job.state == .error || job.state == .canceled else {
            throw CatalogError(.conflict, "job \(id) has not failed: it is '\(job.state.rawValue)'")
        }
        job.isCanceling = false
        job.isPaused = false
        job.ended = nil
        try store(job)
        for task in try tasks(of: id) where task.state == .error || task.state == .canceled {
            var again = TaskRecord(
                job: id, name: task.name, kind: task.kind, dependencies: task.dependencies, options: task.options,
                onError: task.onError)
            // Counts on, so that who worked on an earlier attempt writes no more.
            again.attempt = task.attempt
            again.formerAttempts = task.attempt
            try store(again)
            try note(
                JobEvent(
                    time: now, kind: .taskStateChange, job: id, task: task.name, oldState: task.state.rawValue,
                    newState: again.state.rawValue, progress: 0), of: job)
        }
        try settle(id, at: now)
    }

    private func update(_ delivery: DeliveryRecord) throws {
        try execute(
            sql: """
                UPDATE delivery SET state = ?, attempt = ?, notBefore = ?, status = ?, error = ?, ended = ?
                WHERE id = ? AND state = 'pending'
                """,
            arguments: [
                delivery.state.rawValue, delivery.attempt, delivery.notBefore?.timeIntervalSince1970, delivery.status,
                delivery.error, delivery.ended?.timeIntervalSince1970, delivery.id,
            ])
        try requireChange("there is no message \(delivery.id) that waits")
    }
}
