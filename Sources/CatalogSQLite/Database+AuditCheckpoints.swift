import Catalog
import ContentKeys
import Foundation
import GRDB

extension Database {
    func insert(_ key: AuditKeyRecord) throws {
        try requireUsable(key.kek)
        try execute(
            sql: "INSERT INTO auditKey (id, publicKey, kek, ciphertext, created) VALUES (1, ?, ?, ?, ?)",
            arguments: [
                Data(key.publicKey.bytes), key.kek.rawValue, Data(key.ciphertext), key.created.timeIntervalSince1970,
            ])
    }

    func auditKey() throws -> AuditKeyRecord? {
        try Row.fetchOne(self, sql: "SELECT * FROM auditKey").map { row in
            guard let publicKey = AuditPublicKey(bytes: Array(row["publicKey"] as Data)) else {
                throw CatalogError(.corrupt, "the audit log's signing key is not 32 bytes")
            }
            return AuditKeyRecord(
                publicKey: publicKey, kek: KEKVersion(rawValue: row["kek"]),
                ciphertext: Array(row["ciphertext"] as Data), created: Column.date(row["created"]))
        }
    }

    /// The checkpoints of a query's `document` column.
    func auditCheckpoints(_ sql: String, _ arguments: StatementArguments = []) throws -> [AuditCheckpoint] {
        try String.fetchAll(try cachedStatement(sql: sql), arguments: arguments).map { text in
            guard let checkpoint = AuditCheckpoint(json: text) else {
                throw CatalogError(.corrupt, "a checkpoint of the audit log is not readable")
            }
            return checkpoint
        }
    }

    func lastAuditCheckpoint() throws -> AuditCheckpoint? {
        try auditCheckpoints("SELECT document FROM auditCheckpoint ORDER BY number DESC LIMIT 1").first
    }

    func sign(_ signing: AuditSigning) throws -> AuditCheckpoint? {
        guard let key = try auditKey() else {
            throw CatalogError(.missing, "the audit log has no signing key yet")
        }
        let last = try lastAuditCheckpoint()
        var origin = last?.origin ?? .start
        if let pruning = signing.pruning {
            origin = try checkpoint(ending: pruning.through, after: origin)
            try append(pruning.event)
        }
        let newest = try lastAudit()
        guard newest.sequence > last?.checkpoint.record ?? 0 else { return nil }
        let statement = AuditStatement(
            head: AuditPlace(sequence: newest.sequence, hash: newest.hash), origin: origin, after: last,
            key: key.publicKey, at: signing.time)
        let checkpoint = AuditCheckpoint(statement, signature: try signing.sign(statement.bytes, key))
        try execute(
            sql: "INSERT INTO auditCheckpoint (number, record, document) VALUES (?, ?, ?)",
            arguments: [statement.number, statement.record, checkpoint.line])
        return checkpoint
    }

    /// Where a signed checkpoint ended: only what is signed may be pruned.
    private func checkpoint(ending record: Int64, after origin: AuditPlace) throws -> AuditPlace {
        let found = try auditCheckpoints(
            "SELECT document FROM auditCheckpoint WHERE record = ? ORDER BY number LIMIT 1", [record])
        guard let place = found.first?.head, place.sequence == record, record > origin.sequence else {
            throw CatalogError(.conflict, "no checkpoint of the audit log ends at record \(record)")
        }
        return place
    }
}
