import Catalog
import Foundation
import GRDB

extension Database {
    func job(_ id: JobID) throws -> JobRecord? {
        try Row.fetchOne(self, sql: "SELECT * FROM job WHERE id = ?", arguments: [id.rawValue]).map(JobRecord.init)
    }

    /// - Throws: `CatalogError` with `missing`.
    func knownJob(_ id: JobID) throws -> JobRecord {
        guard let job = try job(id) else { throw CatalogError(.missing, "there is no job \(id)") }
        return job
    }

    func tasks(of job: JobID) throws -> [TaskRecord] {
        try Row.fetchAll(self, sql: "SELECT * FROM task WHERE job = ? ORDER BY position", arguments: [job.rawValue])
            .map(TaskRecord.init)
    }

    func task(_ name: String, of job: JobID) throws -> TaskRecord {
        let row = try Row.fetchOne(
            self, sql: "SELECT * FROM task WHERE job = ? AND name = ?", arguments: [job.rawValue, name])
        guard let row else { throw CatalogError(.missing, "job \(job) has no task '\(name)'") }
        return try TaskRecord(row: row)
    }

    func insert(_ job: JobRecord, _ tasks: [TaskRecord]) throws {
        try execute(
            sql: """
                INSERT INTO job (id, asset, input, preset, transform, priority, correlation, state, progress, errorCode,
                    errorMessage, created, started, ended, version, warnings, paused, canceling, storageEncrypted,
                    storageAccount)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                job.id.rawValue, job.asset, job.input, job.preset, job.transform, job.priority,
                try Column.json(job.correlation), job.state.rawValue, job.progress, job.errorCode, job.errorMessage,
                job.created.timeIntervalSince1970, job.started?.timeIntervalSince1970,
                job.ended?.timeIntervalSince1970, job.version, job.warnings.joined(separator: "\n"), job.isPaused,
                job.isCanceling, job.isStorageEncrypted, job.storageAccount,
            ])
        var tasks = tasks.isEmpty ? job.usualTasks : tasks
        // In the transaction, so that no job is submitted between the question and the answer.
        if job.hasUncheckedInputs, try requiresInputChecks() { tasks = tasks.withInputChecks(of: job.id) }
        for (position, task) in tasks.enumerated() { try insert(task, position) }
        try note(
            JobEvent(
                time: job.created, kind: .jobStateChange, job: job.id, newState: job.state.rawValue, progress: 0),
            of: job)
    }

    private func insert(_ task: TaskRecord, _ position: Int) throws {
        try execute(
            sql: """
                INSERT INTO task (job, name, position, kind, dependencies, options, onError, state, attempt, progress,
                    notBefore, errorCode, errorMessage, errorClass, result, started, ended)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                task.job.rawValue, task.name, position, task.kind.rawValue, try Column.json(task.dependencies),
                try Column.json(task.options), task.onError.rawValue, task.state.rawValue, task.attempt, task.progress,
                task.notBefore?.timeIntervalSince1970, task.errorCode, task.errorMessage, task.errorClass?.rawValue,
                try Column.json(task.result), task.started?.timeIntervalSince1970, task.ended?.timeIntervalSince1970,
            ])
    }

    /// A job that begins waits for the jobs of its asset that have begun, and no two jobs of an asset have a task under way.
    func takeNextTask(of kinds: [TaskKind], at now: Date) throws -> TakenTask? {
        // Words of a closed set.
        let words = kinds.map { "'\($0.rawValue)'" }.joined(separator: ", ")
        let row = try Row.fetchOne(
            self,
            sql: """
                SELECT task.* FROM task JOIN job ON job.id = task.job
                WHERE task.state IN ('queued', 'scheduled') AND task.kind IN (\(words))
                    AND (task.notBefore IS NULL OR task.notBefore <= ?)
                    AND job.paused = 0 AND job.canceling = 0
                    AND NOT EXISTS (
                        SELECT 1 FROM json_each(task.dependencies) AS needed
                        JOIN task AS other ON other.job = task.job AND other.name = needed.value
                        WHERE other.state <> 'finished' AND NOT (other.state = 'error' AND other.onError = 'continue'))
                    AND (job.started IS NOT NULL OR NOT EXISTS (
                        SELECT 1 FROM job AS other WHERE other.asset = job.asset AND other.id <> job.id
                            AND other.started IS NOT NULL AND other.ended IS NULL))
                    AND NOT EXISTS (
                        SELECT 1 FROM task AS running JOIN job AS other ON other.id = running.job
                        WHERE running.state = 'processing' AND other.asset = job.asset AND other.id <> job.id)
                ORDER BY job.priority DESC, job.created, job.id, task.position LIMIT 1
                """, arguments: [now.timeIntervalSince1970])
        guard let row else { return nil }
        var task = try TaskRecord(row: row)
        let old = task.state
        task.state = .processing
        task.attempt += 1
        task.started = now
        task.progress = 0
        try store(task)
        try changed(task, from: old, at: now)
        return TakenTask(job: try knownJob(task.job), task: task)
    }

    func store(_ task: TaskRecord) throws {
        try execute(
            sql: """
                UPDATE task SET state = ?, attempt = ?, formerAttempts = ?, progress = ?, notBefore = ?, errorCode = ?,
                    errorMessage = ?, errorClass = ?, result = ?, started = ?, ended = ?
                WHERE job = ? AND name = ?
                """,
            arguments: [
                task.state.rawValue, task.attempt, task.formerAttempts, task.progress,
                task.notBefore?.timeIntervalSince1970, task.errorCode, task.errorMessage, task.errorClass?.rawValue,
                try Column.json(task.result),
                task.started?.timeIntervalSince1970, task.ended?.timeIntervalSince1970, task.job.rawValue, task.name,
            ])
    }

    /// Writes the event of a task whose state may have changed, and settles its job.
    func changed(_ task: TaskRecord, from old: TaskState, at now: Date) throws {
        if task.state != old {
            let event = JobEvent(
                time: now, kind: .taskStateChange, job: task.job, task: task.name, oldState: old.rawValue,
                newState: task.state.rawValue, progress: task.progress)
            let told = task.kind == .notify && task.state == .finished ? task.options.endpoint : nil
            try note(event, of: try knownJob(task.job), alsoTo: told)
        }
        try settle(task.job, at: now)
    }

    /// Brings a job to what its tasks have come to.
    func settle(_ id: JobID, at now: Date) throws {
        let old = try knownJob(id)
        var tasks = try tasks(of: id)
        var job = old
        job.settle(tasks, at: now)
        if job.isCanceling || job.errorCode != nil {
            for task in tasks where task.state == .queued || task.state == .scheduled {
                try cancel(task, of: job, at: now)
            }
            tasks = try self.tasks(of: id)
            job.settle(tasks, at: now)
        }
        try store(job)
        guard job.state != old.state else { return }
        try note(
            JobEvent(
                time: now, kind: .jobStateChange, job: id, oldState: old.state.rawValue, newState: job.state.rawValue,
                progress: job.progress), of: job)
    }

    private func cancel(_ task: TaskRecord, of job: JobRecord, at now: Date) throws {
        var canceled = task
        canceled.state = .canceled
        canceled.notBefore = nil
        canceled.ended = now
        try store(canceled)
        try note(
            JobEvent(
                time: now, kind: .taskStateChange, job: job.id, task: task.name, oldState: task.state.rawValue,
                newState: canceled.state.rawValue, progress: task.progress), of: job)
    }

    func store(_ job: JobRecord) throws {
        try execute(
            sql: """
                UPDATE job SET state = ?, progress = ?, errorCode = ?, errorMessage = ?, started = ?, ended = ?,
                    version = ?, warnings = ?, paused = ?, canceling = ?
                WHERE id = ?
                """,
            arguments: [
                job.state.rawValue, job.progress, job.errorCode, job.errorMessage,
                job.started?.timeIntervalSince1970, job.ended?.timeIntervalSince1970, job.version,
                job.warnings.joined(separator: "\n"), job.isPaused, job.isCanceling, job.id.rawValue,
            ])
    }

    /// Writes an event, and the messages to everybody who wants it.
    ///
    /// - Parameter name: of an endpoint that is told whatever it wants.
    func note(_ event: JobEvent, of job: JobRecord, alsoTo name: String? = nil) throws {
        try execute(
            sql: """
                INSERT INTO jobEvent (time, kind, job, task, oldState, newState, progress) VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                event.time.timeIntervalSince1970, event.kind.rawValue, event.job.rawValue, event.task, event.oldState,
                event.newState, event.progress,
            ])
        guard event.kind != .taskProgress else { return }
        let endpoints = try String.fetchAll(self, sql: "SELECT document FROM notificationEndpoint ORDER BY name").map {
            try Column.value(NotificationEndpoint.self, json: $0)
        }
        for endpoint in endpoints where endpoint.name == name || endpoint.wants(event) {
            let id = UUID().uuidString.lowercased()
            try execute(
                sql: """
                    INSERT INTO delivery (id, endpoint, job, event, body, state, attempt, created)
                    VALUES (?, ?, ?, ?, ?, 'pending', 0, ?)
                    """,
                arguments: [
                    id, endpoint.name, job.id.rawValue, event.kind.name, event.message(of: job, for: endpoint, id: id),
                    event.time.timeIntervalSince1970,
                ])
        }
    }
}

extension NotificationEndpoint {
    fileprivate func wants(_ event: JobEvent) -> Bool {
        switch events {
        case .none: false
        case .all: true
        case .final: event.kind == .jobStateChange && JobState(rawValue: event.newState)?.isFinal == true
        }
    }
}
