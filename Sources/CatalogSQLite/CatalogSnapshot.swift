import Catalog
import Foundation
import GRDB
import Glibc

/// A consistent copy of a catalog in use, and what is wrong with a file that should be one.
public enum CatalogSnapshot {
    /// Copies a catalog that other processes read and write, as it is at one moment. Nothing of deleted rows is in the
    /// copy. Durable when it returns.
    ///
    /// - Parameter target: must not be there; made with mode 0600.
    /// - Throws: `CatalogError`.
    public static func copy(_ source: String, to target: String) throws {
        let descriptor = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
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

    /// How a catalog's file looks from outside.
    public struct Finding: Sendable, Hashable {
        /// What SQLite finds wrong, at most so many lines as are worth reading.
        public var damage: [String]
        /// Migrations that this program knows and the file has not.
        public var missing: [String]
        /// Migrations that the file has and this program does not know: it is newer.
        public var unknown: [String]
    }

    private static let mostLines = 10

    /// Reads the whole file, and changes nothing.
    ///
    /// - Throws: `CatalogError` when it is no database at all.
    public static func inspect(_ path: String) throws -> Finding {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(10)
        configuration.label = "keyway.inspection"
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            return try queue.read { database in
                let integrity = try String.fetchAll(database, sql: "PRAGMA integrity_check(\(mostLines))")
                let keys = try Row.fetchAll(database, sql: "PRAGMA foreign_key_check").prefix(mostLines).map { row in
                    "a row of \(row["table"] as String? ?? "?") names one of \(row["parent"] as String? ?? "?") that is gone"
                }
                let applied = try String.fetchAll(database, sql: "SELECT identifier FROM grdb_migrations")
                let known = Migrations.all.migrations
                return Finding(
                    damage: integrity.filter { $0 != "ok" } + keys, missing: known.filter { !applied.contains($0) },
                    unknown: applied.filter { !known.contains($0) }.sorted())
            }
        } catch {
            throw CatalogError(database: error)
        }
    }
}
