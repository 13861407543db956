public import Catalog
public import ContentKeys
import Foundation
import GRDB
import Policies
import Synchronization

extension SQLiteCatalog {
    public func keyLookup(_ keyID: KeyID) async throws -> KeyLookup? {
        let stored = try await read { [policies] database -> KeyLookup? in
            try database.contentKey(keyID).map {
                KeyLookup(
                    key: $0, policy: try database.policy(of: $0, policies), isWithheld: try database.isWithheld(keyID))
            }
        }
        if let stored { return stored }
        guard let derived = try await derivedKey(keyID) else { return nil }
        return KeyLookup(key: derived, policy: try await read { [policies] in try $0.policy(of: derived, policies) })
    }

    public func contentKey(_ keyID: KeyID) async throws -> ContentKeyRecord? {
        if let stored = try await read({ try $0.contentKey(keyID) }) { return stored }
        return try await derivedKey(keyID)
    }

    /// A key without a row, when one of the seeds knows its KID.
    private func derivedKey(_ keyID: KeyID) async throws -> ContentKeyRecord? {
        guard let recogniser = recogniser.withLock({ $0 }), keyID.version == 8 else { return nil }
        return try await read { try $0.keySeeds() }.first { recogniser.owns(keyID, $0.wrapped) }?.key(keyID)
    }

    public func contentKey(named name: String) async throws -> ContentKeyRecord? {
        try await read { database in
            try Row.fetchOne(database, sql: ContentKeyRecord.selection + " WHERE k.name = ?", arguments: [name])
                .map(ContentKeyRecord.init)
        }
    }

    public func contentKeys(_ page: Page) async throws -> [ContentKeyRecord] {
        let after = page.after.flatMap { KeyID($0) }.map(Column.blob) ?? Data()
        return try await read { database in
            try Row.fetchAll(
                database, sql: ContentKeyRecord.selection + " WHERE k.kid > ? ORDER BY k.kid LIMIT ?",
                arguments: [after, page.limit]
            ).map(ContentKeyRecord.init)
        }
    }

    public func keyAssignments(asset: String) async throws -> [KeyAssignment] {
        try await read { database in
            let statement = try database.cachedStatement(
                sql: "SELECT * FROM keyAssignment WHERE asset = ? ORDER BY encryption, label, period, sinceVersion")
            return try Row.fetchAll(statement, arguments: [asset]).map(KeyAssignment.init)
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
}

extension Database {
    func contentKey(_ keyID: KeyID) throws -> ContentKeyRecord? {
        let statement = try cachedStatement(sql: ContentKeyRecord.selection + " WHERE k.kid = ?")
        return try Row.fetchOne(statement, arguments: [Column.blob(keyID)]).map(ContentKeyRecord.init)
    }

    fileprivate func policy(of key: ContentKeyRecord, _ policies: DecodedPolicies) throws -> AuthorizationPolicy? {
        let statement = try cachedStatement(sql: "SELECT document FROM authorizationPolicy WHERE name = ?")
        let document = try key.authorizationPolicy.flatMap { try String.fetchOne(statement, arguments: [$0]) }
        return try document.map { try policies.policy(of: $0) }
    }
}
