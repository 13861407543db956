public import Catalog
public import ContentKeys
import Foundation
import GRDB
public import Policies

extension SQLiteCatalog {
    public func keyLookup(_ keyID: KeyID) async throws -> KeyLookup? {
        try await read { database -> KeyLookup? in
            guard let key = try database.contentKey(keyID) else { return nil }
            let statement = try database.cachedStatement(
                sql: "SELECT document FROM authorizationPolicy WHERE name = ?")
            let document = try key.authorizationPolicy.flatMap { try String.fetchOne(statement, arguments: [$0]) }
            return KeyLookup(
                key: key, policy: try document.map { try Column.value(AuthorizationPolicy.self, json: $0) })
        }
    }

    public func contentKey(_ keyID: KeyID) async throws -> ContentKeyRecord? {
        try await read { try $0.contentKey(keyID) }
    }

    public func contentKey(named name: String) async throws -> ContentKeyRecord? {
        try await read { database in
            try Row.fetchOne(
                database, sql: "SELECT \(ContentKeyRecord.columns) FROM contentKey WHERE name = ?", arguments: [name]
            ).map(ContentKeyRecord.init)
        }
    }

    public func contentKeys(_ page: Page) async throws -> [ContentKeyRecord] {
        let after = page.after.flatMap { KeyID($0) }.map(Column.blob) ?? Data()
        return try await read { database in
            try Row.fetchAll(
                database, sql: "SELECT \(ContentKeyRecord.columns) FROM contentKey WHERE kid > ? ORDER BY kid LIMIT ?",
                arguments: [after, page.limit]
            ).map(ContentKeyRecord.init)
        }
    }

    public func keyAssignments(asset: String) async throws -> [KeyAssignment] {
        try await read { database in
            let statement = try database.cachedStatement(
                sql: "SELECT encryption, label, kid FROM keyAssignment WHERE asset = ? ORDER BY encryption, label")
            return try Row.fetchAll(statement, arguments: [asset]).map { row in
                KeyAssignment(
                    asset: asset, encryption: try Column.word(DeliveryEncryption.self, row["encryption"]),
                    label: try Column.word(KeyLabel.self, row["label"]), keyID: try Column.keyID(row["kid"]))
            }
        }
    }

    public func ivAllocations(keyID: KeyID, asset: String, version: Int) async throws -> [IVAllocation] {
        try await read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT number, track, period FROM ivAllocation WHERE kid = ? AND asset = ? AND version = ?
                    ORDER BY number
                    """, arguments: [Column.blob(keyID), asset, version]
            ).map { row in
                guard let number = UInt32(exactly: row["number"] as Int64) else {
                    throw CatalogError(.corrupt, "a stored IV number is out of range")
                }
                return IVAllocation(
                    keyID: keyID, number: number, asset: asset, version: version, track: row["track"],
                    period: row["period"])
            }
        }
    }

    public func countUse(_ limit: UseLimit) async throws -> Bool {
        let identity = Data(limit.tokenIdentity)
        let expires = limit.expires.timeIntervalSince1970
        return try await write { database in
            // A token that is past its time is refused before it is counted, so its count may go.
            try database.execute(
                sql: "DELETE FROM tokenUse WHERE expires < ?", arguments: [Date().timeIntervalSince1970 - 3600])
            let uses =
                try Int.fetchOne(database, sql: "SELECT uses FROM tokenUse WHERE identity = ?", arguments: [identity])
                ?? 0
            guard uses < limit.maximum else { return false }
            try database.execute(
                sql: """
                    INSERT INTO tokenUse (identity, uses, expires) VALUES (?, 1, ?)
                    ON CONFLICT (identity) DO UPDATE SET uses = uses + 1
                    """, arguments: [identity, expires])
            return true
        }
    }
}

extension Database {
    func contentKey(_ keyID: KeyID) throws -> ContentKeyRecord? {
        let statement = try cachedStatement(sql: "SELECT \(ContentKeyRecord.columns) FROM contentKey WHERE kid = ?")
        return try Row.fetchOne(statement, arguments: [Column.blob(keyID)]).map(ContentKeyRecord.init)
    }
}
