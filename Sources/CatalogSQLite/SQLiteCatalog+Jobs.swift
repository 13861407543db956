public import Catalog
public import Foundation
import GRDB

extension SQLiteCatalog {
    public func job(_ id: JobID) async throws -> JobRecord? {
        try await read { try $0.job(id) }
    }

    public func jobs(matching query: JobQuery) async throws -> [JobRecord] {
        try await read { database in
            var conditions = ["1"]
            var arguments: StatementArguments = []
            if let asset = query.asset {
                conditions.append("asset = ?")
                arguments += [asset]
            }
            if !query.states.isEmpty {
                // Words of a closed set.
                let words = query.states.map { "'\($0.rawValue)'" }.joined(separator: ", ")
                conditions.append("state IN (\(words))")
            }
            if let after = query.after {
                guard let last = try database.job(after) else {
                    throw CatalogError(.missing, "there is no job \(after)")
                }
                conditions.append("(created, id) < (?, ?)")
                arguments += [last.created.timeIntervalSince1970, last.id.rawValue]
            }
            arguments += [query.limit]
            return try Row.fetchAll(
                database,
                sql: "SELECT * FROM job WHERE \(conditions.joined(separator: " AND ")) "
                    + "ORDER BY created DESC, id DESC LIMIT ?", arguments: arguments
            ).map(JobRecord.init)
        }
    }

    public func tasks(of job: JobID) async throws -> [TaskRecord] {
        try await read { try $0.tasks(of: job) }
    }

    public func tasksUnderWay() async throws -> [TakenTask] {
        try await read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM task WHERE state = 'processing' ORDER BY started, job, name")
                .map { row in
                    let task = try TaskRecord(row: row)
                    return TakenTask(job: try database.knownJob(task.job), task: task)
                }
        }
    }

    public func takeNextTask(of kinds: [TaskKind], at now: Date) async throws -> TakenTask? {
        // Asked for several times a second while there is nothing to do: that is no reason to keep writers waiting.
        let mayBe = try await read { database in
            try Bool.fetchOne(
                database, sql: "SELECT EXISTS (SELECT 1 FROM task WHERE state IN ('queued', 'scheduled'))") ?? false
        }
        guard !kinds.isEmpty, mayBe else { return nil }
        return try await write { try $0.takeNextTask(of: kinds, at: now) }
    }

    public func jobEvents(after sequence: Int64, job: JobID?, limit: Int) async throws -> [JobEvent] {
        try await read { database in
            try Row.fetchAll(
                database,
                sql: "SELECT * FROM jobEvent WHERE sequence > ? AND (? IS NULL OR job = ?) ORDER BY sequence LIMIT ?",
                arguments: [sequence, job?.rawValue, job?.rawValue, limit]
            ).map(JobEvent.init)
        }
    }

    public func lastJobEvent() async throws -> Int64 {
        try await read { try Int64.fetchOne($0, sql: "SELECT max(sequence) FROM jobEvent") ?? 0 }
    }

    public func deliveriesDue(at now: Date, limit: Int) async throws -> [DeliveryRecord] {
        try await read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM (
                        SELECT *, row_number() OVER (PARTITION BY endpoint ORDER BY created, rowid) AS place
                        FROM delivery WHERE state = 'pending' AND (notBefore IS NULL OR notBefore <= ?))
                    WHERE place <= 10 ORDER BY place, created LIMIT ?
                    """, arguments: [now.timeIntervalSince1970, limit]
            ).map(DeliveryRecord.init)
        }
    }

    public func deliveries(endpoint: String?, limit: Int) async throws -> [DeliveryRecord] {
        try await read { database in
            try Row.fetchAll(
                database,
                sql:
                    "SELECT * FROM delivery WHERE (? IS NULL OR endpoint = ?) ORDER BY created DESC, rowid DESC LIMIT ?",
                arguments: [endpoint, endpoint, limit]
            ).map(DeliveryRecord.init)
        }
    }
}
