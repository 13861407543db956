import Catalog
import CatalogSQLite
import ContentKeys
import Foundation
import GRDB
import Testing

@Suite struct KEKTests {
    private func code(_ body: () async throws -> Void) async -> CatalogError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? CatalogError)?.code
        }
    }

    private static let (one, two) = (KEKVersion(rawValue: 1), KEKVersion(rawValue: 2))

    private func version(_ number: Int) -> KEKVersionRecord {
        KEKVersionRecord(
            version: KEKVersion(rawValue: number), provider: .file, proof: [1, 2], created: Fixture.now,
            completed: number == 1 ? Fixture.now : nil)
    }

    private func rewrapped(_ key: ContentKeyRecord, _ version: KEKVersion = two) -> RewrappedBatch {
        RewrappedBatch(keys: [
            .init(
                old: key.wrapped,
                new: WrappedContentKey(keyID: key.keyID, type: key.type, kek: version, ciphertext: [9]))
        ])
    }

    private func secret(_ name: String, _ kek: KEKVersion = one, _ ciphertext: [UInt8] = [1]) -> SecretRecord {
        SecretRecord(name: name, kek: kek, ciphertext: ciphertext, created: Fixture.now)
    }

    @Test func versionsOnlyGrow() async throws {
        let file = DatabaseFile()
        let catalog = try file.open()
        try await catalog.apply([.insertKEKVersion(version(1)), .insertKEKVersion(version(2))])
        #expect(try await catalog.kekVersions() == [version(1), version(2)])
        for number in [1, 2] {
            #expect(await code { try await catalog.apply([.insertKEKVersion(version(number))]) } == .exists)
        }
        let later = Fixture.now.addingTimeInterval(5)
        try await catalog.apply([.completeKEKRotation(Self.two, at: later)])
        #expect(try await catalog.kekVersions().last?.completed == later)
        #expect(await code { try await catalog.apply([.completeKEKRotation(Self.two, at: later)]) } == .missing)
    }

    @Test func twoRotationsAtOnceMakeOneVersion() async throws {
        let file = DatabaseFile()
        let catalogs = [try file.open(), try file.open()]
        try await catalogs[0].apply([.insertKEKVersion(version(1))])
        let outcomes = await withTaskGroup(of: CatalogError.Code?.self) { group in
            for number in 0..<8 {
                group.addTask {
                    await code { try await catalogs[number % 2].apply([.insertKEKVersion(version(2))]) }
                }
            }
            return await group.reduce(into: [CatalogError.Code?]()) { $0.append($1) }
        }
        #expect(outcomes.filter { $0 == nil }.count == 1)
        #expect(outcomes.filter { $0 == .exists }.count == 7)
    }

    @Test func pagesAndCountsAreOfOneVersion() async throws {
        let file = DatabaseFile()
        let catalog = try file.open()
        let keys = (0..<25).map { _ in Fixture.key(.envelope) }
        try await catalog.apply(keys.map(CatalogChange.insertContentKey))
        try await catalog.apply([.putSecret(secret("a")), .putSecret(secret("b")), .putSecret(secret("c", Self.two))])
        #expect(
            try await catalog.kekUsage() == [
                KEKUsage(version: Self.one, contentKeys: 25, secrets: 2),
                KEKUsage(version: Self.two, contentKeys: 0, secrets: 1),
            ])
        var found: [KeyID] = []
        while true {
            let page = try await catalog.contentKeys(
                under: Self.one, Page(after: found.last?.description, limit: 10))
            if page.isEmpty { break }
            found += page.map(\.keyID)
        }
        #expect(Set(found) == Set(keys.map(\.keyID)) && found.count == 25)
        #expect(try await catalog.contentKeys(under: Self.two, Page()).isEmpty)
        #expect(try await catalog.secrets(under: Self.one, Page(after: "a")).map(\.name) == ["b"])
    }

    /// What somebody wrote since it was read stays.
    @Test func rewrappingComparesBeforeItSets() async throws {
        let file = DatabaseFile()
        let (catalog, other) = (try file.open(), try file.open())
        let key = Fixture.key(.envelope, name: "k")
        try await catalog.apply([.insertContentKey(key), .putSecret(secret("s"))])
        #expect(try await catalog.rewrap(rewrapped(key)) == 1)
        let stored = try #require(try await catalog.contentKey(key.keyID))
        #expect(stored.wrapped.kek == Self.two && stored.wrapped.ciphertext == [9])
        #expect(stored.name == "k" && stored.created == key.created)
        #expect(try await catalog.rewrap(rewrapped(key)) == 0)

        let old = secret("s")
        try await other.apply([.putSecret(secret("s", Self.one, [7]))])
        let batch = RewrappedBatch(secrets: [.init(old: old, new: secret("s", Self.two, [8]))])
        #expect(try await catalog.rewrap(batch) == 0)
        #expect(try await catalog.secret(named: "s")?.ciphertext == [7])
        // A key that was deleted meanwhile does not come back.
        try await other.apply([
            .changeContentKey(keyID: key.keyID, .setDeletion(Fixture.now)),
            .removeContentKey(keyID: key.keyID, dueAt: Fixture.now),
        ])
        let again = ContentKeyRecord(wrapped: stored.wrapped, name: "k", authorizationPolicy: nil, created: Fixture.now)
        #expect(try await catalog.rewrap(rewrapped(again)) == 0)
        #expect(try await catalog.contentKeys(Page()).isEmpty)
    }

    @Test func whatIsNeededIsNotRetired() async throws {
        let file = DatabaseFile()
        let catalog = try file.open()
        let key = Fixture.key(.envelope)
        try await catalog.apply([
            .insertKEKVersion(version(1)), .insertContentKey(key), .insertKEKVersion(version(2)),
        ])
        func retire(_ version: KEKVersion) async -> CatalogError.Code? {
            await code { try await catalog.apply([.retireKEKVersion(version, at: Fixture.now)]) }
        }
        #expect(await retire(Self.one) == .inUse)
        #expect(await retire(Self.two) == .conflict)
        #expect(await retire(KEKVersion(rawValue: 3)) == .missing)
        #expect(try await catalog.rewrap(rewrapped(key)) == 1)
        #expect(await retire(Self.one) == nil)
        #expect(await retire(Self.one) == .missing)
        #expect(try await catalog.kekVersions().map(\.retired) == [Fixture.now, nil])
    }

    /// A process that slept through a rotation cannot bring a retired version back.
    @Test func nothingIsWrappedUnderARetiredVersion() async throws {
        let file = DatabaseFile()
        let catalog = try file.open()
        try await catalog.apply([
            .insertKEKVersion(version(1)), .insertKEKVersion(version(2)), .retireKEKVersion(Self.one, at: Fixture.now),
        ])
        let key = Fixture.key(.envelope)
        #expect(await code { try await catalog.apply([.insertContentKey(key)]) } == .retired)
        #expect(await code { try await catalog.apply([.putSecret(secret("s"))]) } == .retired)
        #expect(await code { try await catalog.apply([.insertKEKVersion(version(1))]) } == .exists)
        let new = ContentKeyRecord(
            wrapped: WrappedContentKey(keyID: key.keyID, type: .envelope, kek: Self.two, ciphertext: [1]), name: nil,
            authorizationPolicy: nil, created: Fixture.now)
        try await catalog.apply([.insertContentKey(new)])
        #expect(await code { _ = try await catalog.rewrap(rewrapped(new, Self.one)) } == .retired)
        #expect(try await catalog.kekUsage() == [KEKUsage(version: Self.two, contentKeys: 1, secrets: 0)])
    }
}
