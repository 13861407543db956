import Administration
import Catalog
import ContentKeys
import Foundation
import Policies
import Testing

@Suite struct SeedTests {
    private static let reference = "402268c16e0d5e358dbd8efa269ddca6"

    private func site() async throws -> Fixture {
        let site = try await Fixture()
        _ = try await site.operations.createSeed(
            "studio", Array(0..<30), type: .common, authorizationPolicy: "open", at: Fixture.now)
        return site
    }

    @Test func manyKeysNeedNoRow() async throws {
        let site = try await site()
        var keys: Set<[UInt8]> = []
        for _ in 0..<200 {
            let made = try await site.operations.create(fromSeed: "studio", KeyProperties(), at: Fixture.now)
            guard case .success(let bytes) = try await site.deliver(keyID(made.keyId)) else {
                Issue.record("\(made.keyId) was refused")
                return
            }
            #expect(keys.insert(bytes).inserted)
            let shown = try await site.operations.show(made.keyId)
            #expect(made.checksum == shown.checksum)
        }
        #expect(try await site.operations.list(KeyQuery()).keys.isEmpty)
        #expect(try await site.events(.keyCreated).count == 200)
    }

    @Test func whoMakesAKeyIDUpGetsNothing() async throws {
        let site = try await site()
        let made = try await site.operations.create(fromSeed: "studio", KeyProperties(), at: Fixture.now)
        let bytes = try keyID(made.keyId).bytes
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            // In the form of a seed's KIDs, half of them with the first half of a real one.
            var guess = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            if Bool.random(using: &generator) { guess.replaceSubrange(0..<8, with: bytes[0..<8]) }
            guess[6] = guess[6] & 0x0F | 0x80
            guess[8] = guess[8] & 0x3F | 0x80
            let refused = try await site.deliver(try #require(KeyID(bytes: guess)))
            #expect(refused == .failure(Refused(code: .keyUnknown)))
        }
        #expect(try await site.deliver(.random()) == .failure(Refused(code: .keyUnknown)))
    }

    @Test func aKeyIDFromElsewhereNeedsARow() async throws {
        let site = try await site()
        let foreign = "00112233-4455-6677-8899-aabbccddeeff"
        #expect(try await site.deliver(keyID(foreign)) == .failure(Refused(code: .keyUnknown)))
        let made = try await site.operations.create(
            fromSeed: "studio", KeyProperties(keyID: try keyID(foreign), name: "foreign"), at: Fixture.now)
        #expect(made.authorizationPolicy == "open")
        guard case .success(let bytes) = try await site.deliver(keyID(foreign)) else {
            Issue.record("the key was refused")
            return
        }
        #expect(bytes.map { String(format: "%02x", $0) }.joined() == Self.reference)
        #expect(try await site.operations.list(KeyQuery(namePrefix: "for")).keys.map(\.seed) == ["studio"])
        // It can go again; then it is unknown.
        _ = try await site.operations.deleteNow("foreign", at: Fixture.now)
        #expect(try await site.deliver(keyID(foreign)) == .failure(Refused(code: .keyUnknown)))
    }

    @Test func aSeedServesOneTypeAndTakesKeyIDsFromNoOther() async throws {
        let site = try await site()
        _ = try await site.operations.createSeed(
            "twin", Array(0..<30), type: .commonCbcs, authorizationPolicy: "open", at: Fixture.now)
        let made = try await site.operations.create(fromSeed: "studio", KeyProperties(), at: Fixture.now)
        #expect(made.type == "common")
        #expect(try await site.operations.show(made.keyId).seed == "studio")
        // Nor can the other seed take it over: the key would be another one.
        await #expect(throws: CatalogError.self) {
            try await site.operations.create(
                fromSeed: "twin", KeyProperties(keyID: try keyID(made.keyId)), at: Fixture.now)
        }
        // The seed itself can give it a row.
        let named = try await site.operations.create(
            fromSeed: "studio", KeyProperties(keyID: try keyID(made.keyId), name: "kept"), at: Fixture.now)
        #expect(named.checksum == made.checksum)
        // The KID is taken: neither a random key nor an imported one can have it.
        await #expect(throws: CatalogError.self) {
            try await site.operations.create(
                .envelope, KeyProperties(keyID: try keyID(made.keyId)), at: Fixture.now)
        }
        await #expect(throws: KeyOperationError.self) {
            try await site.operations.createSeed(
                "files", Array(0..<30), type: .storage, authorizationPolicy: nil, at: Fixture.now)
        }
        await #expect(throws: CatalogError.self) {
            try await site.operations.createSeed(
                "studio", Array(0..<30), type: .common, authorizationPolicy: nil, at: Fixture.now)
        }
    }

    @Test func aDerivedKeyIsDisabledAndNeverDeleted() async throws {
        let site = try await site()
        let made = try await site.operations.create(fromSeed: "studio", KeyProperties(), at: Fixture.now)
        await #expect(throws: KeyOperationError.self) {
            try await site.operations.scheduleDeletion(made.keyId, at: Fixture.now)
        }
        let disabled = try await site.operations.setEnabled(false, made.keyId, at: Fixture.now)
        #expect(disabled.state == "disabled")
        #expect(disabled.checksum == made.checksum)
        #expect(try await site.deliver(keyID(made.keyId)) == .failure(Refused(code: .keyDisabled)))
        _ = try await site.operations.setEnabled(true, made.keyId, at: Fixture.now)
        guard case .success = try await site.deliver(keyID(made.keyId)) else {
            Issue.record("an enabled key was refused")
            return
        }
    }
}
