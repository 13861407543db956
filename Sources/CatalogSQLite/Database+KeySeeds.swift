import Catalog
import ContentKeys
import Foundation
import GRDB
import Policies

extension Database {
    func insert(_ seed: KeySeedRecord) throws {
        if let policy = seed.authorizationPolicy {
            try require("authorizationPolicy", policy, of: "authorization policy")
        }
        let count = try Int.fetchOne(self, sql: "SELECT count(*) FROM keySeed") ?? 0
        guard count < KeySeedRecord.maximumCount else {
            throw CatalogError(.conflict, "there are \(count) key seeds already: use one of them")
        }
        let exists = try Bool.fetchOne(
            self, sql: "SELECT EXISTS (SELECT 1 FROM keySeed WHERE name = ?)", arguments: [seed.name])
        guard exists == false else { throw CatalogError(.exists, "there is a key seed '\(seed.name)' already") }
        try execute(
            sql: """
                INSERT INTO keySeed (name, type, kek, ciphertext, authorizationPolicy, created)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                seed.name, seed.type.rawValue, seed.wrapped.kek.rawValue, Data(seed.wrapped.ciphertext),
                seed.authorizationPolicy, seed.created.timeIntervalSince1970,
            ])
    }

    /// Changes one property of a stored key.
    func change(_ keyID: KeyID, _ change: ContentKeyChange) throws {
        let blob = Column.blob(keyID)
        switch change {
        case .setEnabled(let enabled): try set("enabled = ?", [enabled, blob])
        case .setValidity(let notBefore, let notAfter):
            try set(
                "notBefore = ?, notAfter = ?",
                [notBefore?.timeIntervalSince1970, notAfter?.timeIntervalSince1970, blob])
        case .setLabel(let label): try set("label = ?", [label?.rawValue, blob])
        case .setName(let name): try set("name = ?", [name, blob])
        case .setDeletion(let time):
            if time != nil { try requireUnused(keyID) }
            try set("deletion = ?", [time?.timeIntervalSince1970, blob])
        case .setSupersededBy(let other): try set("supersededBy = ?", [Column.blob(other), blob])
        case .setChecksum(let checksum): try set("checksum = ?", [Data(checksum.bytes), blob])
        }
        try requireChange("there is no key \(keyID)")
    }

    /// `assignments` is a literal of this file.
    private func set(_ assignments: String, _ arguments: StatementArguments) throws {
        try execute(sql: "UPDATE contentKey SET \(assignments) WHERE kid = ?", arguments: arguments)
    }

    /// Throws `inUse` while an asset needs the key.
    private func requireUnused(_ keyID: KeyID) throws {
        let asset = try String.fetchOne(
            self,
            sql: """
                SELECT asset FROM keyAssignment WHERE kid = ? UNION SELECT name FROM asset WHERE storageKey = ?
                UNION SELECT asset FROM assetFile WHERE storageKey = ? UNION SELECT asset FROM ivAllocation WHERE kid = ?
                LIMIT 1
                """,
            arguments: [Column.blob(keyID), Column.blob(keyID), Column.blob(keyID), Column.blob(keyID)])
        guard let asset else { return }
        throw CatalogError(.inUse, "asset '\(asset)' needs the key \(keyID)")
    }

    /// Removes a key that is due and that nothing needs. Its counter stays behind.
    func removeContentKey(_ keyID: KeyID, dueAt time: Date) throws {
        let blob = Column.blob(keyID)
        try requireUnused(keyID)
        let next = try Int64.fetchOne(
            self, sql: "SELECT nextNumber FROM contentKey WHERE kid = ? AND deletion <= ?",
            arguments: [blob, time.timeIntervalSince1970])
        guard let next else { throw CatalogError(.missing, "there is no key \(keyID) whose deletion is due") }
        try execute(
            sql: """
                INSERT INTO removedContentKey (kid, nextNumber, removed) VALUES (?, ?, ?)
                ON CONFLICT (kid) DO UPDATE SET nextNumber = max(nextNumber, excluded.nextNumber),
                    removed = excluded.removed
                """, arguments: [blob, next, time.timeIntervalSince1970])
        try execute(sql: "DELETE FROM contentKey WHERE kid = ?", arguments: [blob])
    }
}
