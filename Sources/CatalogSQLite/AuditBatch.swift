import Catalog
import Foundation
import GRDB

/// Audit records that were committed together, in one row: the events as lines, their hashes one after the other. A
/// busy service commits some sixty at once, and a row for each would cost more than the decision.
struct AuditBatch {
    /// The sequence number of the first record.
    var first: Int64
    var events: [UInt8]
    var hashes: [UInt8]

    private static let separator = UInt8(ascii: "\n")

    /// Chains events after the last record.
    init(_ lines: AuditLines, after last: (sequence: Int64, hash: [UInt8])) {
        first = last.sequence + 1
        hashes = AuditChain.hashes(of: lines, after: last)
        events = lines.bytes
    }

    init(row: Row) {
        first = row["first"]
        // What cannot be read is no line at all, so that the chain shows it.
        events = StoredLines(bytes: Array(row["events"] as Data)).lines ?? []
        hashes = Array(row["hashes"] as Data)
    }

    /// How many records the row says that it has.
    var count: Int { hashes.count / AuditChain.start.count }

    /// The records. When somebody changed how many lines there are, lines are empty or left over at the end of the last
    /// record, so that the chain shows it.
    var records: [AuditRecord] {
        let lines = events.split(
            separator: Self.separator, maxSplits: max(count - 1, 0), omittingEmptySubsequences: false)
        let size = AuditChain.start.count
        return (0..<count).map { position in
            AuditRecord(
                sequence: first &+ Int64(position), event: position < lines.count ? Array(lines[position]) : [],
                hash: Array(hashes[position * size..<(position + 1) * size]))
        }
    }
}

extension Database {
    /// Appends events to the chain in one row. The last hash is read in the same transaction, so that two processes
    /// cannot fork the chain.
    func append(_ lines: AuditLines) throws {
        guard let times = lines.times else { return }
        let batch = AuditBatch(lines, after: try lastAudit())
        let last = batch.first + Int64(batch.count) - 1
        let statement = try cachedStatement(
            sql: "INSERT INTO auditBatch (first, last, earliest, latest, events, hashes) VALUES (?, ?, ?, ?, ?, ?)")
        try statement.execute(arguments: [
            batch.first, last, times.lowerBound, times.upperBound, Data(StoredLines(of: batch.events).bytes),
            Data(batch.hashes),
        ])
    }

    func append(_ event: AuditEvent) throws {
        try append(AuditLines([AuditEntry(event)]))
    }

    func lastAudit() throws -> (sequence: Int64, hash: [UInt8]) {
        let statement = try cachedStatement(
            sql: "SELECT last, substr(hashes, -32) AS hash FROM auditBatch ORDER BY first DESC LIMIT 1")
        guard let row = try Row.fetchOne(statement) else { return (0, AuditChain.start) }
        return (row["last"], Array(row["hash"] as Data))
    }
}
