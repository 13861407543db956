public import Catalog
import Foundation
import GRDB
import Policies

extension SQLiteCatalog {
    public func origin(hash: [UInt8]) async throws -> OriginRecord? {
        try await read { database in
            let statement = try database.cachedStatement(sql: "SELECT * FROM origin WHERE hash = ?")
            return try Row.fetchOne(statement, arguments: [Data(hash)]).map(OriginRecord.init)
        }
    }

    public func origins(_ page: Page) async throws -> [OriginRecord] {
        try await read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM origin WHERE name > ? ORDER BY name LIMIT ?",
                arguments: [page.after ?? "", page.limit]
            ).map(OriginRecord.init)
        }
    }
}

extension Database {
    func insert(_ record: OriginRecord) throws {
        let taken = try String.fetchOne(
            self, sql: "SELECT name FROM origin WHERE name = ? OR hash = ?",
            arguments: [record.name, Data(record.hash)])
        if let taken {
            throw CatalogError(
                .exists,
                taken == record.name
                    ? "there is an origin '\(record.name)' already; a name is not used again"
                    : "the certificate is that of origin '\(taken)'; each origin has one of its own")
        }
        try execute(
            sql: "INSERT INTO origin (name, hash, created) VALUES (?, ?, ?)",
            arguments: [record.name, Data(record.hash), record.created.timeIntervalSince1970])
    }

    /// The first revocation's time stays.
    func revokeOrigin(_ name: String, at time: Date) throws {
        try execute(
            sql: "UPDATE origin SET revoked = coalesce(revoked, ?) WHERE name = ?",
            arguments: [time.timeIntervalSince1970, name])
        try requireChange("there is no origin '\(name)'")
    }
}

extension OriginRecord {
    fileprivate init(row: Row) throws {
        self.init(
            name: row["name"], hash: Array(row["hash"] as Data), created: Column.date(row["created"]),
            revoked: (row["revoked"] as Double?).map(Column.date))
    }
}
