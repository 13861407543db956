public import Catalog
import Foundation
import GRDB
import Policies

extension SQLiteCatalog {
    public func encryptor(hash: [UInt8]) async throws -> EncryptorRecord? {
        try await read { database in
            let statement = try database.cachedStatement(sql: "SELECT * FROM encryptor WHERE hash = ?")
            return try Row.fetchOne(statement, arguments: [Data(hash)]).map(EncryptorRecord.init)
        }
    }

    public func encryptors(_ page: Page) async throws -> [EncryptorRecord] {
        try await read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM encryptor WHERE name > ? ORDER BY name LIMIT ?",
                arguments: [page.after ?? "", page.limit]
            ).map(EncryptorRecord.init)
        }
    }
}

extension Database {
    func insert(_ record: EncryptorRecord) throws {
        let exists = try Bool.fetchOne(
            self, sql: "SELECT EXISTS (SELECT 1 FROM encryptor WHERE name = ?)", arguments: [record.name])
        guard exists == false else {
            throw CatalogError(.exists, "there is an encryptor '\(record.name)' already; a name is not used again")
        }
        try require("authorizationPolicy", record.encryptor.authorizationPolicy, of: "authorization policy")
        try execute(
            sql: """
                INSERT INTO encryptor (name, hash, authorizationPolicy, mayCreate, created, expires)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                record.name, Data(record.hash), record.encryptor.authorizationPolicy, record.encryptor.mayCreate,
                record.created.timeIntervalSince1970, record.expires?.timeIntervalSince1970,
            ])
    }

    /// The first revocation's time stays.
    func revokeEncryptor(_ name: String, at time: Date) throws {
        try execute(
            sql: "UPDATE encryptor SET revoked = coalesce(revoked, ?) WHERE name = ?",
            arguments: [time.timeIntervalSince1970, name])
        try requireChange("there is no encryptor '\(name)'")
    }
}

extension EncryptorRecord {
    fileprivate init(row: Row) throws {
        self.init(
            encryptor: Encryptor(
                name: row["name"], authorizationPolicy: row["authorizationPolicy"], mayCreate: row["mayCreate"]),
            hash: Array(row["hash"] as Data), created: Column.date(row["created"]),
            expires: (row["expires"] as Double?).map(Column.date),
            revoked: (row["revoked"] as Double?).map(Column.date))
    }
}
