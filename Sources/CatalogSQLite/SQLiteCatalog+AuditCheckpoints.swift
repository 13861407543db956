public import Catalog
public import Foundation
import GRDB

extension SQLiteCatalog {
    public func auditKey() async throws -> AuditKeyRecord? {
        try await read { try $0.auditKey() }
    }

    public func auditCheckpoints(after number: Int64, limit: Int) async throws -> [AuditCheckpoint] {
        try await read { database in
            try database.auditCheckpoints(
                "SELECT document FROM auditCheckpoint WHERE number > ? ORDER BY number LIMIT ?",
                [number, max(limit, 0)])
        }
    }

    public func auditCheckpoints(ofRecords records: ClosedRange<Int64>) async throws -> [AuditCheckpoint] {
        try await read { database in
            try database.auditCheckpoints(
                "SELECT document FROM auditCheckpoint WHERE record BETWEEN ? AND ? ORDER BY record, number",
                [records.lowerBound, records.upperBound])
        }
    }

    public func lastAuditCheckpoint() async throws -> AuditCheckpoint? {
        try await read { try $0.lastAuditCheckpoint() }
    }

    public func signAudit(_ signing: AuditSigning) async throws -> AuditCheckpoint? {
        do {
            return try await pool.write { try $0.sign(signing) }
        } catch let error as DatabaseError {
            throw CatalogError(database: error)
        }
    }

    public func auditCheckpoint(allBefore time: Date) async throws -> AuditCheckpoint? {
        try await read { database in
            let young = try Int64.fetchOne(
                database, sql: "SELECT min(first) FROM auditBatch WHERE latest >= ?",
                arguments: [time.timeIntervalSince1970])
            let pruned = try database.lastAuditCheckpoint()?.checkpoint.prunedThrough ?? 0
            return try database.auditCheckpoints(
                """
                SELECT document FROM auditCheckpoint WHERE record < ? AND record > ?
                ORDER BY record DESC, number LIMIT 1
                """, [young ?? .max, pruned]
            ).first
        }
    }

    public func removePrunedAudit(limit: Int) async throws -> Int {
        try await write { database in
            guard let pruned = try database.lastAuditCheckpoint()?.checkpoint.prunedThrough, pruned > 0 else {
                return 0
            }
            try database.execute(
                sql: """
                    DELETE FROM auditBatch WHERE first IN (
                        SELECT first FROM auditBatch WHERE last <= ? ORDER BY first LIMIT ?)
                    """, arguments: [pruned, limit])
            return database.changesCount
        }
    }

    public func auditSequence(before time: Date) async throws -> Int64 {
        try await read { database in
            let seconds = time.timeIntervalSince1970
            let row = try Row.fetchOne(
                database,
                sql: """
                    SELECT first, events, hashes FROM auditBatch WHERE latest >= ? ORDER BY latest, first LIMIT 1
                    """, arguments: [seconds])
            guard let row else {
                return try Int64.fetchOne(database, sql: "SELECT last FROM auditBatch ORDER BY first DESC LIMIT 1") ?? 0
            }
            let records = AuditBatch(row: row).records
            // Times are kept in whole milliseconds.
            let first = try records.first {
                try AuditChain.event(of: $0).time.timeIntervalSince1970 >= seconds - 0.0005
            }
            return ((first ?? records.last)?.sequence ?? 1) - 1
        }
    }
}
