public import Catalog
import Foundation
import GRDB
public import Policies

extension SQLiteCatalog {
    public func auditRecords(after sequence: Int64, limit: Int) async throws -> [AuditRecord] {
        try await read { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT first, events, hashes FROM auditBatch
                    WHERE first >= (SELECT coalesce(max(first), 0) FROM auditBatch WHERE first <= ?) ORDER BY first
                    """)
            var records: [AuditRecord] = []
            let rows = try Row.fetchCursor(statement, arguments: [max(sequence, 0) &+ 1])
            while records.count < limit, let row = try rows.next() {
                records += AuditBatch(row: row).records.filter { $0.sequence > sequence }
            }
            return Array(records.prefix(max(limit, 0)))
        }
    }

    /// How long before a decision its request may have got its name, and how long after; in seconds.
    private static let requestSpan = (before: 1.0, after: 600.0)
    /// Most rows that are looked through; the first few have it.
    private static let mostLooked = 10_000

    public func auditRecords(ofRequest requestID: String, limit: Int) async throws -> [AuditRecord] {
        guard let time = RequestID.time(of: requestID)?.timeIntervalSince1970 else { return [] }
        return try await read { database in
            // The name holds the time, and the index of times leads to a few rows: no index of names is needed.
            let rows = try Row.fetchCursor(
                try database.cachedStatement(
                    sql: """
                        SELECT first, events, hashes FROM auditBatch
                        WHERE latest >= ? AND latest <= ? AND earliest <= ? ORDER BY latest, first
                        """),
                arguments: [
                    time - Self.requestSpan.before, time + Self.requestSpan.after, time + Self.requestSpan.after,
                ])
            let name = Data(requestID.utf8)
            var records: [AuditRecord] = []
            var looked = 0
            while records.count < limit, looked < Self.mostLooked, let row = try rows.next() {
                looked += 1
                let batch = AuditBatch(row: row)
                guard Data(batch.events).range(of: name) != nil else { continue }
                records += batch.records.filter {
                    (try? AuditChain.event(of: $0))?.requestID == requestID
                }
            }
            return Array(records.prefix(max(limit, 0)))
        }
    }

    public func tokenUses(_ use: UseLimit) async throws -> UseCount {
        try await read { try $0.uses(of: use) }
    }

    public func lastAuditSequence() async throws -> Int64 {
        try await read { try Int64.fetchOne($0, sql: "SELECT last FROM auditBatch ORDER BY first DESC LIMIT 1") ?? 0 }
    }
}

extension Database {
    /// How often a token was used. Uses that a restored catalog has forgotten count as all of them.
    func uses(of use: UseLimit) throws -> UseCount {
        if let restored = try restoration(), use.unusedBefore ?? .distantPast <= restored.time { return .exhausted }
        let select = try cachedStatement(sql: "SELECT uses FROM tokenUse WHERE identity = ?")
        return UseCount(before: try Int.fetchOne(select, arguments: [Data(use.tokenIdentity)]) ?? 0)
    }

    /// Counts one use of a token, unless that is beyond its limit, and says how often it was used before.
    func count(_ use: UseLimit) throws -> UseCount {
        let count = try uses(of: use)
        guard count.isWithin(use.maximum) else { return count }
        let statement = try cachedStatement(
            sql: """
                INSERT INTO tokenUse (identity, uses, expires) VALUES (?, 1, ?)
                ON CONFLICT (identity) DO UPDATE SET uses = uses + 1
                """)
        try statement.execute(arguments: [Data(use.tokenIdentity), use.expires.timeIntervalSince1970])
        return count
    }

    /// Drops the counts of tokens that are long past their time: such a token is refused before it is counted.
    func forgetUses(before now: Date) throws {
        let statement = try cachedStatement(sql: "DELETE FROM tokenUse WHERE expires < ?")
        try statement.execute(arguments: [now.timeIntervalSince1970 - 3600])
    }
}
