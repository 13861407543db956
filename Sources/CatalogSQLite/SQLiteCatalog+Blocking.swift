public import Catalog
public import ContentKeys
import Foundation
import GRDB

extension SQLiteCatalog {
    /// A secret, read on the calling thread: token verification is synchronous, and the read takes microseconds.
    public func secretBlocking(named name: String) throws -> SecretRecord? {
        do {
            return try pool.read { database in
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

    /// The KEK versions that something in the catalog is wrapped under.
    public func kekVersionsInUse() throws -> [KEKVersion] {
        do {
            return try pool.read { database in
                // A derived key is wrapped under nothing: its seed is.
                try Int.fetchAll(
                    database,
                    sql: """
                        SELECT kek FROM contentKey WHERE seed IS NULL UNION SELECT kek FROM secret
                        UNION SELECT kek FROM keySeed
                        """
                ).map(KEKVersion.init).sorted()
            }
        } catch {
            throw CatalogError(database: error)
        }
    }

    /// One wrapped key, to find at start whether the KEK opens what is stored; nil when there is none.
    public func anyContentKey(under kek: KEKVersion) throws -> ContentKeyRecord? {
        do {
            return try pool.read { database in
                try Row.fetchOne(
                    database, sql: ContentKeyRecord.selection + " WHERE k.kek = ? AND k.seed IS NULL LIMIT 1",
                    arguments: [kek.rawValue]
                ).map(ContentKeyRecord.init)
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
