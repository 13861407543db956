import Catalog
import ContentKeys
import Foundation
import GRDB
import Policies
import Testing

@testable import CatalogSQLite

/// What a catalog that was restored from a backup never gives again.
@Suite struct RestorationTests {
    private let backup = RestoredBackup(id: "b", taken: Date(timeIntervalSince1970: 1_770_000_000), actor: "local:test")

    /// An asset with a key for its tracks, of which one has a number.
    private func fill(_ catalog: SQLiteCatalog) async throws -> ContentKeyRecord {
        try await Fixture.asset("film", in: catalog)
        let key = Fixture.key(.commonCbcs)
        try await catalog.apply([
            .insertContentKey(key),
            .insertAssignment(
                KeyAssignment(asset: "film", encryption: .cbcs, label: .all, keyID: key.keyID, sinceVersion: 1)),
            .allocateIVNumbers(keyID: key.keyID, asset: "film", version: 1, tracks: ["a"]),
        ])
        return key
    }

    /// A copy as a backup has it.
    private func copy(_ file: DatabaseFile) throws -> DatabaseFile {
        let copy = DatabaseFile()
        try SQLiteCatalogFiles().copy(file.path, to: copy.path)
        return copy
    }

    private func number(_ catalog: SQLiteCatalog, _ key: KeyID, _ track: String) async throws -> UInt32? {
        try await catalog.ivAllocations(keyID: key, asset: "film", version: 1).first { $0.track == track }?.number
    }

    @Test func numbersOfTwoLivesAreApart() async throws {
        let file = DatabaseFile()
        let old = try file.open()
        let key = try await fill(old)
        let files = (try copy(file), try copy(file))
        // The old life goes on.
        try await old.apply([.allocateIVNumbers(keyID: key.keyID, asset: "film", version: 1, tracks: ["b"])])
        let given = try await old.reserveFileNonces(asset: "film", count: 100)
        let version = try await old.reserveVersion(asset: "film")
        var nonces: [Set<UInt64>] = [Set(given)]
        var numbers: [UInt32?] = [try await number(old, key.keyID, "b")]
        var versions = [version]
        var changes = [try await old.notices(after: 0).sequence]
        // Restored twice from the same backup, ten and five seconds ago.
        for (file, age) in [(files.0, 10.0), (files.1, 5.0)] {
            let catalog = try file.open()
            try await catalog.restore(backup, accounts: [], at: Date().addingTimeInterval(-age))
            try await catalog.apply([.allocateIVNumbers(keyID: key.keyID, asset: "film", version: 1, tracks: ["b"])])
            numbers.append(try await number(catalog, key.keyID, "b"))
            nonces.append(Set(try await catalog.reserveFileNonces(asset: "film", count: 1_000_000)))
            versions.append(try await catalog.reserveVersion(asset: "film"))
            changes.append(try await catalog.notices(after: changes[0]).sequence)
            #expect(try await catalog.notices(after: changes[0]).notices == nil)
            // What was there before stays.
            #expect(try await number(catalog, key.keyID, "a") == 0)
        }
        #expect(Set(numbers).count == 3 && !numbers.contains(nil))
        #expect(nonces.reduce(into: 0) { $0 += $1.count } == nonces.reduce(into: Set()) { $0.formUnion($1) }.count)
        #expect(Set(versions).count == 3 && Set(changes).count == 3)
    }

    @Test func keysOfBeforeGiveNoMoreThanTimeHasPassedFor() async throws {
        let file = DatabaseFile()
        let catalog = try file.open()
        let key = try await fill(catalog)
        // Ahead of the time at which numbers are asked for, however late that comes.
        try await catalog.restore(backup, accounts: [], at: Date().addingTimeInterval(3600))
        let error = await #expect(throws: CatalogError.self) {
            try await catalog.apply([.allocateIVNumbers(keyID: key.keyID, asset: "film", version: 1, tracks: ["b"])])
        }
        #expect(error?.code == .conflict && error?.reason.contains("key rotate") == true)
        // An imported one may be of before, too; one that is made now is not.
        let imported = Fixture.key(.commonCbcs)
        var made = Fixture.key(.commonCbcs)
        made.isNew = true
        try await catalog.apply([.insertContentKey(imported), .insertContentKey(made)])
        await #expect(throws: CatalogError.self) {
            try await catalog.apply([
                .allocateIVNumbers(keyID: imported.keyID, asset: "film", version: 1, tracks: ["a"])
            ])
        }
        try await catalog.apply([.allocateIVNumbers(keyID: made.keyID, asset: "film", version: 1, tracks: ["a", "b"])])
        #expect(try await number(catalog, made.keyID, "b") == 1)
    }

    @Test func aClockThatIsBehindIsRefused() async throws {
        let file = DatabaseFile()
        let catalog = try file.open()
        _ = try await fill(catalog)
        for time in [backup.taken, Date(timeIntervalSince1970: 0), Date(timeIntervalSince1970: 5_000_000_000)] {
            await #expect(throws: CatalogError.self) { try await catalog.restore(backup, accounts: [], at: time) }
        }
        try await catalog.appendAudit([AuditEvent(time: Date().addingTimeInterval(60), action: .secretSet)])
        await #expect(throws: CatalogError.self) { try await catalog.restore(backup, accounts: [], at: Date()) }
        let later = Date().addingTimeInterval(61)
        try await catalog.restore(backup, accounts: [], at: later)
        // Nor may a second restoration be before the first.
        await #expect(throws: CatalogError.self) {
            try await catalog.restore(backup, accounts: [], at: later.addingTimeInterval(-0.5))
        }
    }

    @Test func tokensThatMayHaveBeenUsedAreUsedUp() async throws {
        let file = DatabaseFile()
        let catalog = try file.open()
        let now = Date()
        func isWithin(_ issued: Date?, lifetime: Int? = nil) async throws -> Bool {
            let use = try UseLimitFixture.limit(maximum: 5, issued: issued, lifetime: lifetime, at: now)
            let entries = [AuditEntry(AuditEvent(time: now, action: .keyGranted))]
            return try await catalog.record(DecisionRecord(use: use) { _ in entries }).isWithin(5)
        }
        #expect(try await isWithin(nil))
        try await catalog.restore(backup, accounts: [], at: now.addingTimeInterval(120))
        #expect(try await !isWithin(nil))
        #expect(try await !isWithin(now))
        #expect(try await isWithin(now.addingTimeInterval(121)))
        // The fixture's tokens have ten minutes left: one that lives at most five was not taken before.
        #expect(try await isWithin(nil, lifetime: 300))
        #expect(try await !isWithin(nil, lifetime: 600))
    }

    @Test func theChainGoesOnAndTellsOfIt() async throws {
        let file = DatabaseFile()
        let old = try file.open()
        try await old.appendAudit([AuditEvent(time: backup.taken, action: .secretSet)])
        let copy = try copy(file)
        let catalog = try copy.open()
        try await catalog.restore(backup, accounts: [], at: Date())
        let records = try await catalog.auditRecords(after: 0, limit: 10)
        #expect(records.count == 2)
        let event = try AuditChain.event(of: try #require(records.last))
        #expect(event.action == .catalogRestored && event.actor == "local:test")
        #expect(event.detail == "backup b of 2026-02-02T02:40:00Z, after record 1")
        var verifier = AuditChain.Verifier()
        for record in records { #expect(verifier.verify(record) == nil) }
        try catalog.settle()
        #expect(try SQLiteCatalogFiles().inspect(copy.path).damage.isEmpty)
    }

    @Test func damageAndOtherVersionsAreFound() async throws {
        let file = DatabaseFile()
        let catalog = try file.open()
        try await Fixture.asset("film", in: catalog)
        #expect(
            try SQLiteCatalogFiles().inspect(file.path) == CatalogFileFinding(damage: [], missing: [], unknown: []))
        let copy = try copy(file)
        try await catalog.write { database in
            try database.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('ofTheFuture')")
            try database.execute(sql: "DELETE FROM grdb_migrations WHERE identifier = 'restorations'")
        }
        let finding = try SQLiteCatalogFiles().inspect(file.path)
        #expect(finding.missing == ["restorations"] && finding.unknown == ["ofTheFuture"])
        // Nothing of what was written after is in the copy; a copy is not written over.
        #expect(try SQLiteCatalogFiles().inspect(copy.path).unknown.isEmpty)
        #expect(throws: CatalogError.self) { try SQLiteCatalogFiles().copy(file.path, to: copy.path) }
        var bytes = try Data(contentsOf: URL(fileURLWithPath: copy.path))
        for page in 2..<(bytes.count / 4096) { bytes[page * 4096] ^= 0xFF }
        try bytes.write(to: URL(fileURLWithPath: copy.path))
        let damage = (try? SQLiteCatalogFiles().inspect(copy.path))?.damage ?? ["unreadable"]
        #expect(!damage.isEmpty)
    }
}
