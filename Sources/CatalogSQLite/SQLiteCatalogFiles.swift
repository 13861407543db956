public import Catalog
import Foundation
import GRDB
import Glibc

/// Catalogs in SQLite's files.
public struct SQLiteCatalogFiles: CatalogFiles {
    private static let mostLines = 10

    public init() {}

    public func read(_ path: String) throws -> any CatalogEngine { try SQLiteCatalog(readingFrom: path) }
    public func open(_ path: String) throws -> any RestorableCatalog { try SQLiteCatalog(path: path) }

    public func copy(_ source: String, to target: String) throws {
        let descriptor = Glibc.open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw CatalogError(.unavailable, "cannot make '\(target)': \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        do {
            var configuration = Configuration()
            configuration.busyMode = .timeout(10)
            configuration.label = "keyway.backup"
            let queue = try DatabaseQueue(path: source, configuration: configuration)
            try queue.writeWithoutTransaction { try $0.execute(sql: "VACUUM INTO ?", arguments: [target]) }
            try queue.close()
        } catch {
            throw CatalogError(database: error)
        }
        guard fsync(descriptor) == 0 else {
            throw CatalogError(.unavailable, "cannot make '\(target)' durable: \(String(cString: strerror(errno)))")
        }
    }

    public func inspect(_ path: String) throws -> CatalogFileFinding {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(10)
        configuration.label = "keyway.inspection"
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            return try queue.read { database in
                let integrity = try String.fetchAll(database, sql: "PRAGMA integrity_check(\(Self.mostLines))")
                let keys = try Row.fetchAll(database, sql: "PRAGMA foreign_key_check").prefix(Self.mostLines).map {
                    row in
                    "a row of \(row["table"] as String? ?? "?") names one of \(row["parent"] as String? ?? "?") that is gone"
                }
                let applied = try String.fetchAll(database, sql: "SELECT identifier FROM grdb_migrations")
                let known = Migrations.all.migrations
                return CatalogFileFinding(
                    damage: integrity.filter { $0 != "ok" } + keys, missing: known.filter { !applied.contains($0) },
                    unknown: applied.filter { !known.contains($0) }.sorted())
            }
        } catch {
            throw CatalogError(database: error)
        }
    }
}
