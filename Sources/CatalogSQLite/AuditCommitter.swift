import Catalog
import Foundation
import GRDB

/// Commits audit events in groups: while one commit waits for the disk, the events that arrive gather for the next. Each
/// caller returns when the commit that holds its events is durable.
actor AuditCommitter {
    private struct Waiting {
        var events: [AuditEvent]
        var continuation: CheckedContinuation<Void, any Error>
    }

    /// Most events in one commit, so that none waits long.
    private static let maximumBatch = 1000

    private let pool: DatabasePool
    private var waiting: [Waiting] = []
    private var isCommitting = false

    init(pool: DatabasePool) {
        self.pool = pool
    }

    func append(_ events: [AuditEvent]) async throws {
        try await withCheckedThrowingContinuation { continuation in
            waiting.append(Waiting(events: events, continuation: continuation))
            guard !isCommitting else { return }
            isCommitting = true
            Task { await commitAll() }
        }
    }

    private func commitAll() async {
        while !waiting.isEmpty {
            let batch = Array(waiting.prefix(Self.maximumBatch))
            waiting.removeFirst(batch.count)
            let events = batch.flatMap(\.events)
            do {
                try await pool.write { database in
                    for event in events { try database.append(event) }
                }
                for caller in batch { caller.continuation.resume() }
            } catch {
                for caller in batch { caller.continuation.resume(throwing: CatalogError(database: error)) }
            }
        }
        isCommitting = false
    }
}

extension Database {
    /// Chains an event after the last record. The last hash is read in the same transaction, so that two processes cannot
    /// fork the chain.
    func append(_ event: AuditEvent) throws {
        let row = try Row.fetchOne(
            self, sql: "SELECT sequence, hash FROM auditRecord ORDER BY sequence DESC LIMIT 1")
        let last: (Int64, [UInt8]) = row.map { ($0["sequence"], Array($0["hash"] as Data)) } ?? (0, AuditChain.start)
        let record = try AuditChain.record(event, after: last)
        let statement = try cachedStatement(
            sql: "INSERT INTO auditRecord (sequence, event, hash, requestID) VALUES (?, ?, ?, ?)")
        try statement.execute(arguments: [record.sequence, Data(record.event), Data(record.hash), event.requestID])
    }
}
