import Catalog
import CatalogSQLite
import Foundation
import Testing

@Suite struct QuarantineRecordTests {
    private let file = DatabaseFile()

    private func original(_ name: String, _ state: AssetFileState = .quarantine, reason: String? = nil)
        -> AssetFileRecord
    {
        AssetFileRecord(
            id: AssetFileID(), asset: "film", name: name, contentType: "a/b", size: 3, digest: nil, state: state,
            reason: reason, storageKey: nil, created: Fixture.now, changed: Fixture.now)
    }

    private func catalog(_ files: [AssetFileRecord]) async throws -> SQLiteCatalog {
        let catalog = try file.open()
        try await Fixture.asset("film", in: catalog)
        try await catalog.apply(files.map { .insertAssetFile($0) })
        return catalog
    }

    @Test func tellsWhatIsToBeTried() async throws {
        let (new, waiting, late) = (original("new"), original("waiting"), original("late"))
        let (held, old, out) = (original("held"), original("old", reason: "wrong hash"), original("out", .ready))
        let catalog = try await catalog([new, waiting, late, held, old, out])
        func record(_ file: AssetFileRecord, _ state: IngestRecord.State, _ time: Double?) -> CatalogChange {
            var record = IngestRecord(file: file.id)
            record.state = state
            record.notBefore = time.map { Fixture.now.addingTimeInterval($0) }
            return .quarantine(.putRecord(record))
        }
        try await catalog.apply([
            record(waiting, .waiting, -1), record(late, .waiting, 1), record(held, .review, nil),
            record(out, .passed, nil),
        ])
        #expect(try await catalog.originalsToCheck(at: Fixture.now, limit: 9).map(\.file.name) == ["new", "waiting"])
        let later = Fixture.now.addingTimeInterval(2)
        #expect(try await catalog.originalsToCheck(at: later, limit: 9).map(\.file.name) == ["new", "waiting", "late"])
        #expect(try await catalog.originalsToCheck(at: later, limit: 1).count == 1)
        let reviews = try await catalog.reviews(matching: ReviewQuery(states: [.review, .passed]))
        #expect(Set(reviews.map(\.file.name)) == ["held", "out"])
        #expect(try await catalog.reviews(matching: ReviewQuery(states: [.review], asset: "other")).isEmpty)
    }

    /// Of two that decide on the same look, one finds that it is another.
    @Test func whoDecidesSecondIsRefused() async throws {
        let file = original("a")
        let catalog = try await catalog([file])
        let stored = try #require(try await catalog.quarantinedFile(file.id))
        var record = IngestRecord(file: file.id)
        record.findings = [
            CheckFinding(check: "rules", outcome: .flagged, reasons: ["why"], time: Date(timeIntervalSince1970: 0.1))
        ]
        let change: [CatalogChange] = [
            .require(.original(stored.file, stored.record)), .quarantine(.putRecord(record)),
        ]
        try await catalog.apply(change)
        #expect(try await catalog.ingestRecord(file.id) == record)
        let error = await #expect(throws: CatalogError.self) { try await catalog.apply(change) }
        #expect(error?.code == .changed)
        try await catalog.apply([.deleteAssetFile(file.id)])
        #expect(try await catalog.ingestRecord(file.id) == nil)
    }

    @Test func keepsKnownWorksAndRules() async throws {
        let catalog = try await catalog([])
        let work = KnownWork(
            name: "one", title: "Eins", action: .reject, fingerprint: [0, 1, .max, 0x0102_0304], created: Fixture.now)
        let rules = IngestRules(
            name: "house", unreadable: .flag,
            rules: [IngestRule(name: "a", action: .warn, conditions: [IngestCondition(.below(.height, 720))])])
        try await catalog.apply([.quarantine(.insertKnownWork(work)), .quarantine(.putRules(rules))])
        #expect(try await file.open().knownWorks(Page()) == [work])
        #expect(try await catalog.ingestRules() == [rules])
        let twice = await #expect(throws: CatalogError.self) {
            try await catalog.apply([.quarantine(.insertKnownWork(work))])
        }
        #expect(twice?.code == .exists)
        try await catalog.apply([
            .quarantine(.deleteKnownWork(name: "one")), .quarantine(.deleteRules(name: "house")),
        ])
        #expect(try await catalog.knownWorks(Page()).isEmpty)
        let none = await #expect(throws: CatalogError.self) {
            try await catalog.apply([.quarantine(.deleteKnownWork(name: "one"))])
        }
        #expect(none?.code == .missing)
    }
}
