import Adapters
import Administration
import Catalog
import ContentKeys
import Foundation
import KeyExchange
import Policies
import TestSupport
import Testing

/// Keys for encryptors, and keys in CPIX documents, over a catalog.
@Suite struct ExchangeTests {
    private static let first = "aeb4050d-e44b-4802-932e-27d75083e266"
    private static let second = "beb4050d-e44b-4802-932e-27d75083e266"

    private func service(
        _ site: Fixture, unwrapper: (any KeyUnwrapper)? = nil, longestWait: Duration = .seconds(3600)
    ) -> EncryptorService {
        EncryptorService(
            catalog: site.catalog, material: site.installation.keyMaterial,
            unwrapper: unwrapper ?? site.installation.unwrapper,
            systems: ServedProtectionSystems(keyBaseURL: { "https://keys.example" }), longestWait: longestWait,
            now: { Fixture.now })
    }

    private func call(policy: String = "open", mayCreate: Bool = true) throws -> EncryptorCall {
        EncryptorCall(
            encryptor: Encryptor(name: "packager", authorizationPolicy: policy, mayCreate: mayCreate),
            clientAddress: try #require(IPAddress("127.0.0.1")), requestID: "r", isConnectionProtected: true)
    }

    private func request(_ keys: [String], scheme: String = "cbcs") throws -> CPIX {
        var document = CPIX()
        document.contentID = "film"
        document.keys = try keys.map { CPIX.Key(try keyID($0), scheme: scheme) }
        return document
    }

    private func bytes(_ key: CPIX.Key) throws -> [UInt8] {
        guard case .clear(let value) = key.value else { throw CPIXError("not clear") }
        return value.withUnsafeBytes { Array($0) }
    }

    @Test func theSameRequestGivesTheSameKeysAndPlayersHaveThem() async throws {
        let site = try await Fixture()
        var document = try request([Self.first, Self.second])
        var rule = CPIX.UsageRule(keyID: try keyID(Self.first))
        rule.set(.videoUHD)
        document.usageRules = [rule]
        let answers = try await withThrowingTaskGroup(of: CPIX.self) { group in
            for _ in 0..<8 { group.addTask { [document] in try await service(site).exchange(document, call()) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let keys = try answers.map { try $0.keys.map(bytes) }
        #expect(Set(keys).count == 1)
        #expect(Set(answers.map { $0.keys.map(\.explicitIV) }).count == 1)
        #expect(answers[0].keys.allSatisfy { $0.explicitIV?.count == 16 })
        #expect(try await site.deliver(keyID(Self.first)) == .success(keys[0][0]))
        let record = try #require(try await site.catalog.contentKey(keyID(Self.first)))
        #expect(record.type == .commonCbcs && record.label == .videoUHD && record.authorizationPolicy == "open")
        #expect(try await site.events(.keyCreated).count == 2)
        let released = try await site.events(.keyExchanged)
        #expect(released.count == 16)
        #expect(released.allSatisfy { $0.actor == "encryptor:packager" && $0.detail == "content film" })
    }

    @Test func anIVIsNeverGivenForCounterMode() async throws {
        let site = try await Fixture()
        let answer = try await service(site).exchange(request([Self.first], scheme: "cenc"), call())
        #expect(answer.keys[0].explicitIV == nil)
        var asking = try request([Self.first], scheme: "cenc")
        asking.keys[0].explicitIV = Array(1...16)
        #expect(try await service(site).exchange(asking, call()).keys[0].explicitIV == Array(1...16))
    }

    @Test func oneDenialAndNothingLeaves() async throws {
        let site = try await Fixture()
        _ = try await site.operations.create(
            .commonCbcs, KeyProperties(keyID: keyID(Self.second), name: "another"), at: Fixture.now)
        await #expect(throws: EncryptorRefusal.denied(Self.second, .notCovered)) {
            try await service(site).exchange(request([Self.first, Self.second]), call())
        }
        #expect(try await site.catalog.contentKey(keyID(Self.first)) == nil)
        #expect(try await site.events(.keyExchanged).isEmpty)
        #expect(try await site.events(.keyExchangeDenied).map(\.reason) == ["notCovered"])
        await #expect(throws: EncryptorRefusal.denied(Self.first, .keyUnknown)) {
            try await service(site).exchange(request([Self.first]), call(mayCreate: false))
        }
    }

    @Test func requestsThatCannotBeAnsweredAreRefused() async throws {
        let site = try await Fixture()
        var valued = try request([Self.first])
        valued.keys[0].value = .clear(ZeroedBytes.random(count: 16))
        var unknown = try request([Self.first])
        unknown.systems = [
            CPIX.System(systemID: "00000000-79d6-4ace-a3c8-27dcd51d21ed", keyID: try keyID(Self.first))
        ]
        var weak = try request([Self.first])
        weak.deliveries = [CPIX.Delivery(certificate: [1, 2, 3])]
        for document in [
            try request([]), valued, unknown, weak, try request([Self.first], scheme: "cens"),
            try request(["00000000-0000-0000-0000-000000000000"]),
            try request((0..<129).map { _ in KeyID.random().description }),
        ] {
            await #expect(throws: EncryptorRefusal.self) { try await service(site).exchange(document, call()) }
        }
        #expect(try await site.catalog.contentKey(keyID(Self.first)) == nil)
    }

    /// Dies where a process would die that is killed after the audit record and before the release.
    private struct DyingUnwrapper: KeyUnwrapper {
        let catalog: any CatalogEngine

        func unwrap(_ key: WrappedContentKey, for purpose: UnwrapPurpose) async throws -> ContentKey {
            let events = try await catalog.auditRecords(after: 0, limit: 100).map(AuditChain.event)
            #expect(events.last?.action == .keyExchanged || events.last?.action == .keyExported)
            throw CancellationError()
        }
    }

    @Test func theAuditRecordIsThereBeforeAKeyIsOpened() async throws {
        let site = try await Fixture()
        let dying = DyingUnwrapper(catalog: site.catalog)
        await #expect(throws: CancellationError.self) {
            try await service(site, unwrapper: dying).exchange(request([Self.first]), call())
        }
        #expect(try await site.events(.keyExchanged).count == 1)
        let operations = KeyOperations(
            catalog: site.catalog, material: site.installation.keyMaterial, unwrapper: dying)
        await #expect(throws: CancellationError.self) {
            try await operations.exportCPIX(
                .keys([Self.first]), .clear(confirmed: true), contentID: nil, role: .keyAdmin, at: Fixture.now)
        }
        #expect(try await site.events(.keyExported).count == 1)
    }

    /// Where writing takes long, it is decided again: what is the same then is not written twice.
    @Test func aDecisionThatWaitedIsMadeAgainAndWrittenOnce() async throws {
        let site = try await Fixture()
        let service = service(site, longestWait: .nanoseconds(-1))
        let answer = try await service.exchange(request([Self.first, Self.second]), call())
        #expect(answer.keys.count == 2)
        #expect(try await site.events(.keyExchanged).count == 2)
    }

    @Test func exportedKeysComeBackWithTheirLabels() async throws {
        let site = try await Fixture()
        let made = try await site.operations.create(
            .common, KeyProperties(name: "hd", authorizationPolicy: "open", label: .videoHD), at: Fixture.now)
        let other = try await site.operations.create(
            .envelope, KeyProperties(name: "sound", label: .audio), at: Fixture.now)
        let document = try await site.operations.exportCPIX(
            .keys(["hd", other.keyId, made.keyId]), .clear(confirmed: true), contentID: "film", role: .keyAdmin,
            at: Fixture.now)
        #expect(document.keys.map(\.scheme) == ["cenc", "AES-128"])
        let elsewhere = try await Fixture()
        let read = try Array(document.xml.utf8).withUnsafeBytes { try CPIX.read($0) }.document
        let properties = KeyOperations.CPIXImport(authorizationPolicy: "open")
        let reports = try await elsewhere.operations.importCPIX(read, properties, at: Fixture.now)
        #expect(reports.map(\.checksum) == [made.checksum, other.checksum])
        #expect(reports.map(\.label) == ["video-hd", "audio"])
        // Once more changes nothing; another key under the same KID is refused, with all that came with it.
        _ = try await elsewhere.operations.importCPIX(read, properties, at: Fixture.now)
        #expect(try await elsewhere.events(.keyImported).count == 2)
        var forged = read
        forged.keys[1].value = .clear(ZeroedBytes.random(count: 16))
        forged.keys[0].keyID = .random()
        await #expect(throws: CatalogError.self) {
            try await elsewhere.operations.importCPIX(forged, properties, at: Fixture.now)
        }
        #expect(try await elsewhere.events(.keyImported).count == 2)
    }

    @Test(arguments: [nil, OperatorRole.reader, .operator])
    func otherRolesExportNothing(role: OperatorRole?) async throws {
        let site = try await Fixture()
        let made = try await site.operations.create(.common, KeyProperties(), at: Fixture.now)
        await #expect(throws: KeyOperationError.self) {
            try await site.operations.exportCPIX(
                .keys([made.keyId]), .clear(confirmed: true), contentID: nil, role: role, at: Fixture.now)
        }
        await #expect(throws: KeyOperationError.self) {
            try await site.operations.exportCPIX(
                .keys([made.keyId]), .clear(confirmed: false), contentID: nil, role: .keyAdmin, at: Fixture.now)
        }
        #expect(try await site.events(.keyExported).isEmpty)
        #expect(try await site.events(.keyExportDenied).count == 2)
    }

    @Test func anAssetsKeysGoTogetherAndItsCounterModeKeysToNoEncryptor() async throws {
        let site = try await Fixture()
        _ = try await site.addVersion(of: "film")
        _ = try await site.publish("film")
        let all = try await site.operations.exportCPIX(
            .asset("film", nil), .clear(confirmed: true), contentID: nil, role: .keyAdmin, at: Fixture.now)
        #expect(Set(all.keys.map(\.scheme)) == ["cenc", "AES-128"])
        #expect(all.usageRules.map(\.label) == [.all, .all])
        let one = try await site.operations.exportCPIX(
            .asset("film", .cenc), .clear(confirmed: true), contentID: nil, role: .keyAdmin, at: Fixture.now)
        #expect(one.keys.map(\.scheme) == ["cenc"])
        let used = one.keys[0].keyID.description
        await #expect(throws: EncryptorRefusal.denied(used, .usedByOrigin)) {
            try await service(site).exchange(request([used], scheme: "cenc"), call())
        }
    }

    @Test func documentsThatAreNoImport() async throws {
        let site = try await Fixture()
        var short = try request([Self.first])
        short.keys[0].value = .clear(ZeroedBytes.random(count: 15))
        var bare = try request([Self.first])
        bare.keys[0].scheme = nil
        bare.keys[0].value = .clear(ZeroedBytes.random(count: 16))
        for document in [try request([]), try request([Self.first]), short, bare] {
            await #expect(throws: KeyOperationError.self) {
                try await site.operations.importCPIX(document, KeyOperations.CPIXImport(), at: Fixture.now)
            }
        }
        let typed = try await site.operations.importCPIX(
            bare, KeyOperations.CPIXImport(type: .commonCbcs), at: Fixture.now)
        #expect(typed.map(\.type) == ["common-cbcs"])
    }

    @Test func anEncryptorIsKnownByItsTokenWhileThatIsValid() async throws {
        let site = try await Fixture()
        let address = try #require(IPAddress("192.0.2.1"))
        let hash = { (token: String) in try EncryptorToken.hash(token) }
        let (valid, old) = (EncryptorToken.random(), EncryptorToken.random())
        let encryptor = Encryptor(name: "a", authorizationPolicy: "open", mayCreate: false)
        var expired = encryptor
        expired.name = "b"
        try await site.catalog.apply([
            .insertEncryptor(
                EncryptorRecord(encryptor: encryptor, hash: try hash(valid), created: Fixture.now)),
            .insertEncryptor(
                EncryptorRecord(
                    encryptor: expired, hash: try hash(old), created: Fixture.now, expires: Fixture.now)),
        ])
        let authentication = EncryptorAuthentication(catalog: site.catalog, now: { Fixture.now })
        func identify(_ token: String?) async throws -> Encryptor {
            try await authentication.identify(token: token, address: address, requestID: "r")
        }
        #expect(try await identify(valid) == encryptor)
        await #expect(throws: EncryptorAuthentication.Refusal.tokenMissing) { try await identify(nil) }
        await #expect(throws: EncryptorAuthentication.Refusal.tokenInvalid) { try await identify(old) }
        try await site.catalog.apply([.revokeEncryptor(name: "a", time: Fixture.now)])
        await #expect(throws: EncryptorAuthentication.Refusal.tokenInvalid) { try await identify(valid) }
        for _ in 2..<RefusalCounts.perAddress { _ = try? await identify(EncryptorToken.random()) }
        await #expect(throws: EncryptorAuthentication.Refusal.limited(wait: 60)) {
            try await identify(EncryptorToken.random())
        }
        // What cannot be a token costs nothing.
        await #expect(throws: EncryptorAuthentication.Refusal.tokenInvalid) { try await identify("kwe_short") }
        let reasons = try await site.events(.encryptorRefused).compactMap(\.reason)
        #expect(reasons.prefix(2) == ["expired", "revoked"] && reasons.count == RefusalCounts.perAddress)
        await #expect(throws: CatalogError.self) {
            try await site.catalog.apply([
                .insertEncryptor(
                    EncryptorRecord(
                        encryptor: encryptor, hash: try hash(EncryptorToken.random()), created: Fixture.now))
            ])
        }
        #expect(try await site.catalog.encryptors(Page()).map(\.name) == ["a", "b"])
    }
}
