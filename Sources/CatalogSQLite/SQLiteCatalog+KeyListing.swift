public import Catalog
public import ContentKeys
public import Foundation
import GRDB
import Policies

extension SQLiteCatalog {
    public func contentKeys(matching query: KeyQuery) async throws -> KeyPage {
        let plan = try KeyQueryPlan(query)
        return try await read { try plan.run($0) }
    }

    /// How SQLite would read a listing, as `EXPLAIN QUERY PLAN` tells: a test holds the indexes against it.
    public func explanation(of query: KeyQuery) async throws -> [String] {
        let plan = try KeyQueryPlan(query)
        return try await read { database in
            try [plan.boundary, plan.page(upTo: nil)].flatMap { request in
                let prepared = try request.makePreparedRequest(database)
                let statement = try database.makeStatement(sql: "EXPLAIN QUERY PLAN " + prepared.statement.sql)
                return try Row.fetchAll(statement, arguments: prepared.statement.arguments).map { row -> String in
                    row["detail"]
                }
            }
        }
    }

    public func keyUses(_ keyID: KeyID) async throws -> KeyUses {
        try await read { database in
            let blob = Column.blob(keyID)
            let assignments = try Row.fetchAll(
                database,
                sql:
                    "SELECT * FROM keyAssignment WHERE kid = ? ORDER BY asset, encryption, label, period, sinceVersion",
                arguments: [blob]
            ).map(KeyAssignment.init)
            return KeyUses(
                assignments: assignments,
                storageOf: try String.fetchOne(
                    database,
                    sql: """
                        SELECT name FROM asset WHERE storageKey = ?1
                        UNION SELECT asset FROM assetFile WHERE storageKey = ?1 LIMIT 1
                        """, arguments: [blob]))
        }
    }

    public func contentKeysDue(at time: Date, limit: Int) async throws -> [KeyID] {
        try await read { database in
            try Data.fetchAll(
                database,
                sql: "SELECT kid FROM contentKey INDEXED BY contentKeyDeletion WHERE deletion <= ? LIMIT ?",
                arguments: [time.timeIntervalSince1970, limit]
            ).map(Column.keyID)
        }
    }

    public func keySeed(named name: String) async throws -> KeySeedRecord? {
        try await read { database in
            try Row.fetchOne(database, sql: "SELECT * FROM keySeed WHERE name = ?", arguments: [name])
                .map(KeySeedRecord.init)
        }
    }

    public func keySeeds() async throws -> [KeySeedRecord] {
        try await read { try $0.keySeeds() }
    }
}

extension Database {
    func keySeeds() throws -> [KeySeedRecord] {
        try Row.fetchAll(cachedStatement(sql: "SELECT * FROM keySeed ORDER BY name")).map(KeySeedRecord.init)
    }
}

extension KeySeedRecord {
    init(row: Row) throws {
        self.init(
            wrapped: WrappedKeySeed(
                name: row["name"], type: try Column.word(ContentKeyType.self, row["type"]),
                kek: KEKVersion(rawValue: row["kek"]), ciphertext: Array(row["ciphertext"] as Data)),
            authorizationPolicy: row["authorizationPolicy"], created: Column.date(row["created"]))
    }
}

extension KeyAssignment {
    init(row: Row) throws {
        self.init(
            asset: row["asset"], encryption: try Column.word(DeliveryEncryption.self, row["encryption"]),
            label: try Column.word(KeyLabel.self, row["label"]), keyID: try Column.keyID(row["kid"]),
            sinceVersion: row["sinceVersion"], period: row["period"])
    }
}
