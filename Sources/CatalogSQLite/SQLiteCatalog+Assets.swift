public import Catalog
import ContentKeys
import Foundation
import GRDB
import MediaModel

extension SQLiteCatalog {
    public func asset(named name: String) async throws -> AssetRecord? {
        try await read { try $0.asset(named: name) }
    }

    public func assets(_ page: Page) async throws -> [AssetRecord] {
        try await read { database in
            try Row.fetchAll(
                database,
                sql: "SELECT \(AssetRecord.columns) FROM asset WHERE name > ? ORDER BY name LIMIT ?",
                arguments: [page.after ?? "", page.limit]
            ).map(AssetRecord.init)
        }
    }

    public func assetsWithPoster(among names: [String]) async throws -> Set<String> {
        try await read { database in
            try Set(
                String.fetchAll(
                    database,
                    sql: """
                        SELECT asset.name FROM asset
                        JOIN track ON track.asset = asset.name AND track.version = asset.currentVersion
                        WHERE asset.name IN (SELECT value FROM json_each(?))
                            AND json_extract(track.description, '$.image.role') = ?
                        """, arguments: [try Column.json(names), ImageFormat.Role.poster.rawValue]))
        }
    }

    public func assetVersion(asset: String, number: Int) async throws -> AssetVersionRecord? {
        try await read { database in
            guard
                let row = try Row.fetchOne(
                    database,
                    sql: "SELECT created, job, storageAccount FROM assetVersion WHERE asset = ? AND number = ?",
                    arguments: [asset, number])
            else { return nil }
            let tracks = try Row.fetchAll(
                database, sql: "SELECT * FROM track WHERE asset = ? AND version = ? ORDER BY position",
                arguments: [asset, number]
            ).map(TrackRecord.init)
            return AssetVersionRecord(
                asset: asset, number: number, created: Column.date(row["created"]),
                job: (row["job"] as String?).map(JobID.init), tracks: tracks,
                storageAccount: row["storageAccount"])
        }
    }

    public func assetVersions(asset: String) async throws -> [Int] {
        try await read {
            try Int.fetchAll(
                $0, sql: "SELECT number FROM assetVersion WHERE asset = ? ORDER BY number", arguments: [asset])
        }
    }

    public func reserveVersion(asset: String) async throws -> Int {
        try await write { database in
            let number = try Int.fetchOne(
                database,
                sql: "UPDATE asset SET nextVersion = nextVersion + 1 WHERE name = ? RETURNING nextVersion - 1",
                arguments: [asset])
            guard let number else { throw CatalogError(.missing, "there is no asset '\(asset)'") }
            return number
        }
    }

    public func reserveFileNonces(asset: String, count: Int) async throws -> [UInt64] {
        guard (1...1_000_000).contains(count) else { throw CatalogError(.conflict, "\(count) nonces at once") }
        return try await write { database in
            let end = try Int64.fetchOne(
                database, sql: "UPDATE asset SET nextNonce = nextNonce + ? WHERE name = ? RETURNING nextNonce",
                arguments: [count, asset])
            guard let end else { throw CatalogError(.missing, "there is no asset '\(asset)'") }
            return ((end - Int64(count))..<end).map { UInt64($0) }
        }
    }
}

extension Database {
    func asset(named name: String) throws -> AssetRecord? {
        let statement = try cachedStatement(
            sql: "SELECT \(AssetRecord.columns) FROM asset WHERE name = ?")
        return try Row.fetchOne(statement, arguments: [name]).map(AssetRecord.init)
    }
}

extension AssetRecord {
    fileprivate static let columns =
        "name, created, currentVersion, storageKey, takenDown, takedownReason, storageAccount"

    init(row: Row) throws {
        self.init(
            name: row["name"], created: Column.date(row["created"]), currentVersion: row["currentVersion"],
            storageKey: try Column.keyID(row["storageKey"]),
            takedown: (row["takenDown"] as Double?).map {
                Takedown(time: Column.date($0), reason: row["takedownReason"])
            }, storageAccount: row["storageAccount"])
    }
}
