import Catalog
import CatalogSQLite
import ContentKeys
import Foundation
import GRDB
import Policies
import Testing

@Suite struct KeyChangeTests {
    /// A catalog as the first version made it keeps its keys and assignments.
    @Test func anOlderCatalogIsBroughtUp() async throws {
        let file = DatabaseFile()
        let key = Fixture.key(.envelope, name: "old")
        var catalog: SQLiteCatalog? = try file.open()
        try await catalog?.apply([.insertContentKey(key)])
        try await Fixture.asset("film", in: try #require(catalog))
        try await catalog?.apply([
            .insertAssignment(
                KeyAssignment(asset: "film", encryption: .envelope, label: .all, keyID: key.keyID))
        ])
        catalog = nil
        // Back to what version 1 had.
        try await DatabaseQueue(path: file.path).write { database in
            try database.execute(
                sql: """
                    DROP INDEX contentKeyType; DROP INDEX contentKeyLabel; DROP INDEX contentKeyCreated;
                    DROP INDEX contentKeyDisabled; DROP INDEX contentKeyPending; DROP INDEX contentKeyDeletion;
                    DROP INDEX contentKeySeed; DROP TABLE removedContentKey;
                    ALTER TABLE contentKey DROP COLUMN seed; ALTER TABLE contentKey DROP COLUMN label;
                    ALTER TABLE contentKey DROP COLUMN notBefore; ALTER TABLE contentKey DROP COLUMN notAfter;
                    ALTER TABLE contentKey DROP COLUMN deletion; ALTER TABLE contentKey DROP COLUMN checksum;
                    ALTER TABLE contentKey DROP COLUMN supersededBy; DROP TABLE keySeed;
                    CREATE TABLE older (asset TEXT NOT NULL REFERENCES asset (name), encryption TEXT NOT NULL,
                        label TEXT NOT NULL, kid BLOB NOT NULL REFERENCES contentKey (kid),
                        PRIMARY KEY (asset, encryption, label)) STRICT;
                    INSERT INTO older SELECT asset, encryption, label, kid FROM keyAssignment;
                    DROP TABLE keyAssignment; ALTER TABLE older RENAME TO keyAssignment;
                    CREATE INDEX keyAssignmentKey ON keyAssignment (kid);
                    DELETE FROM grdb_migrations WHERE identifier IN ('keyOperations', 'cryptoPeriods');
                    """)
        }
        let newer = try file.open()
        #expect(try await newer.contentKey(named: "old") == key)
        let assignments = try await newer.keyAssignments(asset: "film")
        #expect(assignments.map(\.sinceVersion) == [1])
        #expect(assignments.map(\.keyID) == [key.keyID])
    }

    @Test func everyPropertyIsKept() async throws {
        let file = DatabaseFile()
        let catalog = try file.open()
        var key = Fixture.key(.common, name: "k", policy: "open")
        key.notBefore = Fixture.now
        key.notAfter = Fixture.now.addingTimeInterval(1)
        key.checksum = KeyChecksum(bytes: 1...8)
        key.label = .videoUHD
        try await catalog.apply([.putAuthorizationPolicy(Fixture.policy), .insertContentKey(key)])
        #expect(try await catalog.contentKey(key.keyID) == key)
        let other = KeyID.random()
        key.name = nil
        key.isEnabled = false
        key.notBefore = nil
        key.deletion = Fixture.now
        key.label = nil
        key.supersededBy = other
        key.checksum = KeyChecksum(bytes: 2...9)
        let changes: [ContentKeyChange] = [
            .setName(nil), .setEnabled(false), .setValidity(notBefore: nil, notAfter: key.notAfter),
            .setDeletion(Fixture.now), .setLabel(nil), .setSupersededBy(other),
            .setChecksum(try #require(key.checksum)),
        ]
        try await catalog.apply(changes.map { .changeContentKey(keyID: key.keyID, $0) })
        #expect(try await catalog.contentKey(key.keyID) == key)
        await #expect(throws: CatalogError.self) {
            try await catalog.apply([.changeContentKey(keyID: other, .setEnabled(true))])
        }
    }

    @Test func aRemovedKeysNumbersAreNeverGivenAgain() async throws {
        let file = DatabaseFile()
        let catalog = try file.open()
        try await Fixture.asset("film", in: catalog)
        let key = Fixture.key(.common)
        try await catalog.apply([
            .insertContentKey(key),
            .allocateIVNumbers(keyID: key.keyID, asset: "film", version: 1, tracks: ["a", "b"]),
        ])
        await #expect(throws: CatalogError.self) {
            try await catalog.apply([.changeContentKey(keyID: key.keyID, .setDeletion(Fixture.now))])
        }
        // As when the asset is deleted.
        try await DatabaseQueue(path: file.path).write { try $0.execute(sql: "DELETE FROM ivAllocation") }
        try await catalog.apply([.changeContentKey(keyID: key.keyID, .setDeletion(Fixture.now))])
        await #expect(throws: CatalogError.self) {
            try await catalog.apply([.removeContentKey(keyID: key.keyID, dueAt: Fixture.now.addingTimeInterval(-1))])
        }
        try await catalog.apply([.removeContentKey(keyID: key.keyID, dueAt: Fixture.now)])
        #expect(try await catalog.contentKey(key.keyID) == nil)
        try await catalog.apply([
            .insertContentKey(key),
            .allocateIVNumbers(keyID: key.keyID, asset: "film", version: 1, tracks: ["a"]),
        ])
        let numbers = try await catalog.ivAllocations(keyID: key.keyID, asset: "film", version: 1).map(\.number)
        #expect(numbers == [2])
    }

    @Test func anAssignmentNeverChangesForAVersionThatIsThere() async throws {
        let file = DatabaseFile()
        let catalog = try file.open()
        try await Fixture.asset("film", in: catalog)
        let keys = (0..<3).map { _ in Fixture.key(.common) }
        try await catalog.apply(keys.map(CatalogChange.insertContentKey))
        func assign(_ index: Int, since version: Int) async throws {
            try await catalog.apply([
                .insertAssignment(
                    KeyAssignment(
                        asset: "film", encryption: .cenc, label: .all, keyID: keys[index].keyID,
                        sinceVersion: version))
            ])
        }
        try await assign(0, since: 1)
        await #expect(throws: CatalogError.self) { try await assign(1, since: 1) }
        try await assign(1, since: 2)
        await #expect(throws: CatalogError.self) { try await assign(2, since: 2) }
        await #expect(throws: CatalogError.self) { try await assign(2, since: 1) }
        let assignments = try await catalog.keyAssignments(asset: "film")
        #expect(assignments.inForce(at: 1).map(\.keyID) == [keys[0].keyID])
        #expect(assignments.inForce(at: 2).map(\.keyID) == [keys[1].keyID])
        #expect(assignments.inForce(at: 99).map(\.keyID) == [keys[1].keyID])
        #expect(assignments.inForce(at: 0).isEmpty)
        try await catalog.apply([.changeContentKey(keyID: keys[2].keyID, .setDeletion(Fixture.now))])
        await #expect(throws: CatalogError.self) { try await assign(2, since: 3) }
        #expect(try await catalog.keyUses(keys[0].keyID).assignments.count == 1)
        #expect(try await catalog.keyUses(keys[2].keyID).isEmpty)
    }

    @Test func seedsAreKept() async throws {
        let file = DatabaseFile()
        let catalog = try file.open()
        let seed = KeySeedRecord(
            wrapped: WrappedKeySeed(name: "s", type: .common, kek: KEKVersion(rawValue: 3), ciphertext: [1, 2]),
            authorizationPolicy: nil, created: Fixture.now)
        try await catalog.apply([.insertKeySeed(seed)])
        #expect(try await catalog.keySeed(named: "s") == seed)
        #expect(try await catalog.keySeeds() == [seed])
        // The seed's KEK is in use; a derived row has none of its own.
        let derived = seed.key(.random(), isStored: true)
        try await catalog.apply([.insertContentKey(derived)])
        #expect(try await catalog.contentKey(derived.keyID)?.wrapped == derived.wrapped)
        let three = KEKVersion(rawValue: 3)
        #expect(
            try await catalog.kekUsage() == [KEKUsage(version: three, contentKeys: 0, secrets: 0, keySeeds: 1)])
        #expect(try await catalog.contentKeys(under: three, Page()).isEmpty)
        for number in 1..<KeySeedRecord.maximumCount {
            var more = seed
            more.wrapped = WrappedKeySeed(
                name: "s\(number)", type: .common, kek: seed.wrapped.kek, ciphertext: seed.wrapped.ciphertext)
            try await catalog.apply([.insertKeySeed(more)])
        }
        let last = KeySeedRecord(
            wrapped: WrappedKeySeed(name: "last", type: .common, kek: seed.wrapped.kek, ciphertext: [1]),
            authorizationPolicy: nil, created: Fixture.now)
        await #expect(throws: CatalogError.self) { try await catalog.apply([.insertKeySeed(last)]) }
    }
}
