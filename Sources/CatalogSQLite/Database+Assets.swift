import Catalog
import Foundation
import GRDB
import MediaModel

extension Database {
    /// A new asset's counters start after what a worker may have used for its first version before the asset was there.
    func insert(_ asset: AssetRecord) throws {
        guard AssetRecord.isName(asset.name) else { throw CatalogError(.conflict, "'\(asset.name)' is not a name") }
        let exists = try Bool.fetchOne(
            self, sql: "SELECT EXISTS (SELECT 1 FROM asset WHERE name = ?)", arguments: [asset.name])
        guard exists == false else { throw CatalogError(.exists, "there is an asset '\(asset.name)' already") }
        try execute(
            sql: """
                INSERT INTO asset (name, created, currentVersion, storageKey, storageAccount, nextVersion, nextNonce)
                VALUES (?, ?, ?, ?, ?, 1, 0)
                """,
            arguments: [
                asset.name, asset.created.timeIntervalSince1970, asset.currentVersion, Column.blob(asset.storageKey),
                asset.storageAccount,
            ])
    }

    /// Records a complete version, makes it the current one unless it is said otherwise, and moves the counters past what it
    /// uses.
    func insert(_ version: AssetVersionRecord, isCurrent: Bool = true) throws {
        guard
            let asset = try Row.fetchOne(
                self, sql: "SELECT currentVersion FROM asset WHERE name = ?", arguments: [version.asset])
        else { throw CatalogError(.missing, "there is no asset '\(version.asset)'") }
        if let current = asset["currentVersion"] as Int?, current >= version.number {
            throw CatalogError(.conflict, "asset '\(version.asset)' is at version \(current) already")
        }
        guard !version.tracks.isEmpty else { throw CatalogError(.conflict, "a version needs a track") }
        try execute(
            sql: "INSERT INTO assetVersion (asset, number, created, job, storageAccount) VALUES (?, ?, ?, ?, ?)",
            arguments: [
                version.asset, version.number, version.created.timeIntervalSince1970, version.job?.rawValue,
                version.storageAccount,
            ])
        do {
            for (position, track) in version.tracks.enumerated() { try insert(track, position, of: version) }
        } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_CONSTRAINT_TRIGGER {
            throw CatalogError(.conflict, "version \(version.number) of '\(version.asset)': \(error.message ?? "")")
        }
        let highestNonce = version.tracks.map(\.mediaNonce).max() ?? 0
        try execute(
            sql: """
                UPDATE asset SET currentVersion = coalesce(?, currentVersion), nextVersion = max(nextVersion, ?), nextNonce = max(nextNonce, ?)
                WHERE name = ?
                """,
            arguments: [
                isCurrent ? version.number : nil, version.number + 1, Column.signed(highestNonce &+ 1), version.asset,
            ])
    }

    /// Nil where nothing is served.
    func currentVersion(ofAsset name: String) throws -> Int? {
        try Int.fetchOne(self, sql: "SELECT currentVersion FROM asset WHERE name = ?", arguments: [name])
    }

    private func insert(_ track: TrackRecord, _ position: Int, of version: AssetVersionRecord) throws {
        try execute(
            sql: """
                INSERT INTO track (asset, version, position, name, description, duration, segmentCount, mediaFile,
                    indexFile, mediaSize, mediaNonce, indexDigest, storageEncrypted, tagsDigest, indexTag)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                version.asset, version.number, position, track.description.name, try Column.json(track.description),
                Column.signed(track.duration), track.segmentCount, track.mediaFile, track.indexFile,
                Column.signed(track.mediaSize), Column.signed(track.mediaNonce), Data(track.indexDigest),
                track.isStorageEncrypted, track.tagsDigest.map { Data($0) }, track.indexTag.map { Data($0) },
            ])
    }
}

extension TrackRecord {
    init(row: Row) throws {
        self.init(
            description: try Column.value(TrackDescription.self, json: row["description"]),
            duration: Column.unsigned(row["duration"]), segmentCount: row["segmentCount"],
            mediaFile: row["mediaFile"], indexFile: row["indexFile"], mediaSize: Column.unsigned(row["mediaSize"]),
            mediaNonce: Column.unsigned(row["mediaNonce"]), indexDigest: Array(row["indexDigest"] as Data),
            isStorageEncrypted: row["storageEncrypted"], tagsDigest: (row["tagsDigest"] as Data?).map { Array($0) },
            indexTag: (row["indexTag"] as Data?).map { Array($0) })
    }
}
