public import Catalog
public import Foundation
import GRDB

extension SQLiteCatalog {
    public func job(_ id: JobID) async throws -> JobRecord? {
        try await read { database in
            try Row.fetchOne(database, sql: "SELECT * FROM job WHERE id = ?", arguments: [id.rawValue])
                .map(JobRecord.init)
        }
    }

    public func jobs(limit: Int) async throws -> [JobRecord] {
        try await read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM job ORDER BY created DESC, id LIMIT ?", arguments: [limit]
            ).map(JobRecord.init)
        }
    }

    public func takeNextJob(at now: Date) async throws -> JobRecord? {
        try await write { database in
            guard
                let row = try Row.fetchOne(
                    database, sql: "SELECT * FROM job WHERE state = 'queued' ORDER BY created, id LIMIT 1")
            else { return nil }
            var job = try JobRecord(row: row)
            job.state = .processing
            job.attempt += 1
            job.started = now
            job.progress = 0
            try database.update(job)
            return job
        }
    }
}

extension Database {
    func insert(_ job: JobRecord) throws {
        try execute(
            sql: """
                INSERT INTO job (id, asset, input, preset, state, attempt, progress, errorCode, errorMessage, created,
                    started, ended, version, warnings, storageEncrypted)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                job.id.rawValue, job.asset, job.input, job.preset, job.state.rawValue, job.attempt, job.progress,
                job.errorCode, job.errorMessage, job.created.timeIntervalSince1970,
                job.started?.timeIntervalSince1970, job.ended?.timeIntervalSince1970, job.version,
                job.warnings.joined(separator: "\n"), job.isStorageEncrypted,
            ])
    }

    /// A job that has ended stays as it ended.
    func update(_ job: JobRecord) throws {
        try execute(
            sql: """
                UPDATE job SET state = ?, attempt = ?, progress = ?, errorCode = ?, errorMessage = ?, started = ?,
                    ended = ?, version = ?, warnings = ?
                WHERE id = ? AND state NOT IN ('finished', 'error', 'canceled')
                """,
            arguments: [
                job.state.rawValue, job.attempt, job.progress, job.errorCode, job.errorMessage,
                job.started?.timeIntervalSince1970, job.ended?.timeIntervalSince1970, job.version,
                job.warnings.joined(separator: "\n"), job.id.rawValue,
            ])
        guard changesCount > 0 else { throw CatalogError(.conflict, "job \(job.id) has ended, or there is none") }
    }
}

extension JobRecord {
    init(row: Row) throws {
        self.init(
            id: JobID(rawValue: row["id"]), asset: row["asset"], input: row["input"], preset: row["preset"],
            state: try Column.word(JobState.self, row["state"]), attempt: row["attempt"], progress: row["progress"],
            errorCode: row["errorCode"], errorMessage: row["errorMessage"], created: Column.date(row["created"]),
            started: (row["started"] as Double?).map(Column.date), ended: (row["ended"] as Double?).map(Column.date),
            version: row["version"],
            warnings: (row["warnings"] as String).split(separator: "\n").map(String.init),
            isStorageEncrypted: row["storageEncrypted"])
    }
}
