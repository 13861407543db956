import Administration
import Catalog
import ContentKeys
import Foundation
import Policies
import Testing

@Suite struct RotationTests {
    private func keys(_ site: Fixture, _ asset: String, version: Int) async throws -> Set<KeyID> {
        Set(try await site.catalog.keyAssignments(asset: asset).inForce(at: version).map(\.keyID))
    }

    private func numbers(_ site: Fixture, _ keys: Set<KeyID>, _ asset: String, _ version: Int) async throws -> Int {
        var count = 0
        for keyID in keys {
            count += try await site.catalog.ivAllocations(keyID: keyID, asset: asset, version: version).count
        }
        return count
    }

    @Test func aVersionKeepsItsKeysAndTheNextOneGetsNewOnes() async throws {
        let site = try await Fixture()
        let first = try await site.addVersion(of: "film")
        _ = try await site.publish("film")
        let old = try await keys(site, "film", version: first.number)
        let reports = try await site.operations.rotate(asset: "film", at: Fixture.now)
        #expect(reports.count == 2)
        #expect(reports.flatMap(\.places).allSatisfy { $0.sinceVersion == first.number + 1 })
        // Again would only throw keys away that nothing has used yet.
        await #expect(throws: KeyOperationError.self) {
            try await site.operations.rotate(asset: "film", at: Fixture.now)
        }
        // Publishing the current version once more keeps its keys.
        _ = try await site.publish("film")
        #expect(try await keys(site, "film", version: first.number) == old)
        let second = try await site.addVersion(of: "film")
        let new = try await keys(site, "film", version: second.number)
        let successors = Set(try reports.map { try keyID($0.newKeyId) })
        #expect(new == successors)
        #expect(old.isDisjoint(with: new))
        #expect(try await keys(site, "film", version: first.number) == old)
        #expect(try await numbers(site, old, "film", first.number) == 4)
        #expect(try await numbers(site, old, "film", second.number) == 0)
        #expect(try await numbers(site, new, "film", second.number) == 4)
        // Both are delivered, as long as something needs them.
        for keyID in old.union(new) {
            guard let record = try await site.catalog.contentKey(keyID), record.type == .common else { continue }
            guard case .success = try await site.deliver(keyID) else {
                Issue.record("\(keyID) was refused")
                return
            }
            #expect(record.authorizationPolicy == "open")
            #expect(record.supersededBy.map(new.contains) ?? new.contains(keyID))
        }
        let published = try await site.publish("film")
        #expect(Set(published.assignments.map(\.keyID)) == new)
        // And again, for the version after.
        #expect(try await site.operations.rotate(asset: "film", at: Fixture.now).count == 2)
    }

    @Test func aRotationDuringAnEncodeLosesNoTrack() async throws {
        let site = try await Fixture()
        _ = try await site.addVersion(of: "film")
        _ = try await site.publish("film")
        let version = try await site.prepareVersion(of: "film")
        // The worker has looked, then the operator rotates, then the worker writes.
        let changes = try await site.publication.allocateNumbersForNewVersion(version)
        _ = try await site.operations.rotate(asset: "film", at: Fixture.now)
        try await site.catalog.apply([.insertAssetVersion(version)] + changes)
        let new = try await keys(site, "film", version: version.number)
        #expect(try await numbers(site, new, "film", version.number) == 4)
    }

    @Test func oneKeyIsReplacedWhereverItEncrypts() async throws {
        let site = try await Fixture()
        let version = try await site.addVersion(of: "film")
        let published = try await site.publish("film")
        let chosen = try #require(published.assignments.first { $0.encryption == .cenc })
        let report = try await site.operations.rotate(chosen.keyID.description, at: Fixture.now)
        #expect(report.places.map(\.encryption) == ["cenc"])
        let next = try await site.catalog.keyAssignments(asset: "film").inForce(at: version.number + 1)
        #expect(next.count == 2)
        let successor = try keyID(report.newKeyId)
        #expect(next.first { $0.encryption == .cenc }?.keyID == successor)
        #expect(next.first { $0.encryption == .envelope }?.keyID != chosen.keyID)
        await #expect(throws: KeyOperationError.self) {
            try await site.operations.rotate(chosen.keyID.description, at: Fixture.now)
        }
    }

    @Test func aNameGoesOverToTheNewKey() async throws {
        let site = try await Fixture()
        let made = try await site.operations.create(
            .envelope, KeyProperties(name: "channel", authorizationPolicy: "open", label: .audio), at: Fixture.now)
        let report = try await site.operations.rotate("channel", at: Fixture.now)
        let current = try await site.operations.show("channel")
        #expect(current.keyId == report.newKeyId)
        #expect(current.label == "audio")
        #expect(current.authorizationPolicy == "open")
        #expect(current.checksum != made.checksum)
        let old = try await site.operations.show(made.keyId)
        #expect(old.name == nil)
        #expect(old.supersededBy == current.keyId)
        let rotated = try keyID(made.keyId)
        #expect(try await site.events(.keyRotated).map(\.keyID) == [rotated])
    }

    @Test func aDerivedKeyIsFollowedByAnotherOfItsSeed() async throws {
        let site = try await Fixture()
        _ = try await site.operations.createSeed(
            "studio", Array(0..<30), type: .common, authorizationPolicy: "open", at: Fixture.now)
        let made = try await site.operations.create(fromSeed: "studio", KeyProperties(), at: Fixture.now)
        let report = try await site.operations.rotate(made.keyId, at: Fixture.now)
        let new = try await site.operations.show(report.newKeyId)
        #expect(new.seed == "studio")
        #expect(new.keyId != made.keyId)
    }
}
