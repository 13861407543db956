public import Catalog
import ContentKeys
public import Foundation
import GRDB

extension SQLiteCatalog {
    public func assetFile(_ id: AssetFileID) async throws -> AssetFileRecord? {
        try await read { try $0.assetFiles("id = ?", [id.rawValue]).first }
    }

    public func assetFile(asset: String, name: String) async throws -> AssetFileRecord? {
        try await read { try $0.assetFiles("asset = ? AND name = ?", [asset, name]).first }
    }

    public func assetFiles(asset: String) async throws -> [AssetFileRecord] {
        try await read { try $0.assetFiles("asset = ? ORDER BY name", [asset]) }
    }

    public func assetFiles(in state: AssetFileState) async throws -> [AssetFileRecord] {
        try await read { try $0.assetFiles("state = ? ORDER BY id", [state.rawValue]) }
    }

    public func assetFiles(digest: [UInt8]) async throws -> [AssetFileRecord] {
        try await read { try $0.assetFiles("digest = ? ORDER BY id LIMIT 100", [Data(digest)]) }
    }

    public func upload(_ id: UploadID) async throws -> UploadRecord? {
        try await read { try $0.upload(id) }
    }

    public func upload(of file: AssetFileID) async throws -> UploadRecord? {
        try await read { database in
            try database.uploads(
                "isPartial = 0 AND json_extract(document, '$.role.whole._0') = ? LIMIT 1", [file.rawValue]
            ).first
        }
    }

    public func uploads(expiringBefore time: Date) async throws -> [UploadRecord] {
        try await read { try $0.uploads("expires < ? ORDER BY id LIMIT 1000", [time.timeIntervalSince1970]) }
    }

    public func upload(into asset: String, attempt: String) async throws -> UploadRecord? {
        try await read {
            try $0.uploads(
                "asset = ? AND json_extract(document, '$.attempt') = ? ORDER BY expires DESC LIMIT 1", [asset, attempt]
            ).first
        }
    }

    public func uploadedBytes() async throws -> UInt64 {
        try await read { try $0.uploadedBytes() }
    }

    public func isOriginalKnown(_ part: String) async throws -> Bool {
        try await read { database in
            try Bool.fetchOne(
                database,
                sql: """
                    SELECT EXISTS (SELECT 1 FROM originalPart WHERE id = ?1)
                        OR EXISTS (
                            SELECT 1 FROM upload, json_each(upload.document, '$.parts') AS part
                            WHERE json_extract(part.value, '$.id') = ?1)
                    """, arguments: [part]) ?? false
        }
    }
}

extension Database {
    func assetFiles(_ condition: String, _ arguments: StatementArguments) throws -> [AssetFileRecord] {
        let rows = try Row.fetchAll(self, sql: "SELECT * FROM assetFile WHERE " + condition, arguments: arguments)
        // All at once: an asset may have thousands of files.
        let parts = try Row.fetchAll(
            self,
            sql: """
                SELECT * FROM originalPart WHERE file IN (SELECT id FROM assetFile WHERE \(condition))
                ORDER BY file, position
                """, arguments: arguments)
        let partsOfFiles = Dictionary(grouping: parts) { $0["file"] as String }
        return try rows.map { try AssetFileRecord(row: $0, parts: partsOfFiles[$0["id"]] ?? []) }
    }

    fileprivate func uploads(_ condition: String, _ arguments: StatementArguments) throws -> [UploadRecord] {
        try String.fetchAll(self, sql: "SELECT document FROM upload WHERE " + condition, arguments: arguments)
            .map { try Column.value(UploadRecord.self, json: $0) }
    }

    func upload(_ id: UploadID) throws -> UploadRecord? {
        try uploads("id = ?", [id.rawValue]).first
    }

    func uploadedBytes() throws -> UInt64 {
        let sum = try Int64.fetchOne(
            self,
            sql: """
                SELECT (SELECT coalesce(sum(size), 0) FROM assetFile)
                    + (SELECT coalesce(sum(length), 0) FROM upload WHERE isPartial = 1)
                """)
        return Column.unsigned(sum ?? 0)
    }

    func countAssetFiles(_ asset: String) throws -> Int {
        try Int.fetchOne(self, sql: "SELECT count(*) FROM assetFile WHERE asset = ?", arguments: [asset]) ?? 0
    }

    func insert(_ file: AssetFileRecord) throws {
        guard AssetFileRecord.isName(file.name) else {
            throw CatalogError(
                .conflict,
                "'\(file.name.prefix(64))' cannot name a file: letters, digits, '.', '_', '-', '+', and '/' between parts"
            )
        }
        try require("asset", file.asset, of: "asset")
        let exists = try Bool.fetchOne(
            self, sql: "SELECT EXISTS (SELECT 1 FROM assetFile WHERE asset = ? AND name = ?)",
            arguments: [file.asset, file.name])
        guard exists == false else {
            throw CatalogError(.exists, "asset '\(file.asset)' has a file '\(file.name)' already")
        }
        try requireNoFolder(file)
        try execute(
            sql: """
                INSERT INTO assetFile (id, asset, name, contentType, size, digest, state, reason, storageKey, created,
                    changed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                file.id.rawValue, file.asset, file.name, file.contentType, Column.signed(file.size),
                file.digest.map { Data($0) }, file.state.rawValue, file.reason, file.storageKey.map(Column.blob),
                file.created.timeIntervalSince1970, file.changed.timeIntervalSince1970,
            ])
        try replaceParts(of: file)
    }

    /// A name is that of a file or of a folder of files, in exactly these letters: whoever writes an asset out to a disk has
    /// room for both.
    private func requireNoFolder(_ file: AssetFileRecord) throws {
        let parts = file.name.split(separator: "/")
        for count in 1..<max(parts.count, 1) {
            let folder = parts[..<count].joined(separator: "/")
            let isFile = try Bool.fetchOne(
                self, sql: "SELECT EXISTS (SELECT 1 FROM assetFile WHERE asset = ? AND name = ?)",
                arguments: [file.asset, folder])
            guard isFile == false else {
                throw CatalogError(
                    .conflict, "asset '\(file.asset)' has a file '\(folder)', which cannot be the folder of another")
            }
        }
        // All that begins with the name and a slash: '0' comes behind '/'.
        let inside = try String.fetchOne(
            self, sql: "SELECT name FROM assetFile WHERE asset = ? AND name > ? AND name < ? LIMIT 1",
            arguments: [file.asset, file.name + "/", file.name + "0"])
        if let inside {
            throw CatalogError(
                .conflict, "asset '\(file.asset)' has a file '\(inside)': '\(file.name)' is a folder there")
        }
    }

    func update(_ file: AssetFileRecord) throws {
        try execute(
            sql: "UPDATE assetFile SET digest = ?, state = ?, reason = ?, changed = ? WHERE id = ?",
            arguments: [
                file.digest.map { Data($0) }, file.state.rawValue, file.reason, file.changed.timeIntervalSince1970,
                file.id.rawValue,
            ])
        try requireChange("there is no file \(file.id)")
        try replaceParts(of: file)
    }

    private func replaceParts(of file: AssetFileRecord) throws {
        try execute(sql: "DELETE FROM originalPart WHERE file = ?", arguments: [file.id.rawValue])
        for (position, part) in file.parts.enumerated() {
            try execute(
                sql: """
                    INSERT INTO originalPart (id, file, position, size, nonce, tagsDigest, storageAccount)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    part.id, file.id.rawValue, position, Column.signed(part.size), Column.signed(part.nonce),
                    part.tagsDigest.map { Data($0) }, part.storageAccount,
                ])
        }
    }

    func deleteAssetFile(_ id: AssetFileID) throws {
        let keys = try storageKeys(ofFiles: "id = ?", [id.rawValue])
        try execute(sql: "DELETE FROM originalPart WHERE file = ?", arguments: [id.rawValue])
        try execute(sql: "DELETE FROM assetFile WHERE id = ?", arguments: [id.rawValue])
        try requireChange("there is no file \(id)")
        try deleteUnusedStorageKeys(keys)
    }

    /// What files are encrypted under: their asset's key, or keys of their own.
    func storageKeys(ofFiles condition: String, _ arguments: StatementArguments = []) throws -> [Data] {
        try Data.fetchAll(
            self,
            sql: "SELECT DISTINCT storageKey FROM assetFile WHERE storageKey IS NOT NULL AND " + condition,
            arguments: arguments)
    }

    /// A key that nothing is stored under any more goes: what only it opened is gone for good with it.
    func deleteUnusedStorageKeys(_ keys: [Data]) throws {
        for key in keys {
            try execute(
                sql: """
                    DELETE FROM contentKey WHERE kid = ?1 AND type = 'storage'
                        AND NOT EXISTS (SELECT 1 FROM asset WHERE storageKey = ?1)
                        AND NOT EXISTS (SELECT 1 FROM assetFile WHERE storageKey = ?1)
                    """, arguments: [key])
        }
    }

    func insert(_ upload: UploadRecord) throws {
        try require("asset", upload.asset, of: "asset")
        try execute(
            sql: "INSERT INTO upload (id, asset, length, isPartial, expires, document) VALUES (?, ?, ?, ?, ?, ?)",
            arguments: [
                upload.id.rawValue, upload.asset, Column.signed(upload.length), upload.role == .partial,
                upload.expires.timeIntervalSince1970, try Column.json(upload),
            ])
    }

    func update(_ upload: UploadRecord) throws {
        try execute(
            sql: "UPDATE upload SET expires = ?, document = ? WHERE id = ?",
            arguments: [upload.expires.timeIntervalSince1970, try Column.json(upload), upload.id.rawValue])
        try requireChange("there is no upload \(upload.id)")
    }

    func deleteUpload(_ id: UploadID) throws {
        try execute(sql: "DELETE FROM upload WHERE id = ?", arguments: [id.rawValue])
        try requireChange("there is no upload \(id)")
    }
}

extension AssetFileRecord {
    fileprivate init(row: Row, parts: [Row]) throws {
        self.init(
            id: AssetFileID(rawValue: row["id"]), asset: row["asset"], name: row["name"],
            contentType: row["contentType"], size: Column.unsigned(row["size"]),
            digest: (row["digest"] as Data?).map { Array($0) },
            state: try Column.word(AssetFileState.self, row["state"]), reason: row["reason"],
            storageKey: try (row["storageKey"] as Data?).map(Column.keyID),
            parts: parts.map { part in
                OriginalPart(
                    id: part["id"], size: Column.unsigned(part["size"]),
                    nonce: Column.unsigned(part["nonce"]), tagsDigest: (part["tagsDigest"] as Data?).map { Array($0) },
                    storageAccount: part["storageAccount"])
            }, created: Column.date(row["created"]), changed: Column.date(row["changed"]))
    }
}
