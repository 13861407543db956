public import Catalog
import Foundation
import GRDB

extension SQLiteCatalog {
    public func adminToken(hash: [UInt8]) async throws -> AdminTokenRecord? {
        try await read { database in
            let statement = try database.cachedStatement(sql: "SELECT * FROM adminToken WHERE hash = ?")
            return try Row.fetchOne(statement, arguments: [Data(hash)]).map(AdminTokenRecord.init)
        }
    }

    public func adminTokens(_ page: Page) async throws -> [AdminTokenRecord] {
        try await read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM adminToken WHERE name > ? ORDER BY name LIMIT ?",
                arguments: [page.after ?? "", page.limit]
            ).map(AdminTokenRecord.init)
        }
    }
}

extension Database {
    func insert(_ token: AdminTokenRecord) throws {
        let exists = try Bool.fetchOne(
            self, sql: "SELECT EXISTS (SELECT 1 FROM adminToken WHERE name = ?)", arguments: [token.name])
        guard exists == false else {
            throw CatalogError(.exists, "there is an admin token '\(token.name)' already; a name is not used again")
        }
        try execute(
            sql: "INSERT INTO adminToken (name, role, hash, created, expires) VALUES (?, ?, ?, ?, ?)",
            arguments: [
                token.name, token.role.rawValue, Data(token.hash), token.created.timeIntervalSince1970,
                token.expires?.timeIntervalSince1970,
            ])
    }

    /// The first revocation's time stays.
    func revokeAdminToken(_ name: String, at time: Date) throws {
        try execute(
            sql: "UPDATE adminToken SET revoked = coalesce(revoked, ?) WHERE name = ?",
            arguments: [time.timeIntervalSince1970, name])
        try requireChange("there is no admin token '\(name)'")
    }
}

extension AdminTokenRecord {
    fileprivate init(row: Row) throws {
        self.init(
            name: row["name"], role: try Column.word(AdminRole.self, row["role"]), hash: Array(row["hash"] as Data),
            created: Column.date(row["created"]), expires: (row["expires"] as Double?).map(Column.date),
            revoked: (row["revoked"] as Double?).map(Column.date))
    }
}
