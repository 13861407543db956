public import Catalog
import ContentKeys
import Foundation
import GRDB

extension SQLiteCatalog {
    /// A secret, read on the calling thread: token verification is synchronous, and the read takes microseconds.
    public func secretBlocking(named name: String) throws -> SecretRecord? {
        do {
            return try immediate.read { database in
                let statement = try database.cachedStatement(
                    sql: "SELECT kek, ciphertext, created FROM secret WHERE name = ?")
                return try Row.fetchOne(statement, arguments: [name]).map { row in
                    SecretRecord(
                        name: name, kek: KEKVersion(rawValue: row["kek"]), ciphertext: Array(row["ciphertext"] as Data),
                        created: Column.date(row["created"]))
                }
            }
        } catch {
            throw CatalogError(database: error)
        }
    }
}

extension SQLiteCatalog {
    /// `PRAGMA synchronous` of the writer: 2 is FULL. GRDB resets it when it opens a database, so a test asks.
    public func synchronousLevel() throws -> Int {
        try pool.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA synchronous") ?? -1 }
    }
}
