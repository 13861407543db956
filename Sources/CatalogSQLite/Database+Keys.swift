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
        let exists = try Bool.fetchOne(
            self, sql: "SELECT EXISTS (SELECT 1 FROM contentKey WHERE kid = ? OR name = ?)",
            arguments: [Column.blob(key.keyID), key.name])
        guard exists == false else {
            throw CatalogError(.exists, "there is a key \(key.keyID)\(key.name.map { " or '\($0)'" } ?? "") already")
        }
        try execute(
            sql: """
                INSERT INTO contentKey (kid, type, kek, ciphertext, name, authorizationPolicy, enabled, created)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                Column.blob(key.keyID), key.type.rawValue, key.wrapped.kek.rawValue, Data(key.wrapped.ciphertext),
                key.name, key.authorizationPolicy, key.isEnabled, key.created.timeIntervalSince1970,
            ])
    }

    func setAuthorizationPolicy(_ keyID: KeyID, _ policy: String?) throws {
        if let policy { try require("authorizationPolicy", policy, of: "authorization policy") }
        try execute(
            sql: "UPDATE contentKey SET authorizationPolicy = ? WHERE kid = ?",
            arguments: [policy, Column.blob(keyID)])
        try requireChange("there is no key \(keyID)")
    }

    func deleteContentKey(_ keyID: KeyID) throws {
        try execute(sql: "DELETE FROM contentKey WHERE kid = ?", arguments: [Column.blob(keyID)])
        try requireChange("there is no key \(keyID)")
    }

    /// Binds a key to a label. The key must be of the encryption's type, so that no key ever serves two schemes.
    func insert(_ assignment: KeyAssignment) throws {
        let type = try String.fetchOne(
            self, sql: "SELECT type FROM contentKey WHERE kid = ?", arguments: [Column.blob(assignment.keyID)])
        guard let type else { throw CatalogError(.missing, "there is no key \(assignment.keyID)") }
        guard type == assignment.encryption.keyType?.rawValue else {
            throw CatalogError(
                .conflict, "key \(assignment.keyID) of type \(type) cannot serve \(assignment.encryption)")
        }
        try execute(
            sql: "INSERT INTO keyAssignment (asset, encryption, label, kid) VALUES (?, ?, ?, ?)",
            arguments: [
                assignment.asset, assignment.encryption.rawValue, assignment.label.rawValue,
                Column.blob(assignment.keyID),
            ])
    }

    /// Gives tracks their numbers from the key's counter, which only grows.
    func allocateIVNumbers(_ keyID: KeyID, _ asset: String, _ version: Int, _ tracks: [String]) throws {
        let blob = Column.blob(keyID)
        guard
            var next = try Int64.fetchOne(
                self, sql: "SELECT nextNumber FROM contentKey WHERE kid = ?", arguments: [blob])
        else { throw CatalogError(.missing, "there is no key \(keyID)") }
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
            try execute(
                sql: "INSERT INTO ivAllocation (kid, number, asset, version, track, period) VALUES (?, ?, ?, ?, ?, 0)",
                arguments: [blob, next, asset, version, track])
            next += 1
        }
        try execute(sql: "UPDATE contentKey SET nextNumber = ? WHERE kid = ?", arguments: [next, blob])
    }
}

extension ContentKeyRecord {
    static let columns = "kid, type, kek, ciphertext, name, authorizationPolicy, enabled, created"

    init(row: Row) throws {
        self.init(
            wrapped: WrappedContentKey(
                keyID: try Column.keyID(row["kid"]), type: try Column.word(ContentKeyType.self, row["type"]),
                kek: KEKVersion(rawValue: row["kek"]), ciphertext: Array(row["ciphertext"] as Data)),
            name: row["name"], authorizationPolicy: row["authorizationPolicy"], isEnabled: row["enabled"],
            created: Column.date(row["created"]))
    }
}
