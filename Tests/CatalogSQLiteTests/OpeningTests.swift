import Catalog
import Foundation
import GRDB
import Glibc
import TestSupport
import Testing

@testable import CatalogSQLite

/// How the catalog's file comes to be, and that opening it again in the same process harms nobody.
@Suite(.waiting) struct OpeningTests {
    /// A catalog of before files were shared keeps its tracks, and what refers to them.
    @Test func tracksOutliveTheirTable() throws {
        let queue = try DatabaseQueue()
        try Migrations.all.migrate(queue, upTo: "indexTags")
        let digest = "x'" + String(repeating: "07", count: 32) + "'"
        let rows = try queue.write { database in
            try database.execute(
                sql: """
                    INSERT INTO contentKey (kid, type, kek, ciphertext, enabled, created)
                        VALUES (x'00000000000000000000000000000001', 'storage', 1, x'01', 1, 1);
                    INSERT INTO asset (name, created, storageKey, nextVersion, nextNonce)
                        VALUES ('film', 1, x'00000000000000000000000000000001', 2, 1);
                    INSERT INTO assetVersion (asset, number, created) VALUES ('film', 1, 1);
                    INSERT INTO track (asset, version, position, name, description, duration, segmentCount, mediaFile,
                        indexFile, mediaSize, mediaNonce, indexDigest, storageEncrypted, tagsDigest, indexTag)
                    VALUES ('film', 1, 0, 'a', '{}', 2, 3, 'm', 'i', 4, 5, \(digest), 0, \(digest), x'\(String(repeating: "09", count: 16))');
                    """)
            return try Row.fetchAll(database, sql: "SELECT * FROM track")
        }
        try Migrations.all.migrate(queue)
        try queue.write { database in
            let columns = rows[0].columnNames.sorted().joined(separator: ", ")
            let kept = try Row.fetchAll(database, sql: "SELECT \(columns) FROM track")
            #expect(kept.count == 1 && rows[0].columnNames.allSatisfy { kept[0][$0] == rows[0][$0] as DatabaseValue })
            #expect(try Row.fetchAll(database, sql: "PRAGMA foreign_key_check").isEmpty)
            // What names tracks names the new table.
            let names = try String.fetchAll(
                database, sql: "SELECT DISTINCT \"table\" FROM pragma_foreign_key_list('ivAllocation') ORDER BY 1")
            #expect(names.contains("track"), "\(names)")
        }
    }

    private func status(_ path: String) throws -> stat {
        var status = stat()
        try #require(stat(path, &status) == 0, "\(path)")
        return status
    }

    @Test func aNewFileIsForItsOwnerAlone() async throws {
        let file = DatabaseFile()
        let catalog = try file.open()
        try await Fixture.asset("film", in: catalog)
        for suffix in ["", "-wal", "-shm"] {
            #expect(try status(file.path + suffix).st_mode & 0o777 == 0o600)
        }
    }

    @Test func whatIsThereKeepsItsMode() throws {
        let file = DatabaseFile()
        _ = try file.open()
        #expect(chmod(file.path, 0o640) == 0)
        _ = try file.open()
        #expect(try status(file.path).st_mode & 0o777 == 0o640)
    }

    @Test func whatANewerProgramWroteIsNotWrittenTo() async throws {
        let file = DatabaseFile()
        let catalog = try file.open()
        try await catalog.write { database in
            try database.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('ofTheFuture')")
        }
        let error = #expect(throws: CatalogError.self) { try file.open() }
        #expect(error?.code == .unavailable && error?.reason.contains("newer version") == true)
        try await catalog.write { try $0.execute(sql: "DELETE FROM grdb_migrations WHERE identifier = 'ofTheFuture'") }
        _ = try file.open()
    }

    /// POSIX locks belong to the process: whoever closes any descriptor of the file lets go of all. Without the lock of an
    /// open database, another process that closes it takes itself for the last, and removes the write-ahead log.
    @Test func anotherOpeningKeepsTheLocks() async throws {
        let file = DatabaseFile()
        let catalog = try file.open()
        try await Fixture.asset("film", in: catalog)
        let log = try status(file.path + "-wal").st_ino
        let again = try file.open()
        let script = """
            import sqlite3, sys
            database = sqlite3.connect(sys.argv[1])
            print(database.execute("SELECT name FROM asset").fetchall())
            database.close()
            """
        let other = try Tool.run([".tools/venv/bin/python", "-c", script, file.path])
        #expect(String(decoding: other.standardOutput, as: UTF8.self).contains("film"))
        #expect(try status(file.path + "-wal").st_ino == log)
        try await Fixture.asset("series", in: again)
        #expect(try await catalog.assets(Page()).map(\.name) == ["film", "series"])
    }

    @Test func manyAtOnceOpenOneNewFile() async throws {
        let file = DatabaseFile()
        let catalogs = try await withThrowingTaskGroup(of: SQLiteCatalog.self) { group in
            for _ in 0..<8 { group.addTask { try file.open() } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        try await Fixture.asset("film", in: catalogs[0])
        for catalog in catalogs { #expect(try await catalog.assets(Page()).map(\.name) == ["film"]) }
    }

    @Test func whatCannotBeOpenedIsSaid() throws {
        let file = DatabaseFile()
        let folder = file.path + "-folder"
        #expect(mkdir(folder, 0o700) == 0)
        defer { rmdir(folder) }
        for path in [folder, "/nowhere/catalog.sqlite"] {
            do {
                _ = try SQLiteCatalog(path: path)
                Issue.record("'\(path)' was opened")
            } catch {
                #expect((error as? CatalogError)?.code == .unavailable && "\(error)".contains("'\(path)'"))
            }
        }
    }
}
