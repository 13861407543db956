public import Catalog
import Foundation
import GRDB

extension SQLiteCatalog {
    public func auditRecords(after sequence: Int64, limit: Int) async throws -> [AuditRecord] {
        try await read { database in
            try Row.fetchAll(
                database,
                sql: "SELECT sequence, event, hash FROM auditRecord WHERE sequence > ? ORDER BY sequence LIMIT ?",
                arguments: [sequence, limit]
            ).map(AuditRecord.init)
        }
    }

    public func auditRecords(ofRequest requestID: String, limit: Int) async throws -> [AuditRecord] {
        try await read { database in
            try Row.fetchAll(
                database,
                sql: "SELECT sequence, event, hash FROM auditRecord WHERE requestID = ? ORDER BY sequence LIMIT ?",
                arguments: [requestID, limit]
            ).map(AuditRecord.init)
        }
    }

    public func lastAuditSequence() async throws -> Int64 {
        try await read { try Int64.fetchOne($0, sql: "SELECT max(sequence) FROM auditRecord") ?? 0 }
    }
}

extension AuditRecord {
    fileprivate init(row: Row) {
        self.init(sequence: row["sequence"], event: Array(row["event"] as Data), hash: Array(row["hash"] as Data))
    }
}
