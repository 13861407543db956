public import Catalog
import Foundation
import GRDB

extension SQLiteCatalog {
    /// The key set that was stored last for an address; nil when there is none.
    public func keySet(kind: String, url: String) async throws -> KeySetRecord? {
        try await read { database in
            try Row.fetchOne(
                database, sql: "SELECT issuer, document, fetched FROM keySet WHERE kind = ? AND url = ?",
                arguments: [kind, url]
            ).map { row in
                let document: Data = row["document"]
                return KeySetRecord(
                    kind: kind, url: url, issuer: row["issuer"], document: Array(document),
                    fetched: Date(timeIntervalSince1970: row["fetched"]))
            }
        }
    }

    /// Stores a key set in place of an older one. A younger one, of another process, stays.
    public func putKeySet(_ set: KeySetRecord) async throws {
        try await write { database in
            try database.execute(
                sql: """
                    INSERT INTO keySet (kind, url, issuer, document, fetched) VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT (kind, url) DO UPDATE SET
                        issuer = excluded.issuer, document = excluded.document, fetched = excluded.fetched
                        WHERE excluded.fetched > keySet.fetched
                    """,
                arguments: [
                    set.kind, set.url, set.issuer, Data(set.document), set.fetched.timeIntervalSince1970,
                ])
        }
    }
}
