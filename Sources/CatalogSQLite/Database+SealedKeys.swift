import Catalog
import Foundation
import GRDB

extension Migrations {
    /// Not in the change log: nobody keeps it in memory.
    static let sealedKeyUses = """
        CREATE TABLE sealedKeyUse (
            digest BLOB PRIMARY KEY NOT NULL CHECK (length(digest) = 32),
            time REAL NOT NULL
        ) STRICT, WITHOUT ROWID;
        """
}

extension Database {
    func insert(_ use: SealedKeyUse) throws {
        let isUsed = try Bool.fetchOne(
            self, sql: "SELECT EXISTS (SELECT 1 FROM sealedKeyUse WHERE digest = ?)", arguments: [Data(use.digest)])
        guard isUsed == false else {
            throw CatalogError(
                .conflict, "the file's sealed key was used before, maybe for a file that was deleted: seal it anew")
        }
        try execute(
            sql: "INSERT INTO sealedKeyUse (digest, time) VALUES (?, ?)",
            arguments: [Data(use.digest), use.time.timeIntervalSince1970])
    }
}
