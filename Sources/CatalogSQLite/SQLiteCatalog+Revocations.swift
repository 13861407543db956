public import Catalog
public import Foundation
import GRDB
import Policies

extension SQLiteCatalog {
    public func revocations(_ page: Page) async throws -> [RevocationRecord] {
        try await read { try $0.revocations(after: page.after ?? "", limit: page.limit) }
    }

    public func removeExpiredRevocations(at time: Date) async throws -> Int {
        try await write { database in
            try database.execute(
                sql: "DELETE FROM revocation WHERE expires <= ?", arguments: [time.timeIntervalSince1970])
            return database.changesCount
        }
    }

    /// A page of the revocations, read on the calling thread: decisions are synchronous.
    public func revocationsBlocking(after id: String, limit: Int) throws -> [RevocationRecord] {
        do {
            return try immediate.read { try $0.revocations(after: id, limit: limit) }
        } catch {
            throw CatalogError(database: error)
        }
    }

    /// The revocations of some things, read on the calling thread.
    public func revocationsBlocking(ids: [String]) throws -> [RevocationRecord] {
        do {
            return try immediate.read { database in
                let statement = try database.cachedStatement(sql: "SELECT * FROM revocation WHERE id = ?")
                return try ids.compactMap { try Row.fetchOne(statement, arguments: [$0]).map(RevocationRecord.init) }
            }
        } catch {
            throw CatalogError(database: error)
        }
    }
}

extension Database {
    fileprivate func revocations(after id: String, limit: Int) throws -> [RevocationRecord] {
        try Row.fetchAll(
            self, sql: "SELECT * FROM revocation WHERE id > ? ORDER BY id LIMIT ?", arguments: [id, limit]
        ).map(RevocationRecord.init)
    }

    func put(_ revocation: RevocationRecord) throws {
        try execute(
            sql: """
                INSERT INTO revocation (id, kind, value, issuer, reason, created, expires) VALUES (?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET reason = excluded.reason, expires = excluded.expires
                """,
            arguments: [
                revocation.id, revocation.thing.kind.rawValue, revocation.thing.value, revocation.thing.issuer,
                revocation.reason, revocation.created.timeIntervalSince1970, revocation.expires?.timeIntervalSince1970,
            ])
    }

    func deleteRevocation(_ id: String) throws {
        try execute(sql: "DELETE FROM revocation WHERE id = ?", arguments: [id])
        try requireChange("there is no revocation '\(id)'")
    }
}

extension RevocationRecord {
    fileprivate init(row: Row) throws {
        let kind = try Column.word(Kind.self, row["kind"])
        guard let thing = RevokedThing(kind, value: row["value"], issuer: row["issuer"]) else {
            throw CatalogError(.corrupt, "a revocation of kind '\(kind.rawValue)' has no value of its kind")
        }
        self.init(
            thing, reason: row["reason"], created: Column.date(row["created"]),
            expires: (row["expires"] as Double?).map(Column.date))
    }
}
