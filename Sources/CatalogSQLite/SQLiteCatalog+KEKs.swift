public import Catalog
public import ContentKeys
import Foundation
import GRDB

extension SQLiteCatalog {
    public func kekVersions() async throws -> [KEKVersionRecord] {
        try await read { try $0.kekVersions() }
    }

    public func kekUsage() async throws -> [KEKUsage] {
        try await read { try $0.kekUsage() }
    }

    public func contentKeys(under kek: KEKVersion, _ page: Page) async throws -> [WrappedContentKey] {
        let after = page.after.flatMap { KeyID($0) }.map(Column.blob) ?? Data()
        return try await read { database in
            try Row.fetchAll(
                database,
                sql: ContentKeyRecord.selection + """
                     WHERE k.kek = ? AND k.seed IS NULL AND k.kid > ? ORDER BY k.kid LIMIT ?
                    """, arguments: [kek.rawValue, after, page.limit]
            ).map { try ContentKeyRecord(row: $0).wrapped }
        }
    }

    public func secrets(under kek: KEKVersion, _ page: Page) async throws -> [SecretRecord] {
        try await read { database in
            try Row.fetchAll(
                database,
                sql: "SELECT name, ciphertext, created FROM secret WHERE kek = ? AND name > ? ORDER BY name LIMIT ?",
                arguments: [kek.rawValue, page.after ?? "", page.limit]
            ).map { row in
                SecretRecord(
                    name: row["name"], kek: kek, ciphertext: Array(row["ciphertext"] as Data),
                    created: Column.date(row["created"]))
            }
        }
    }

    public func rewrap(_ batch: RewrappedBatch) async throws -> Int {
        try await write { try $0.rewrap(batch) }
    }

    /// The versions, read on the calling thread: who wraps a key asks which one is current, and the read takes
    /// microseconds.
    public func kekVersionsBlocking() throws -> [KEKVersionRecord] {
        do {
            return try immediate.read { try $0.kekVersions() }
        } catch {
            throw CatalogError(database: error)
        }
    }
}
