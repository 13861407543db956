import Catalog
import ContentKeys
import Foundation
import GRDB
import KeyWrapping
import MediaModel
import Policies
import Synchronization
import Testing

@testable import CatalogSQLite
@testable import KeyDelivery

/// Keys for origins that hold no key-encryption key.
@Suite struct OriginKeyServiceTests {
    /// Unwraps, counts, and refuses what it is told to.
    private final class Unwrapper: KeyUnwrapper {
        let base: LocalKeyUnwrapper
        let state = Mutex((count: 0, broken: Set<KeyID>()))

        init(_ base: LocalKeyUnwrapper) {
            self.base = base
        }

        func unwrap(_ key: WrappedContentKey, for purpose: UnwrapPurpose) async throws -> ContentKey {
            let isBroken = state.withLock { state in
                state.count += 1
                return state.broken.contains(key.keyID)
            }
            if isBroken { throw KeyUnwrapError.authenticationFailed }
            return try await base.unwrap(key, for: purpose)
        }
    }

    /// An asset whose pictures are out under AES-128 by HLS, and nothing else of it.
    private final class Installation {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "keyway-origin-keys-\(UUID().uuidString)"
        ).path
        let catalog: SQLiteCatalog
        let wrapping: KeyWrapping
        let unwrapper: Unwrapper
        let locator = LocatorID()
        var keys: [ContentKeyType: (id: KeyID, clear: ContentKey)] = [:]

        init() async throws {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            catalog = try SQLiteCatalog(path: folder + "/catalog.sqlite")
            wrapping = KeyWrapping(provider: try FileKEKProvider(folder: folder + "/kek", mayCreate: true))
            unwrapper = Unwrapper(LocalKeyUnwrapper(wrapping: wrapping))
            var changes: [CatalogChange] = [
                .putDeliveryPolicy(DeliveryPolicy(name: "d", protocols: [.hls], encryption: .envelope)),
                .putAccessPolicy(AccessPolicy(name: "a", permissions: [.read], duration: 3600)),
                .putAuthorizationPolicy(
                    AuthorizationPolicy(
                        name: "p", options: [AuthorizationOption(name: "o", delivery: [.aes], restrictions: [.open])])),
            ]
            for type in [ContentKeyType.storage, .envelope, .common] {
                let key = (id: KeyID.random(), clear: ContentKey.random(type))
                keys[type] = key
                changes.append(
                    .insertContentKey(
                        ContentKeyRecord(
                            wrapped: try wrapping.wrap(key.clear, keyID: key.id), name: nil,
                            authorizationPolicy: type == .storage ? nil : "p", created: Date())))
            }
            let storage = try #require(keys[.storage]).id
            changes += [
                .insertAsset(AssetRecord(name: "film", created: Date(), storageKey: storage)),
                .insertAssetVersion(
                    AssetVersionRecord(asset: "film", number: 1, created: Date(), job: nil, tracks: [Self.track])),
                .insertAssignment(
                    KeyAssignment(
                        asset: "film", encryption: .envelope, label: .all, keyID: try #require(keys[.envelope]).id)),
                .insertLocator(
                    Locator(
                        id: locator, kind: .streaming, asset: "film", accessPolicy: "a", deliveryPolicies: ["d"],
                        start: Date(timeIntervalSinceNow: -60), end: Date(timeIntervalSinceNow: 3600))),
            ]
            try await catalog.apply(changes)
        }

        private static let track = TrackRecord(
            description: TrackDescription(
                name: "sound", kind: .audio,
                codec: CodecConfiguration(sampleEntry: "mp4a", decoderSpecific: [1], codecString: "mp4a.40.2"),
                timescale: 48_000, averageBitrate: 1, peakBitrate: 1,
                audio: AudioFormat(sampleRate: 48_000, channelCount: 2)),
            duration: 1, segmentCount: 1, mediaFile: "sound.mp4", indexFile: "sound.idx", mediaSize: 1, mediaNonce: 1,
            indexDigest: [UInt8](repeating: 0, count: 32))

        deinit {
            try? FileManager.default.removeItem(atPath: folder)
        }

        func service(
            limit: Int? = nil, longestWait: Duration = .seconds(3600),
            instant: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
        ) -> OriginKeyService {
            OriginKeyService(
                catalog: catalog, unwrapper: unwrapper, limit: limit, longestWait: longestWait, instant: instant)
        }

        func question(
            _ type: ContentKeyType, _ encryption: DeliveryEncryption = .envelope, _ use: StreamingProtocol = .hls,
            isHeld: Bool = false
        ) throws -> OriginKeyQuestion {
            let keyID = try #require(keys[type]).id
            return OriginKeyQuestion(
                OriginKeyRequest(keyID: keyID, use: type == .storage ? .storage : .encryption(encryption, use)),
                isHeld: isHeld)
        }

        func events() async throws -> [AuditEvent] {
            try await catalog.auditRecords(after: 0, limit: 1000).map(AuditChain.event)
        }
    }

    private func call(_ origin: String = "edge") throws -> OriginCall {
        OriginCall(origin: origin, clientAddress: try #require(IPAddress("192.0.2.1")), requestID: "r")
    }

    private func words(_ outcome: OriginKeyOutcome) -> String {
        switch outcome {
        case .released: "released"
        case .confirmed: "confirmed"
        case .denied(let denial): denial.rawValue
        }
    }

    @Test func whatIsPublishedIsGivenAndWrittenDown() async throws {
        let site = try await Installation()
        let questions = try [
            site.question(.storage), site.question(.envelope), site.question(.envelope, .envelope, .dash),
            site.question(.envelope, .cbcs), site.question(.common, .cenc),
            OriginKeyQuestion(OriginKeyRequest(keyID: .random(), use: .storage), isHeld: false),
        ]
        let outcomes = try await site.service().answer(questions, to: try call())
        #expect(
            outcomes.map(words) == [
                "released", "released", "notPublished", "useMismatch", "notPublished", "keyUnknown",
            ])
        guard case .released(let storage) = outcomes[0], case .released(let envelope) = outcomes[1] else { return }
        #expect(storage == site.keys[.storage]?.clear && envelope == site.keys[.envelope]?.clear)
        let events = try await site.events()
        #expect(events.prefix(2).allSatisfy { $0.action == .originKeyGiven })
        #expect(events.count == 6 && events.dropFirst(2).allSatisfy { $0.action == .originKeyDenied })
        #expect(events.allSatisfy { $0.actor == "origin:edge" && $0.requestID == "r" })
        #expect(events[1].detail?.contains("\(site.locator)") == true)
        #expect(site.unwrapper.state.withLock { $0.count } == 2)
    }

    @Test func whatIsHeldIsConfirmedAndNeverOpened() async throws {
        let site = try await Installation()
        let questions = try [
            site.question(.envelope, isHeld: true), site.question(.envelope, .envelope, .dash, isHeld: true),
        ]
        let outcomes = try await site.service().answer(questions, to: try call())
        #expect(outcomes.map(words) == ["confirmed", "notPublished"])
        #expect(site.unwrapper.state.withLock { $0.count } == 0)
        #expect(try await site.events().map(\.action) == [.originKeyDenied])
    }

    @Test func whatIsTakenBackIsGivenNoMore() async throws {
        let site = try await Installation()
        let service = site.service()
        func answer() async throws -> [String] {
            try await service.answer([site.question(.envelope), site.question(.storage)], to: try call()).map(words)
        }
        #expect(try await answer() == ["released", "released"])
        try await site.catalog.apply([.setTakedown(asset: "film", Takedown(time: Date()))])
        #expect(try await answer() == ["keyWithheld", "keyWithheld"])
        try await site.catalog.apply([.setTakedown(asset: "film", nil)])
        #expect(try await answer() == ["released", "released"])
        try await site.catalog.apply([.revokeLocator(site.locator)])
        #expect(try await answer() == ["notPublished", "notPublished"])
    }

    @Test func aKeyThatDoesNotOpenKeepsNoOtherBack() async throws {
        let site = try await Installation()
        let broken = try #require(site.keys[.storage]).id
        site.unwrapper.state.withLock { _ = $0.broken.insert(broken) }
        let outcomes = try await site.service().answer(
            [site.question(.storage), site.question(.envelope)], to: try call())
        #expect(outcomes.map(words) == ["keyUnavailable", "released"])
    }

    @Test func withoutAnAuditRecordNoKeyIsOpened() async throws {
        let site = try await Installation()
        try await DatabaseQueue(path: site.folder + "/catalog.sqlite").write {
            try $0.execute(sql: "DROP TABLE auditBatch")
        }
        await #expect(throws: (any Error).self) {
            try await site.service().answer([try site.question(.envelope)], to: try call())
        }
        #expect(site.unwrapper.state.withLock { $0.count } == 0)
    }

    /// A decision that waited for its place in the audit log is made again before a key leaves; what has not changed is not
    /// written twice.
    @Test func aDecisionThatWaitedIsMadeAgain() async throws {
        let site = try await Installation()
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: site.folder + "/catalog.sqlite", configuration: configuration)
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        let service = site.service(longestWait: .milliseconds(200))
        let questions = try [site.question(.envelope), site.question(.storage)]
        let call = try call()
        async let asked = service.answer(questions, to: call)
        while !site.catalog.committer.holdsABatch { try await Task.sleep(for: .milliseconds(5)) }
        try await Task.sleep(for: .milliseconds(300))
        try await other.writeWithoutTransaction { database in
            try database.execute(sql: "UPDATE contentKey SET enabled = 0 WHERE type = 'envelope'")
            try database.execute(sql: "COMMIT")
        }
        #expect(try await asked.map(words) == ["keyDisabled", "released"])
        let events = try await site.events()
        #expect(events.map(\.action) == [.originKeyGiven, .originKeyGiven, .originKeyDenied])
        #expect(events.last?.reason == "keyDisabled")
    }

    @Test func noMoreThanSixtyFourOfARequestAreAnswered() async throws {
        let site = try await Installation()
        let questions = try (0..<100).map { _ in try site.question(.envelope, isHeld: true) }
        #expect(try await site.service().answer(questions, to: try call()).count == OriginKeyService.mostKeys)
    }

    @Test func anOriginThatAsksForTooManyIsToldToWait() async throws {
        let site = try await Installation()
        let start = ContinuousClock.now
        let passed = Mutex(Duration.zero)
        let service = site.service(limit: 10) { start + passed.withLock { $0 } }
        func given(_ count: Int, isHeld: Bool = false, to origin: String = "edge") async throws -> Int {
            let questions = try (0..<count).map { _ in try site.question(.envelope, isHeld: isHeld) }
            do {
                return try await service.answer(questions, to: try call(origin)).count
            } catch let limited as OriginKeysLimited {
                #expect(limited.wait > .zero && limited.wait <= .seconds(5))
                return 0
            }
        }
        // Two seconds' worth at once.
        #expect(try await given(15) == 15)
        #expect(try await given(5) == 5)
        let opened = site.unwrapper.state.withLock { $0.count }
        #expect(try await given(1) == 0)
        #expect(site.unwrapper.state.withLock { $0.count } == opened)
        let last = try #require(try await site.events().last)
        #expect(last.action == .originKeyDenied && last.reason == "rateLimited" && last.detail == "1 key")
        // Others are not held up, nor is what is held.
        #expect(try await given(20, to: "edge-2") == 20)
        #expect(try await given(64, isHeld: true) == 64)
        passed.withLock { $0 = .seconds(1) }
        #expect(try await given(10) == 10)
        #expect(try await given(1) == 0)
        // A whole request passes where nothing was asked for lately, however large.
        passed.withLock { $0 = .seconds(100) }
        #expect(try await given(64) == 64)
        // The flood does not fill the audit log: what is counted is written now and then, by the real clock.
        let began = ContinuousClock.now
        for _ in 0..<50 { _ = try await given(1) }
        let seconds = Int((ContinuousClock.now - began) / .seconds(1))
        #expect(try await site.events().count { $0.reason == "rateLimited" } <= 10 + 2 * seconds)
    }
}
