import Catalog
import ContentKeys
import Foundation
import GRDB
import KeyWrapping
import Policies
import Testing

@testable import CatalogSQLite
@testable import KeyDelivery

@Suite struct KeyDeliveryTests {
    /// Accepts the token `good`.
    private struct Verifier: TokenVerifier {
        func verify(_ token: String, under restriction: TokenRestriction, at now: Date) -> TokenVerdict {
            guard token == "good" else { return .rejected(.signatureInvalid) }
            return .verified(
                VerifiedToken(
                    kind: .jwt, issuer: "i", subject: "viewer", tokenID: "1", expires: now.addingTimeInterval(60),
                    claims: [:],
                    identity: [1]))
        }
    }

    /// A server that was not given the version which keys are wrapped under.
    private struct NoKEKs: KEKProvider {
        let current: KEK

        func kek(_ version: KEKVersion) -> KEK? { nil }
    }

    /// A server that was given one version.
    private struct OneKEK: KEKProvider {
        let current: KEK

        func kek(_ version: KEKVersion) -> KEK? { version == current.version ? current : nil }
    }

    private final class Service {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "keyway-delivery-\(UUID().uuidString)"
        ).path
        let catalog: SQLiteCatalog
        let provider: FileKEKProvider
        let wrapping: KeyWrapping
        let service: KeyDeliveryService

        init(limits: RateLimits = RateLimits(), longestWait: Duration = .seconds(3600)) throws {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            catalog = try SQLiteCatalog(path: folder + "/catalog.sqlite")
            provider = try FileKEKProvider(folder: folder + "/kek", mayCreate: true)
            wrapping = KeyWrapping(provider: provider)
            service = KeyDeliveryService(
                catalog: catalog, cache: nil, unwrapper: LocalKeyUnwrapper(wrapping: wrapping), verifier: Verifier(),
                limits: limits, longestWait: longestWait)
        }

        deinit {
            try? FileManager.default.removeItem(atPath: folder)
        }

        func key(_ type: ContentKeyType, policy: String?) async throws -> (KeyID, ContentKey) {
            let key = ContentKey.random(type)
            let keyID = KeyID.random()
            try await catalog.apply([
                .insertContentKey(
                    ContentKeyRecord(
                        wrapped: try wrapping.wrap(key, keyID: keyID), name: nil, authorizationPolicy: policy,
                        created: Date()))
            ])
            return (keyID, key)
        }

        func ask(_ keyIDs: [KeyID], _ token: String?, _ delivery: KeyDeliveryType = .clearkey) async throws
            -> KeyDeliveryOutcome
        {
            let address = try #require(IPAddress("127.0.0.1"))
            return try await service.deliver(
                KeyRequest(keyIDs: keyIDs, delivery: delivery, credential: token, clientAddress: address),
                requestID: "r")
        }

        func policy(_ name: String = "p", maximumUses: Int? = nil) async throws {
            let token = TokenRestriction(
                kind: .jwt, issuer: "i", audience: "a", verificationKeys: [], maximumUses: maximumUses)
            try await catalog.apply([
                .putAuthorizationPolicy(
                    AuthorizationPolicy(
                        name: name,
                        options: [
                            AuthorizationOption(name: "o", delivery: [.aes, .clearkey], restrictions: [.token(token)])
                        ]))
            ])
        }
    }

    @Test func whatIsGrantedIsReleasedAndWhatIsNotIsNot() async throws {
        let service = try Service()
        try await service.policy()
        let (one, key) = try await service.key(.common, policy: "p")
        let (two, _) = try await service.key(.common, policy: nil)
        guard case .released(let released) = try await service.ask([one, two, one, .random()], "good") else {
            Issue.record("nothing was released")
            return
        }
        #expect(released.map(\.keyID) == [one])
        #expect(released.first?.key == key)
        guard case .denied(let reason) = try await service.ask([one], "bad") else {
            Issue.record("a bad token was accepted")
            return
        }
        #expect(reason.code == .tokenRejected)
        // One record for each decision, with its reason.
        let events = try await service.catalog.auditRecords(after: 0, limit: 100).map(AuditChain.event)
        #expect(events.map(\.action) == [.keyGranted, .keyDenied, .keyDenied, .keyDenied])
        #expect(events.map(\.reason) == [nil, "noPolicy", "keyUnknown", "tokenRejected"])
        #expect(events[0].tokenSubject == "viewer")
        try await expectCanonical(service)
    }

    /// Decisions are written down without an event in between, as if there were one.
    private func expectCanonical(_ service: Service) async throws {
        for record in try await service.catalog.auditRecords(after: 0, limit: 1000) {
            #expect(AuditEntry(try AuditChain.event(of: record)).event == record.event)
        }
    }

    /// The token's subject is known only after the decision: the refusal is one, and is in the audit log.
    @Test func aSubjectThatAsksTooOftenIsDenied() async throws {
        let service = try Service(limits: RateLimits(subject: 1))
        try await service.policy()
        let (keyID, _) = try await service.key(.common, policy: "p")
        var codes: [DenialReason.Code] = []
        for _ in 0..<30 {
            if case .denied(let reason) = try await service.ask([keyID], "good") { codes.append(reason.code) }
        }
        #expect(!codes.isEmpty && Set(codes) == [.rateLimited])
        let reasons = try await service.catalog.auditRecords(after: 0, limit: 100).map {
            try AuditChain.event(of: $0).reason
        }
        #expect(reasons.count == 30 && reasons.count { $0 == "rateLimited" } == codes.count)
        try await expectCanonical(service)
    }

    @Test func storageKeysNeverLeave() async throws {
        let service = try Service()
        try await service.policy()
        let (keyID, _) = try await service.key(.storage, policy: "p")
        for delivery in KeyDeliveryType.allCases {
            guard case .denied = try await service.ask([keyID], "good", delivery) else {
                Issue.record("a storage key left by \(delivery)")
                return
            }
        }
    }

    @Test func withoutAnAuditRecordThereIsNoKey() async throws {
        let service = try Service()
        try await service.policy()
        let (keyID, _) = try await service.key(.common, policy: "p")
        try await DatabaseQueue(path: service.folder + "/catalog.sqlite").write {
            try $0.execute(sql: "DROP TABLE auditBatch")
        }
        guard case .unavailable = try await service.ask([keyID], "good") else {
            Issue.record("a key left without an audit record")
            return
        }
    }

    @Test func aTokenIsUsedUpByRequestsNotByKeys() async throws {
        let service = try Service()
        try await service.policy(maximumUses: 2)
        let (one, _) = try await service.key(.common, policy: "p")
        let (two, _) = try await service.key(.common, policy: "p")
        for _ in 0..<2 {
            guard case .released(let released) = try await service.ask([one, two], "good") else {
                Issue.record("a use within the limit was refused")
                return
            }
            #expect(released.count == 2)
        }
        guard case .denied(let reason) = try await service.ask([one, two], "good") else {
            Issue.record("a third use was accepted")
            return
        }
        #expect(reason.code == .useLimitReached)
        let last = try #require(try await service.catalog.auditRecords(after: 5, limit: 1).first)
        let steps = try #require(try AuditChain.event(of: last).steps)
        #expect(steps.dropLast().allSatisfy { $0.refusal == nil })
        #expect(steps.last?.check == "uses")
        #expect(steps.last?.refusal == "useLimitReached")
        try await expectCanonical(service)
    }

    /// Of keys that are asked for together, one whose limit is reached does not take the others with it.
    @Test func eachKeyIsHeldAgainstItsOwnLimit() async throws {
        let service = try Service()
        try await service.policy("once", maximumUses: 1)
        try await service.policy("often", maximumUses: 3)
        let (one, _) = try await service.key(.common, policy: "once")
        let (two, _) = try await service.key(.common, policy: "often")
        var released: [[KeyID]] = []
        for _ in 0..<4 {
            guard case .released(let keys) = try await service.ask([one, two], "good") else { break }
            released.append(keys.map(\.keyID))
        }
        #expect(released == [[one, two], [two], [two]])
        let reasons = try await service.catalog.auditRecords(after: 0, limit: 100).map {
            try AuditChain.event(of: $0).reason
        }
        let reached = "useLimitReached"
        #expect(reasons == [nil, nil, reached, nil, reached, nil, reached, reached])
    }

    /// What a licence is for is counted by its own limit, whatever else the URL asks for.
    @Test func aLicenceIsHeldAgainstTheLimitsOfItsKeys() async throws {
        let service = try Service()
        try await service.policy("once", maximumUses: 1)
        try await service.policy("twice", maximumUses: 2)
        let (one, _) = try await service.key(.common, policy: "once")
        let (two, _) = try await service.key(.common, policy: "twice")
        let address = try #require(IPAddress("127.0.0.1"))
        let request = KeyRequest(
            keyIDs: [one, two], delivery: .clearkey, credential: "good", clientAddress: address)
        var granted: [[KeyID]] = []
        for _ in 0..<4 {
            guard
                case .granted(let grants, _) = try await service.service.authorise(
                    request, wholly: [two], requestID: "r")
            else { continue }
            granted.append(grants.map(\.keyID))
        }
        #expect(granted == [[one, two], [two]])
    }

    /// What a later option gives without a limit is not taken away by one that limits the token, in whatever order they stand.
    @Test(arguments: [false, true]) func aLimitTakesNothingAwayThatAnotherOptionGives(isReversed: Bool) async throws {
        let service = try Service()
        let token = TokenRestriction(
            kind: .jwt, issuer: "i", audience: "a", verificationKeys: [], maximumUses: 1)
        let block = try #require(AddressBlock("127.0.0.0/8"))
        var options = [
            AuthorizationOption(name: "token", delivery: [.clearkey], restrictions: [.token(token)]),
            AuthorizationOption(
                name: "address", delivery: [.clearkey], restrictions: [.ip(AddressRestriction(allow: [block]))]),
        ]
        if isReversed { options.reverse() }
        try await service.catalog.apply([.putAuthorizationPolicy(AuthorizationPolicy(name: "p", options: options))])
        let (keyID, _) = try await service.key(.common, policy: "p")
        for token in ["good", "good", nil, "good"] {
            guard case .released = try await service.ask([keyID], token) else {
                Issue.record("the address alone is enough")
                return
            }
        }
    }

    /// A decision that waited for its place in the audit log is made again before a key leaves, and what it has become is
    /// written down.
    @Test func aDecisionThatWaitedIsMadeAgain() async throws {
        let service = try Service(longestWait: .milliseconds(200))
        try await service.policy()
        let (keyID, _) = try await service.key(.common, policy: "p")
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: service.folder + "/catalog.sqlite", configuration: configuration)
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        async let asked = service.ask([keyID], "good")
        // Its commit waits for this lock now: what was judged, was judged before.
        while !service.catalog.committer.holdsABatch { try await Task.sleep(for: .milliseconds(5)) }
        try await Task.sleep(for: .milliseconds(300))
        try await other.writeWithoutTransaction { database in
            try database.execute(sql: "UPDATE contentKey SET enabled = 0")
            try database.execute(sql: "COMMIT")
        }
        if case .released = try await asked { Issue.record("a key left by a decision that was out of date") }
        let events = try await service.catalog.auditRecords(after: 0, limit: 10).map(AuditChain.event)
        #expect(events.map(\.action) == [.keyGranted, .keyDenied])
        #expect(events.last?.reason == "keyDisabled")
    }

    /// A key whose key-encryption key is away is not granted: nobody is told so, and no use is spent.
    @Test func withoutItsKEKNoKeyIsGranted() async throws {
        let service = try Service()
        try await service.policy(maximumUses: 1)
        let (keyID, _) = try await service.key(.common, policy: "p")
        let missing = KeyDeliveryService(
            catalog: service.catalog,
            unwrapper: LocalKeyUnwrapper(wrapping: KeyWrapping(provider: NoKEKs(current: service.provider.current))),
            verifier: Verifier())
        let address = try #require(IPAddress("127.0.0.1"))
        let request = KeyRequest(keyIDs: [keyID], delivery: .clearkey, credential: "good", clientAddress: address)
        await #expect(throws: KeyUnwrapError.self) { try await missing.deliver(request, requestID: "r") }
        #expect(try await service.catalog.lastAuditSequence() == 0)
        guard case .released = try await service.ask([keyID], "good") else {
            Issue.record("the use was spent")
            return
        }
    }

    /// Of keys that are asked for together, one whose key-encryption key is away does not take the others with it, and says why
    /// it was not given.
    @Test(arguments: [true, false]) func oneKeyWithoutItsKEKIsDeniedAlone(isFirst: Bool) async throws {
        let service = try Service()
        try await service.policy(maximumUses: 1)
        let (held, key) = try await service.key(.common, policy: "p")
        let other = try #require(
            (0..<32).map { _ in UInt8.random(in: 0...255) }.withUnsafeBytes {
                KEK(version: KEKVersion(rawValue: 7), copying: $0)
            })
        let lost = KeyID.random()
        try await service.catalog.apply([
            .insertContentKey(
                ContentKeyRecord(
                    wrapped: try KeyWrapping(provider: OneKEK(current: other)).wrap(.random(.common), keyID: lost),
                    name: nil, authorizationPolicy: "p", created: Date()))
        ])
        let address = try #require(IPAddress("127.0.0.1"))
        let outcome = try await service.service.deliver(
            KeyRequest(
                keyIDs: isFirst ? [lost, held] : [held, lost], delivery: .clearkey, credential: "good",
                clientAddress: address), requestID: "r")
        guard case .released(let released) = outcome else {
            Issue.record("the key that opens was kept back")
            return
        }
        #expect(released.map(\.keyID) == [held] && released.first?.key == key)
        let events = try await service.catalog.auditRecords(after: 0, limit: 10).map(AuditChain.event)
        #expect(events.first { $0.keyID == held }?.action == .keyGranted)
        #expect(events.first { $0.keyID == lost }?.action == .keyDenied)
        #expect(events.first { $0.keyID == lost }?.reason == "kekMissing")
        #expect(events.count == 2)
        try await expectCanonical(service)
    }
}
