import Catalog
import ContentKeys
import Foundation
import GRDB
import Policies

extension Database {
    func insert(_ key: ContentKeyRecord) throws {
        try requireUsable(key.wrapped.kek)
        if let policy = key.authorizationPolicy {
            try require("authorizationPolicy", policy, of: "authorization policy")
        }
        try requireFree(key)
        // The same key, once removed and now imported again, goes on with its IV numbers.
        let removed = try Int64.fetchOne(
            self, sql: "SELECT nextNumber FROM removedContentKey WHERE kid = ?", arguments: [Column.blob(key.keyID)])
        // One that somebody else knows may have given numbers that a restored catalog has forgotten.
        let next = max(removed ?? 0, key.isNew ? 0 : try restoration()?.firstNumber ?? 0)
        try execute(
            sql: """
                INSERT INTO contentKey (kid, type, kek, ciphertext, name, authorizationPolicy, enabled, created,
                    nextNumber, notBefore, notAfter, deletion, checksum, label, seed, supersededBy)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                Column.blob(key.keyID), key.type.rawValue, key.wrapped.kek.rawValue, Data(key.wrapped.ciphertext),
                key.name, key.authorizationPolicy, key.isEnabled, key.created.timeIntervalSince1970, next,
                key.notBefore?.timeIntervalSince1970, key.notAfter?.timeIntervalSince1970,
                key.deletion?.timeIntervalSince1970, key.checksum.map { Data($0.bytes) }, key.label?.rawValue,
                key.seed, key.supersededBy.map(Column.blob),
            ])
    }

    /// KID and name are nobody's, and the name is not another key's KID.
    private func requireFree(_ key: ContentKeyRecord) throws {
        if let name = key.name, let other = KeyID(name), other != key.keyID {
            throw CatalogError(.conflict, "'\(name)' reads as the KID of another key: choose another name")
        }
        let taken = try Row.fetchOne(
            self, sql: "SELECT kid, name FROM contentKey WHERE kid = ? OR name = ?",
            arguments: [Column.blob(key.keyID), key.name])
        guard let taken else { return }
        let keyID = KeyID(bytes: Array(taken["kid"] as Data)).map { "\($0)" } ?? "of that id"
        let name = (taken["name"] as String?).map { ", '\($0)'," } ?? ""
        throw CatalogError(.exists, "there is a key \(keyID)\(name) already")
    }

    func setAuthorizationPolicy(_ keyID: KeyID, _ policy: String?) throws {
        if let policy { try require("authorizationPolicy", policy, of: "authorization policy") }
        try execute(
            sql: "UPDATE contentKey SET authorizationPolicy = ? WHERE kid = ?",
            arguments: [policy, Column.blob(keyID)])
        try requireChange("there is no key \(keyID)")
    }

    /// Binds a key to a label. The key must be of the encryption's type, so that no key ever serves two schemes, and a
    /// version that is there keeps its key.
    func insert(_ assignment: KeyAssignment) throws {
        let key = try Row.fetchOne(
            self, sql: "SELECT type, deletion FROM contentKey WHERE kid = ?",
            arguments: [Column.blob(assignment.keyID)])
        guard let key else { throw CatalogError(.missing, "there is no key \(assignment.keyID)") }
        let type: String = key["type"]
        guard type == assignment.encryption.keyType?.rawValue else {
            throw CatalogError(
                .conflict, "key \(assignment.keyID) of type \(type) cannot serve \(assignment.encryption)")
        }
        guard key["deletion"] as Double? == nil else {
            throw CatalogError(.conflict, "key \(assignment.keyID) waits for its deletion; restore it first")
        }
        try requireNewer(assignment)
        try execute(
            sql: """
                INSERT INTO keyAssignment (asset, encryption, label, period, kid, sinceVersion)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                assignment.asset, assignment.encryption.rawValue, assignment.label.rawValue, assignment.period,
                Column.blob(assignment.keyID), assignment.sinceVersion,
            ])
    }

    /// Throws unless the place is free, or the assignment is for versions that do not exist yet.
    private func requireNewer(_ assignment: KeyAssignment) throws {
        let last = try Int.fetchOne(
            self,
            sql: """
                SELECT max(sinceVersion) FROM keyAssignment
                WHERE asset = ? AND encryption = ? AND label = ? AND period = ?
                """,
            arguments: [
                assignment.asset, assignment.encryption.rawValue, assignment.label.rawValue, assignment.period,
            ])
        guard let last else { return }
        // Not the one that is served: a newer one may be served again.
        let newest = try Int.fetchOne(
            self, sql: "SELECT max(number) FROM assetVersion WHERE asset = ?", arguments: [assignment.asset])
        guard assignment.sinceVersion != last else {
            throw CatalogError(
                .exists,
                "asset '\(assignment.asset)' has a \(assignment.encryption.rawValue) key for "
                    + "'\(assignment.label.rawValue)' since version \(last) already")
        }
        guard assignment.sinceVersion > last, assignment.sinceVersion > newest ?? 0 else {
            throw CatalogError(
                .conflict,
                "asset '\(assignment.asset)' is at version \(newest ?? 0): a new key starts with a later one")
        }
    }

    /// Gives tracks their numbers from the counters of the keys that hold for the version. Each place where the named
    /// key was assigned is looked at again here, in the transaction: a rotation can have come in between.
    func allocateIVNumbers(_ keyID: KeyID, _ asset: String, _ version: Int, _ tracks: [String]) throws {
        let blob = Column.blob(keyID)
        let inForce = try Data.fetchAll(
            self,
            sql: """
                SELECT DISTINCT a.kid FROM keyAssignment a
                JOIN keyAssignment named USING (asset, encryption, label, period)
                WHERE named.kid = ? AND asset = ? AND a.sinceVersion = (
                    SELECT max(sinceVersion) FROM keyAssignment latest
                    WHERE latest.asset = a.asset AND latest.encryption = a.encryption AND latest.label = a.label
                        AND latest.period = a.period AND latest.sinceVersion <= ?)
                """, arguments: [blob, asset, version])
        for key in inForce.isEmpty ? [blob] : inForce {
            try allocateIVNumbers(under: key, asset, version, tracks)
        }
    }

    /// A key's counter only grows.
    private func allocateIVNumbers(under blob: Data, _ asset: String, _ version: Int, _ tracks: [String]) throws {
        let keyID = try Column.keyID(blob)
        guard
            var next = try Int64.fetchOne(
                self, sql: "SELECT nextNumber FROM contentKey WHERE kid = ?", arguments: [blob])
        else { throw CatalogError(.missing, "there is no key \(keyID)") }
        let restored = try restoration()
        for track in tracks {
            let has = try Bool.fetchOne(
                self,
                sql: """
                    SELECT EXISTS (SELECT 1 FROM ivAllocation
                    WHERE kid = ? AND asset = ? AND version = ? AND track = ? AND period = 0)
                    """, arguments: [blob, asset, version, track])
            if has == true { continue }
            guard next <= Int64(UInt32.max) else {
                throw CatalogError(.conflict, "key \(keyID) has given all its numbers; make a new key")
            }
            try restored?.requirePace(next, keyID, at: Date())
            try execute(
                sql: "INSERT INTO ivAllocation (kid, number, asset, version, track, period) VALUES (?, ?, ?, ?, ?, 0)",
                arguments: [blob, next, asset, version, track])
            next += 1
        }
        try execute(sql: "UPDATE contentKey SET nextNumber = ? WHERE kid = ?", arguments: [next, blob])
    }
}

extension ContentKeyRecord {
    /// Of `contentKey k LEFT JOIN keySeed s ON s.name = k.seed`.
    static let columns = """
        k.kid, k.type, k.kek, k.ciphertext, k.name, k.authorizationPolicy, k.enabled, k.created, k.notBefore, \
        k.notAfter, k.deletion, k.checksum, k.label, k.seed, k.supersededBy, s.type AS seedType, s.kek AS seedKEK, \
        s.ciphertext AS seedCiphertext
        """
    /// All stored keys; a condition may follow.
    static let selection = "SELECT \(columns) FROM contentKey k LEFT JOIN keySeed s ON s.name = k.seed"

    init(row: Row) throws {
        self.init(
            wrapped: try Self.wrapped(row),
            name: row["name"], authorizationPolicy: row["authorizationPolicy"], isEnabled: row["enabled"],
            created: Column.date(row["created"]), notBefore: (row["notBefore"] as Double?).map(Column.date),
            notAfter: (row["notAfter"] as Double?).map(Column.date),
            deletion: (row["deletion"] as Double?).map(Column.date),
            checksum: (row["checksum"] as Data?).flatMap { KeyChecksum(bytes: $0) },
            label: try (row["label"] as String?).map { try Column.word(KeyLabel.self, $0) },
            supersededBy: try (row["supersededBy"] as Data?).map(Column.keyID))
    }

    private static func wrapped(_ row: Row) throws -> WrappedContentKey {
        let keyID = try Column.keyID(row["kid"])
        let type = try Column.word(ContentKeyType.self, row["type"])
        guard let seed = row["seed"] as String? else {
            return WrappedContentKey(
                keyID: keyID, type: type, kek: KEKVersion(rawValue: row["kek"]),
                ciphertext: Array(row["ciphertext"] as Data))
        }
        guard try Column.word(ContentKeyType.self, row["seedType"]) == type else {
            throw CatalogError(.corrupt, "key \(keyID) and its seed '\(seed)' are of different types")
        }
        return WrappedContentKey(
            keyID: keyID,
            derivedFrom: WrappedKeySeed(
                name: seed, type: type, kek: KEKVersion(rawValue: row["seedKEK"]),
                ciphertext: Array(row["seedCiphertext"] as Data)))
    }
}
