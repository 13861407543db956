import Catalog
import CatalogSQLite
import ContentKeys
import Foundation
import GRDB
import MediaModel
import Policies
import Testing

@Suite struct SQLiteCatalogTests {
    private func code(_ body: () async throws -> Void) async -> CatalogError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? CatalogError)?.code
        }
    }

    /// A first start, or the first after an update, of a server and of commands beside it.
    @Test func openingsAtOnceMakeOneSchema() async throws {
        for _ in 0..<10 {
            let file = DatabaseFile()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<6 { group.addTask { _ = try file.open() } }
                try await group.waitForAll()
            }
            #expect(try await file.open().authorizationPolicies().isEmpty)
        }
    }

    @Test func recordsReadBackAsTheyWereWritten() async throws {
        let file = DatabaseFile()
        let catalog = try file.open()
        let key = Fixture.key(.envelope, name: "k", policy: "open")
        try await catalog.apply([.putAuthorizationPolicy(Fixture.policy), .insertContentKey(key)])
        #expect(try await catalog.contentKey(key.keyID) == key)
        #expect(try await catalog.contentKey(named: "k") == key)
        #expect(try await catalog.contentKeys(Page()) == [key])
        let lookup = try #require(try await catalog.keyLookup(key.keyID))
        #expect(lookup.policy == Fixture.policy)
        try await Fixture.asset("film", in: catalog)
        let version = try #require(try await catalog.assetVersion(asset: "film", number: 1))
        #expect(version.tracks == [Fixture.track("a", nonce: 0), Fixture.track("b", nonce: 1)])
        #expect(try await catalog.asset(named: "film")?.currentVersion == 1)
        #expect(try await file.open().contentKeys(Page()).count == 2)
    }

    @Test func commitsAreDurableAndForeignKeysHold() async throws {
        let file = DatabaseFile()
        _ = try file.open()
        let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(try file.open().synchronousLevel() == 2)
    }

    @Test func aFailingBatchChangesNothing() async throws {
        let file = DatabaseFile()
        let catalog = try file.open()
        let key = Fixture.key(.envelope)
        #expect(await code { try await catalog.apply([.insertContentKey(key), .insertContentKey(key)]) } == .exists)
        #expect(try await catalog.contentKey(key.keyID) == nil)
        #expect(
            await code {
                try await catalog.apply([.insertContentKey(Fixture.key(.envelope, policy: "nobody"))])
            } == .missing)
        #expect(try await catalog.contentKeys(Page()).isEmpty)
    }

    @Test func whatIsInUseIsNotDeleted() async throws {
        let file = DatabaseFile()
        let catalog = try file.open()
        try await catalog.apply([
            .putAuthorizationPolicy(Fixture.policy), .insertContentKey(Fixture.key(.common, policy: "open")),
        ])
        #expect(await code { try await catalog.apply([.deleteAuthorizationPolicy(name: "open")]) } == .inUse)
        #expect(await code { try await catalog.apply([.deleteDeliveryPolicy(name: "none")]) } == .missing)
    }

    @Test func noKeyServesTwoSchemes() async throws {
        let file = DatabaseFile()
        let catalog = try file.open()
        try await Fixture.asset("film", in: catalog)
        let key = Fixture.key(.common)
        try await catalog.apply([.insertContentKey(key)])
        for encryption in [DeliveryEncryption.cbcs, .envelope, .none] {
            let assignment = KeyAssignment(asset: "film", encryption: encryption, label: .all, keyID: key.keyID)
            #expect(await code { try await catalog.apply([.insertAssignment(assignment)]) } == .conflict)
        }
    }

    /// A number is never given twice under a key, also between two processes' connections.
    @Test func numbersAreGivenOnce() async throws {
        let file = DatabaseFile()
        let first = try file.open()
        let second = try file.open()
        try await Fixture.asset("film", in: first)
        try await Fixture.asset("other", in: first)
        let key = Fixture.key(.common)
        try await first.apply([.insertContentKey(key)])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (catalog, asset) in [(first, "film"), (second, "other"), (second, "film"), (first, "other")] {
                group.addTask {
                    try await catalog.apply([
                        .allocateIVNumbers(keyID: key.keyID, asset: asset, version: 1, tracks: ["a", "b"])
                    ])
                }
            }
            try await group.waitForAll()
        }
        var numbers: [UInt32] = []
        for asset in ["film", "other"] {
            numbers += try await first.ivAllocations(keyID: key.keyID, asset: asset, version: 1).map(\.number)
        }
        #expect(numbers.count == 4)
        #expect(Set(numbers).count == 4)
    }

    @Test func reservationsNeverGoBack() async throws {
        let file = DatabaseFile()
        let catalog = try file.open()
        try await Fixture.asset("film", in: catalog)
        #expect(try await catalog.reserveVersion(asset: "film") == 2)
        #expect(try await catalog.reserveVersion(asset: "film") == 3)
        #expect(try await catalog.reserveFileNonces(asset: "film", count: 3) == [2, 3, 4])
        #expect(try await catalog.reserveFileNonces(asset: "film", count: 1) == [5])
        #expect(await code { _ = try await catalog.reserveVersion(asset: "none") } == .missing)
    }

    @Test func anOlderVersionDoesNotReplaceANewerOne() async throws {
        let file = DatabaseFile()
        let catalog = try file.open()
        try await Fixture.asset("film", in: catalog)
        func version(_ number: Int, _ nonce: UInt64) -> CatalogChange {
            .insertAssetVersion(
                AssetVersionRecord(
                    asset: "film", number: number, created: Fixture.now, job: nil,
                    tracks: [Fixture.track("a", nonce: nonce)]))
        }
        try await catalog.apply([version(3, 9)])
        #expect(await code { try await catalog.apply([version(2, 10)]) } == .conflict)
    }

    /// A nonce under the asset's key is of one content; a later version may share the file that has it.
    @Test func aNonceIsOfOneContent() async throws {
        let file = DatabaseFile()
        let catalog = try file.open()
        try await Fixture.asset("film", in: catalog)
        func version(_ number: Int, _ tracks: [TrackRecord]) -> CatalogChange {
            .insertAssetVersion(
                AssetVersionRecord(asset: "film", number: number, created: Fixture.now, job: nil, tracks: tracks))
        }
        let shared = Fixture.track("a", nonce: 0)
        try await catalog.apply([version(2, [shared, Fixture.track("c", nonce: 2)])])
        #expect(try await catalog.assetVersion(asset: "film", number: 2)?.tracks.first == shared)
        for change: (inout TrackRecord) -> Void in [
            { $0.mediaSize -= 1 }, { $0.indexDigest[0] = 8 }, { $0.tagsDigest = [UInt8](repeating: 1, count: 32) },
            { $0.isStorageEncrypted = false },
        ] {
            var other = shared
            change(&other)
            #expect(await code { try await catalog.apply([version(3, [other])]) } == .conflict)
        }
        // Not twice within a version, whatever it is.
        var twice = shared
        twice.description.name = "b"
        #expect(await code { try await catalog.apply([version(3, [shared, twice])]) } == .exists)
        #expect(try await catalog.reserveFileNonces(asset: "film", count: 1) == [3])
    }

    @Test func aServedPosterIsKnown() async throws {
        let file = DatabaseFile()
        let catalog = try file.open()
        try await Fixture.asset("film", in: catalog)
        try await Fixture.asset("trailer", in: catalog)
        var poster = Fixture.track("poster", nonce: 2)
        poster.description = TrackDescription(
            name: "poster", kind: .image,
            codec: CodecConfiguration(sampleEntry: "jpeg", decoderSpecific: [], codecString: "jpeg"), timescale: 1000,
            averageBitrate: 1, peakBitrate: 1, image: ImageFormat(role: .poster, width: 16, height: 16, interval: 1))
        try await catalog.apply([
            .insertAssetVersion(
                AssetVersionRecord(asset: "film", number: 2, created: Fixture.now, job: nil, tracks: [poster]))
        ])
        #expect(try await catalog.assetsWithPoster(among: ["film", "trailer", "none"]) == ["film"])
        #expect(try await catalog.assetsWithPoster(among: ["trailer"]).isEmpty)
        try await catalog.apply([.setCurrentVersion(asset: "film", number: 1)])
        #expect(try await catalog.assetsWithPoster(among: ["film"]).isEmpty)
    }

    @Test func useLimitsHoldUnderConcurrency() async throws {
        let file = DatabaseFile()
        let catalogs = [try file.open(), try file.open()]
        let limit = try UseLimitFixture.limit(maximum: 5)
        let granted = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<20 {
                group.addTask {
                    try await catalogs[number % 2].record(DecisionRecord(use: limit) { _ in [] }).isWithin(5)
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(granted == 5)
        #expect(try await !file.open().record(DecisionRecord(use: limit) { _ in [] }).isWithin(5))
    }

    @Test func locatorsWhosePoliciesContradictEachOtherAreRefused() async throws {
        let file = DatabaseFile()
        let catalog = try file.open()
        try await Fixture.asset("film", in: catalog)
        try await catalog.apply([
            .putDeliveryPolicy(DeliveryPolicy(name: "a", protocols: [.hls], encryption: .cbcs)),
            .putDeliveryPolicy(DeliveryPolicy(name: "b", protocols: [.hls], encryption: .none)),
            .putAccessPolicy(AccessPolicy(name: "day", permissions: [.read], duration: 86_400)),
        ])
        func locator(_ policies: [String]) -> Locator {
            Locator(
                id: LocatorID(), kind: .streaming, asset: "film", accessPolicy: "day", deliveryPolicies: policies,
                start: Fixture.now, end: Fixture.now.addingTimeInterval(60))
        }
        #expect(await code { try await catalog.apply([.insertLocator(locator(["a", "b"]))]) } == .conflict)
        #expect(await code { try await catalog.apply([.insertLocator(locator(["c"]))]) } == .missing)
        let good = locator(["a"])
        try await catalog.apply([.insertLocator(good)])
        let lookup = try #require(try await catalog.locatorLookup(good.id))
        #expect(lookup.terms.locator == good)
        #expect(lookup.terms.deliveryPolicies.map(\.name) == ["a"])
        #expect(lookup.terms.permissions == [.read])
        try await catalog.apply([.revokeLocator(good.id)])
        #expect(try await catalog.locator(good.id)?.isRevoked == true)
    }
}

@Suite struct AuditTests {
    private func event(_ detail: String) -> AuditEvent {
        var event = AuditEvent(time: Fixture.now, action: .keyDenied)
        event.detail = detail
        return event
    }

    private func verify(_ catalog: SQLiteCatalog) async throws -> AuditChainDefect? {
        var verifier = AuditChain.Verifier()
        for record in try await catalog.auditRecords(after: 0, limit: 100_000) {
            if let defect = verifier.verify(record) { return defect }
        }
        return nil
    }

    /// Two connections, as two processes have them, cannot fork the chain.
    @Test func concurrentEventsMakeOneChain() async throws {
        let file = DatabaseFile()
        let catalogs = [try file.open(), try file.open()]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                group.addTask { try await catalogs[number % 2].appendAudit([self.event("\(number)")]) }
            }
            try await group.waitForAll()
        }
        #expect(try await catalogs[0].lastAuditSequence() == 200)
        #expect(try await verify(catalogs[0]) == nil)
        let details = try await catalogs[1].auditRecords(after: 0, limit: 1000).map {
            try AuditChain.event(of: $0).detail
        }
        #expect(Set(details).count == 200)
    }

    @Test(arguments: [
        "UPDATE auditBatch SET events = CAST('{}' AS BLOB) WHERE first = 3",
        "DELETE FROM auditBatch WHERE first = 3",
        "UPDATE auditBatch SET hashes = zeroblob(32) WHERE first = 3",
        "DELETE FROM auditBatch WHERE first < 4",
    ])
    func aChangeIsFound(sql: String) async throws {
        let file = DatabaseFile()
        let catalog = try file.open()
        for number in 0..<5 { try await catalog.appendAudit([event("\(number)")]) }
        try await DatabaseQueue(path: file.path).write { try $0.execute(sql: sql) }
        #expect(try await verify(catalog) != nil)
    }
}
