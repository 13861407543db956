public import Catalog
import ContentKeys
public import Foundation
import GRDB

/// That a catalog was restored: what came after the backup is forgotten, and must not be given again.
struct Restoration {
    var time: Date
    /// Keys that are not new give IV numbers from this one on.
    var firstNumber: Int64

    /// A key of before gives no more numbers than time has passed for, so that a later restoration of the same backup knows
    /// what was given: see `RestoredNumbers`.
    func requirePace(_ next: Int64, _ keyID: KeyID, at now: Date) throws {
        guard next >= firstNumber else { return }
        guard let given = RestoredNumbers.ivNumbers(by: now), next < given else {
            throw CatalogError(
                .conflict,
                "the catalog was restored from a backup, and key \(keyID) gives two IV numbers a second since then: try "
                    + "again in some seconds, or give its assets a new key ('keyway key rotate \(keyID)')")
        }
    }
}

extension Migrations {
    static let restorations = """
        CREATE TABLE restoration (
            number INTEGER PRIMARY KEY NOT NULL CHECK (number > 0),
            time REAL NOT NULL,
            backup TEXT NOT NULL,
            taken REAL NOT NULL,
            firstNumber INTEGER NOT NULL CHECK (firstNumber > 0)
        ) STRICT;
        """
}

extension Database {
    /// The last restoration; nil for a catalog that never was restored.
    func restoration() throws -> Restoration? {
        let statement = try cachedStatement(
            sql: "SELECT time, firstNumber FROM restoration ORDER BY number DESC LIMIT 1")
        return try Row.fetchOne(statement).map {
            Restoration(time: Column.date($0["time"]), firstNumber: $0["firstNumber"])
        }
    }

    /// Moves every counter past whatever may have been given since the backup, and writes down that it was restored.
    fileprivate func restore(_ backup: RestoredBackup, _ accounts: [StorageAccountRecord], at now: Date) throws {
        let newest = try Double.fetchOne(self, sql: "SELECT max(latest) FROM auditBatch") ?? 0
        let known = max(newest, backup.taken.timeIntervalSince1970, try restoration()?.time.timeIntervalSince1970 ?? 0)
        guard now.timeIntervalSince1970 > known, let given = RestoredNumbers.ivNumbers(by: now),
            let nonce = RestoredNumbers.fileNonce(restoredAt: now)
        else {
            throw CatalogError(
                .conflict,
                "this machine's clock says \(now.ISO8601Format()), which is before what the backup holds "
                    + "(\(Column.date(known).ISO8601Format())): set the clock, and restore again")
        }
        let last = try lastAudit()
        let first = given + 1
        try execute(
            sql: "UPDATE contentKey SET nextNumber = max(nextNumber, ?) WHERE type <> 'storage'", arguments: [first])
        try execute(sql: "UPDATE removedContentKey SET nextNumber = max(nextNumber, ?)", arguments: [first])
        try execute(
            sql: "UPDATE asset SET nextNonce = max(nextNonce, ?), nextVersion = max(nextVersion, ?)",
            arguments: [nonce, RestoredNumbers.version(restoredAt: now)])
        try execute(
            sql: """
                INSERT INTO restoration (number, time, backup, taken, firstNumber)
                SELECT coalesce(max(number), 0) + 1, ?, ?, ?, ? FROM restoration
                """,
            arguments: [now.timeIntervalSince1970, backup.id, backup.taken.timeIntervalSince1970, first])
        // What arrived after the backup was written under nonces that these records would give again; their bytes are in no
        // backup either.
        try execute(sql: "DELETE FROM upload")
        let keys = try storageKeys(ofFiles: "state = 'uploading'")
        try execute(sql: "DELETE FROM assetFile WHERE state = 'uploading'")
        try deleteUnusedStorageKeys(keys)
        try replaceStorageAccounts(by: accounts)
        // Who followed the log of changes finds itself far behind, and forgets what it keeps.
        try execute(
            sql: "INSERT INTO changeLog (sequence, subject, id) VALUES (?, 'asset', '')",
            arguments: [RestoredNumbers.change(restoredAt: now)])
        try execute(sql: "DELETE FROM changeLog")
        var event = AuditEvent(time: now, action: .catalogRestored)
        event.actor = backup.actor
        event.detail = "backup \(backup.id) of \(backup.taken.ISO8601Format()), after record \(last.sequence)"
        try append(event)
    }
}

extension SQLiteCatalog: RestorableCatalog {
    public func restore(_ backup: RestoredBackup, accounts: [StorageAccountRecord], at now: Date) async throws {
        try await write { try $0.restore(backup, accounts, at: now) }
    }

    public func settle() throws {
        do {
            _ = try pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
            try immediate.close()
            try pool.close()
        } catch {
            throw CatalogError(database: error)
        }
    }
}
