import Adapters
import Administration
import Catalog
import ContentKeys
import Foundation
import Policies
import Testing

@Suite struct LifeTests {
    private let day: TimeInterval = 86_400

    @Test func anImportIsCheckedAgainstTheOtherSidesChecksum() async throws {
        let site = try await Fixture()
        let kid = try keyID("00112233-4455-6677-8899-aabbccddeeff")
        let key = try contentKey(Array(0..<16), .common)
        await #expect(throws: KeyOperationError.self) {
            // Made with the KID in textual order: the usual mistake.
            try await site.operations.import(
                key, keyID: kid, checksum: KeyChecksum(base64: "acTg2Gp7BDA="), KeyProperties(), at: Fixture.now)
        }
        let imported = try await site.operations.import(
            key, keyID: kid, checksum: KeyChecksum(base64: "KpOvXRLUXfs="),
            KeyProperties(name: "vector", authorizationPolicy: "open", label: .videoHD), at: Fixture.now)
        #expect(imported.checksum == "KpOvXRLUXfs=")
        #expect(imported.label == "video-hd")
        #expect(try await site.deliver(kid) == .success(Array(0..<16)))
        await #expect(throws: CatalogError.self) {
            try await site.operations.import(key, keyID: kid, checksum: nil, KeyProperties(), at: Fixture.now)
        }
        #expect(try await site.events(.keyImported).map(\.detail) == ["vector"])
    }

    @Test func whatDoesNotFitIsRefused() async throws {
        let site = try await Fixture()
        let zero = try keyID("00000000-0000-0000-0000-000000000000")
        let mistakes = [
            KeyProperties(keyID: zero), KeyProperties(name: "a b"), KeyProperties(name: ".x"),
            KeyProperties(name: "00112233445566778899aabbccddeeff"),
            KeyProperties(notBefore: Fixture.now, notAfter: Fixture.now),
        ]
        for mistake in mistakes {
            await #expect(throws: KeyOperationError.self) {
                try await site.operations.create(.common, mistake, at: Fixture.now)
            }
        }
        await #expect(throws: KeyOperationError.self) {
            try await site.operations.create(.storage, KeyProperties(), at: Fixture.now)
        }
        await #expect(throws: CatalogError.self) {
            try await site.operations.create(.common, KeyProperties(authorizationPolicy: "none"), at: Fixture.now)
        }
        await #expect(throws: KeyOperationError.self) { try await site.operations.show("nothing") }
    }

    @Test func aKeyIsDeliveredWithinItsValidityOnly() async throws {
        let site = try await Fixture()
        let made = try await site.operations.create(
            .common,
            KeyProperties(
                authorizationPolicy: "open", notBefore: Fixture.now, notAfter: Fixture.now.addingTimeInterval(day)),
            at: Fixture.now)
        for (days, isDelivered) in [(-1.0, false), (0, true), (0.9, true), (1, false)] {
            let outcome = try await site.deliver(
                keyID(made.keyId), at: Fixture.now.addingTimeInterval(days * day))
            switch outcome {
            case .success: #expect(isDelivered)
            case .failure(let refused):
                #expect(!isDelivered)
                #expect(refused.code == .keyOutsideValidity)
            }
        }
    }

    @Test func aDeletionWaitsAndCanBeTakenBack() async throws {
        let site = try await Fixture()
        let made = try await site.operations.create(
            .common, KeyProperties(name: "film", authorizationPolicy: "open"), at: Fixture.now)
        let going = try await site.operations.scheduleDeletion("film", at: Fixture.now)
        #expect(going.state == "pendingDeletion")
        #expect(going.deletion == Fixture.now.addingTimeInterval(7 * day))
        #expect(try await site.deliver(keyID(made.keyId)) == .failure(Refused(code: .keyDisabled)))
        await #expect(throws: KeyOperationError.self) {
            try await site.operations.setEnabled(true, "film", at: Fixture.now)
        }
        await #expect(throws: KeyOperationError.self) {
            try await site.operations.scheduleDeletion("film", at: Fixture.now)
        }
        #expect(try await site.operations.removeDue(at: Fixture.now.addingTimeInterval(6.9 * day)) == 0)
        let back = try await site.operations.restore("film", at: Fixture.now)
        #expect(back.state == "enabled")
        #expect(try await site.operations.removeDue(at: Fixture.now.addingTimeInterval(9 * day)) == 0)
        _ = try await site.operations.scheduleDeletion("film", after: 3600, at: Fixture.now)
        #expect(try await site.operations.removeDue(at: Fixture.now.addingTimeInterval(3600)) == 1)
        #expect(try await site.operations.removeDue(at: Fixture.now.addingTimeInterval(3600)) == 0)
        #expect(try await site.deliver(keyID(made.keyId)) == .failure(Refused(code: .keyUnknown)))
        await #expect(throws: KeyOperationError.self) { try await site.operations.restore("film", at: Fixture.now) }
        #expect(try await site.events(.keyDeleted).count == 1)
    }

    @Test func aKeyThatAnAssetNeedsStays() async throws {
        let site = try await Fixture()
        _ = try await site.addVersion(of: "film")
        let published = try await site.publish("film")
        let storage = try #require(try await site.catalog.asset(named: "film")).storageKey
        for keyID in published.assignments.map(\.keyID) + [storage] {
            await #expect(throws: KeyOperationError.self) {
                try await site.operations.scheduleDeletion(keyID.description, at: Fixture.now)
            }
            await #expect(throws: KeyOperationError.self) {
                try await site.operations.deleteNow(keyID.description, at: Fixture.now)
            }
        }
        let first = try #require(published.assignments.first).keyID
        // Past the use case, the catalog itself refuses.
        await #expect(throws: CatalogError.self) {
            try await site.catalog.apply([.changeContentKey(keyID: first, .setDeletion(Fixture.now))])
        }
    }

    @Test func documentsSayValidityStateAndLabel() async throws {
        let site = try await Fixture()
        func apply(_ text: String) async throws -> [String] {
            let file = site.folder + "/key.yaml"
            try Data(text.utf8).write(to: URL(fileURLWithPath: file))
            let loaded = DocumentLoader().load([file])
            guard loaded.errors.isEmpty else { throw DocumentsRejected(loaded.errors) }
            let installation = site.installation
            let reconciliation = Reconciliation(
                catalog: site.catalog,
                makeKey: { try installation.makeContentKey($0, keyID: $1, name: $2) })
            let plan = try await reconciliation.plan(DocumentSet(loaded.documents))
            try await reconciliation.apply(plan, at: Fixture.now)
            return plan.changes.map(\.description)
        }
        let head = "kind: ContentKey\nname: film\ntype: common\nauthorizationPolicy: open\n"
        let window = "notBefore: 2026-01-01T00:00:00Z\nnotAfter: 2027-01-01T00:00:00Z\n"
        #expect(try await apply(head + window + "label: video-uhd\n") == ["create ContentKey film"])
        let report = try await site.operations.show("film")
        #expect(report.label == "video-uhd")
        #expect(report.notAfter == TimeText.date("2027-01-01T00:00:00Z"))
        #expect(try await apply(head + window) == ["unchanged ContentKey film"])
        #expect(
            try await apply(head + window + "enabled: false\n") == ["update ContentKey film: enabled: true → false"])
        #expect(try await site.operations.show("film").state == "disabled")
        // Who says nothing of the state leaves it.
        #expect(
            try await apply(head) == [
                "update ContentKey film: notBefore: 2026-01-01T00:00:00Z → nothing; notAfter: 2027-01-01T00:00:00Z → nothing"
            ])
        #expect(try await site.operations.show("film").state == "disabled")
        for mistake in [
            "notBefore: tomorrow", "enabled: 1", "label: hd",
            "notBefore: 2027-01-01T00:00:00Z\nnotAfter: 2026-01-01T00:00:00Z",
        ] {
            await #expect(throws: DocumentsRejected.self) { try await apply(head + mistake + "\n") }
        }
    }
}
