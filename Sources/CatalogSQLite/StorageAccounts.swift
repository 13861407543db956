public import Catalog
import Foundation
import GRDB

extension Migrations {
    static let storageAccounts = """
        CREATE TABLE storageAccount (
            name TEXT PRIMARY KEY NOT NULL,
            identity TEXT NOT NULL,
            created REAL NOT NULL
        ) STRICT;
        -- NULL for the default account.
        ALTER TABLE asset ADD COLUMN storageAccount TEXT;
        ALTER TABLE assetVersion ADD COLUMN storageAccount TEXT;
        ALTER TABLE originalPart ADD COLUMN storageAccount TEXT;
        ALTER TABLE job ADD COLUMN storageAccount TEXT;
        """
}

extension SQLiteCatalog {
    public func storageAccounts() async throws -> [StorageAccountRecord] {
        try await read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM storageAccount ORDER BY name").map { row in
                StorageAccountRecord(
                    name: row["name"], identity: row["identity"], created: Column.date(row["created"]))
            }
        }
    }

    public func storageUse() async throws -> [StorageAccountUse] {
        try await read { database in
            var uses: [String?: StorageAccountUse] = [:]
            let versions = try Row.fetchAll(
                database,
                sql: """
                    SELECT storageAccount AS account,
                        count(DISTINCT assetVersion.asset || '/' || assetVersion.number) AS count,
                        coalesce(sum(mediaSize), 0) AS size
                    FROM assetVersion LEFT JOIN track ON track.asset = assetVersion.asset
                        AND track.version = assetVersion.number
                    GROUP BY storageAccount
                    """)
            for row in versions {
                let account: String? = row["account"]
                uses[account, default: StorageAccountUse(account: account)].versions = row["count"]
                uses[account]?.size = Column.unsigned(row["size"])
            }
            let originals = try Row.fetchAll(
                database,
                sql: """
                    SELECT storageAccount AS account, count(DISTINCT file) AS count, coalesce(sum(size), 0) AS size
                    FROM originalPart GROUP BY storageAccount
                    """)
            for row in originals {
                let account: String? = row["account"]
                uses[account, default: StorageAccountUse(account: account)].originals = row["count"]
                uses[account]?.size += Column.unsigned(row["size"])
            }
            return uses.values.sorted { ($0.account ?? "") < ($1.account ?? "") }
        }
    }
}

extension Database {
    func insert(_ account: StorageAccountRecord) throws {
        let exists = try Bool.fetchOne(
            self, sql: "SELECT EXISTS (SELECT 1 FROM storageAccount WHERE name = ?)", arguments: [account.name])
        guard exists == false else {
            throw CatalogError(.exists, "storage account '\(account.name)' was set up already")
        }
        try execute(
            sql: "INSERT INTO storageAccount (name, identity, created) VALUES (?, ?, ?)",
            arguments: [account.name, account.identity, account.created.timeIntervalSince1970])
    }

    /// After a restoration media is in accounts that were set up anew, and in the default one.
    func replaceStorageAccounts(by accounts: [StorageAccountRecord]) throws {
        let names = accounts.map { _ in "?" }.joined(separator: ", ")
        for table in ["asset", "assetVersion", "originalPart", "job"] {
            try execute(
                sql: "UPDATE \(table) SET storageAccount = NULL WHERE storageAccount NOT IN (\(names))",
                arguments: StatementArguments(accounts.map(\.name)))
        }
        try execute(sql: "DELETE FROM storageAccount")
        for account in accounts { try insert(account) }
    }
}
