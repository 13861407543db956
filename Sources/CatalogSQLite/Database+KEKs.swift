import Catalog
import ContentKeys
import Foundation
import GRDB

extension Database {
    func kekVersions() throws -> [KEKVersionRecord] {
        try Row.fetchAll(self, sql: "SELECT * FROM kekVersion ORDER BY version").map { row in
            KEKVersionRecord(
                version: KEKVersion(rawValue: row["version"]),
                provider: try Column.word(KEKProviderKind.self, row["provider"]), proof: Array(row["proof"] as Data),
                created: Column.date(row["created"]), completed: (row["completed"] as Double?).map(Column.date),
                retired: (row["retired"] as Double?).map(Column.date))
        }
    }

    func kekUsage() throws -> [KEKUsage] {
        try Row.fetchAll(
            self,
            sql: """
                SELECT kek, sum(key) AS keys, sum(secret) AS secrets, sum(seed) AS seeds, sum(auditKey) AS auditKeys FROM (
                    -- A derived key is wrapped under nothing: its seed is.
                    SELECT kek, count(*) AS key, 0 AS secret, 0 AS seed, 0 AS auditKey FROM contentKey
                    WHERE seed IS NULL GROUP BY kek
                    UNION ALL SELECT kek, 0, count(*), 0, 0 FROM secret GROUP BY kek
                    UNION ALL SELECT kek, 0, 0, count(*), 0 FROM keySeed GROUP BY kek
                    UNION ALL SELECT kek, 0, 0, 0, count(*) FROM auditKey GROUP BY kek
                ) GROUP BY kek ORDER BY kek
                """
        ).map { row in
            KEKUsage(
                version: KEKVersion(rawValue: row["kek"]), contentKeys: row["keys"], secrets: row["secrets"],
                keySeeds: row["seeds"], auditKeys: row["auditKeys"])
        }
    }

    /// The versions are compared in the transaction, so that two rotations at once cannot make the same one.
    func insert(_ record: KEKVersionRecord) throws {
        let newest = try Int.fetchOne(self, sql: "SELECT max(version) FROM kekVersion") ?? 0
        guard record.version.rawValue > newest else {
            throw CatalogError(.exists, "KEK version \(record.version.rawValue) was recorded already")
        }
        try execute(
            sql: """
                INSERT INTO kekVersion (version, provider, proof, created, completed, retired)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                record.version.rawValue, record.provider.rawValue, Data(record.proof),
                record.created.timeIntervalSince1970, record.completed?.timeIntervalSince1970,
                record.retired?.timeIntervalSince1970,
            ])
    }

    func completeRotation(_ version: KEKVersion, _ time: Date) throws {
        try execute(
            sql: "UPDATE kekVersion SET completed = ? WHERE version = ? AND completed IS NULL",
            arguments: [time.timeIntervalSince1970, version.rawValue])
        try requireChange("KEK version \(version.rawValue) has no rotation under way")
    }

    func retire(_ version: KEKVersion, _ time: Date) throws {
        let newest = try Int.fetchOne(self, sql: "SELECT max(version) FROM kekVersion")
        guard newest != version.rawValue else {
            throw CatalogError(.conflict, "KEK version \(version.rawValue) is the current one")
        }
        if let usage = try kekUsage().first(where: { $0.version == version }) {
            throw CatalogError(
                .inUse,
                "\(usage.inWords) are wrapped under KEK version \(version.rawValue)")
        }
        try execute(
            sql: "UPDATE kekVersion SET retired = ? WHERE version = ? AND retired IS NULL",
            arguments: [time.timeIntervalSince1970, version.rawValue])
        try requireChange("there is no KEK version \(version.rawValue) that could be retired")
    }

    /// A process that slept through a rotation must not write under a KEK that was put aside.
    func requireUsable(_ version: KEKVersion) throws {
        let statement = try cachedStatement(
            sql: "SELECT EXISTS (SELECT 1 FROM kekVersion WHERE version = ? AND retired IS NOT NULL)")
        guard try Bool.fetchOne(statement, arguments: [version.rawValue]) != true else {
            throw CatalogError(
                .retired,
                "KEK version \(version.rawValue) was retired in the meantime; run the command again")
        }
    }

    /// The number of rows whose ciphertext was still the one that was read.
    func rewrap(_ batch: RewrappedBatch) throws -> Int {
        var count = 0
        let key = try cachedStatement(
            sql: "UPDATE contentKey SET kek = ?, ciphertext = ? WHERE kid = ? AND kek = ? AND ciphertext = ?")
        for change in batch.keys {
            try requireUsable(change.new.kek)
            try key.execute(arguments: [
                change.new.kek.rawValue, Data(change.new.ciphertext), Column.blob(change.old.keyID),
                change.old.kek.rawValue, Data(change.old.ciphertext),
            ])
            count += changesCount
        }
        let secret = try cachedStatement(
            sql: "UPDATE secret SET kek = ?, ciphertext = ? WHERE name = ? AND kek = ? AND ciphertext = ?")
        for change in batch.secrets {
            try requireUsable(change.new.kek)
            try secret.execute(arguments: [
                change.new.kek.rawValue, Data(change.new.ciphertext), change.old.name, change.old.kek.rawValue,
                Data(change.old.ciphertext),
            ])
            count += changesCount
        }
        let seed = try cachedStatement(
            sql: "UPDATE keySeed SET kek = ?, ciphertext = ? WHERE name = ? AND kek = ? AND ciphertext = ?")
        for change in batch.seeds {
            try requireUsable(change.new.kek)
            try seed.execute(arguments: [
                change.new.kek.rawValue, Data(change.new.ciphertext), change.old.name, change.old.kek.rawValue,
                Data(change.old.ciphertext),
            ])
            count += changesCount
        }
        let auditKey = try cachedStatement(
            sql: "UPDATE auditKey SET kek = ?, ciphertext = ? WHERE publicKey = ? AND kek = ? AND ciphertext = ?")
        for change in batch.auditKeys {
            try requireUsable(change.new.kek)
            try auditKey.execute(arguments: [
                change.new.kek.rawValue, Data(change.new.ciphertext), Data(change.old.publicKey.bytes),
                change.old.kek.rawValue, Data(change.old.ciphertext),
            ])
            count += changesCount
        }
        return count
    }
}
