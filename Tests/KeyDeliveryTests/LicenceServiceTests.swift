import Catalog
import CatalogSQLite
import ContentKeys
import Foundation
import GRDB
import KeyWrapping
import Policies
import Synchronization
import Testing

@testable import KeyDelivery

/// Licences are decided and audited here before anybody else hears of the request.
@Suite struct LicenceServiceTests {
    /// Accepts the token `good`.
    private struct Verifier: TokenVerifier {
        func verify(_ token: String, under restriction: TokenRestriction, at now: Date) -> TokenVerdict {
            guard token == "good" else { return .rejected(.signatureInvalid) }
            return .verified(
                VerifiedToken(
                    kind: .jwt, issuer: "i", subject: "viewer", tokenID: "1", expires: now.addingTimeInterval(60),
                    claims: [:], identity: [1]))
        }
    }

    /// Notes what it is asked, and how many records the audit log had then.
    private final class Recorder: LicenceServer {
        let asked = Mutex<[(keyIDs: [KeyID], audited: Int)]>([])
        let given = Mutex<[ReleasedKey]>([])
        let catalog: SQLiteCatalog
        let keyRecipient: String?

        init(_ catalog: SQLiteCatalog, keyRecipient: String?) {
            self.catalog = catalog
            self.keyRecipient = keyRecipient
        }

        var keys: [ReleasedKey] { given.withLock { $0 } }

        var log: [(keyIDs: [KeyID], audited: Int)] { asked.withLock { $0 } }

        func licence(
            for challenge: LicenceChallenge, under entitlement: Entitlement
        ) async throws(LicenceServerError) -> Licence {
            let audited = (try? await catalog.auditRecords(after: 0, limit: 100).count) ?? -1
            asked.withLock { $0.append((entitlement.grants.map(\.keyID), audited)) }
            given.withLock { $0 += entitlement.keys }
            guard challenge.bytes != [0] else { throw LicenceServerError(.refused, "no") }
            return Licence(bytes: challenge.bytes + [9])
        }
    }

    /// Notes what is opened, for what, and how many records the audit log had then.
    private final class WatchedUnwrapper: KeyUnwrapper {
        let opened = Mutex<[(keyID: KeyID, audited: Int)]>([])
        let inner: LocalKeyUnwrapper
        let catalog: SQLiteCatalog

        init(_ inner: LocalKeyUnwrapper, _ catalog: SQLiteCatalog) {
            self.inner = inner
            self.catalog = catalog
        }

        var log: [(keyID: KeyID, audited: Int)] { opened.withLock { $0 } }

        func unwrap(_ key: WrappedContentKey, for purpose: UnwrapPurpose) async throws -> ContentKey {
            guard case .disclosure(let grant) = purpose, grant.keyID == key.keyID else {
                throw KeyUnwrapError.purposeMismatch
            }
            let audited = try await catalog.auditRecords(after: 0, limit: 100).count
            opened.withLock { $0.append((key.keyID, audited)) }
            return try await inner.unwrap(key, for: purpose)
        }
    }

    private final class Site {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("keyway-l-\(UUID().uuidString)").path
        let catalog: SQLiteCatalog
        let wrapping: KeyWrapping
        let server: Recorder
        let unwrapper: WatchedUnwrapper
        let service: LicenceService

        init(maximumUses: Int? = nil, keyRecipient: String? = nil) async throws {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            catalog = try SQLiteCatalog(path: folder + "/catalog.sqlite")
            wrapping = KeyWrapping(provider: try FileKEKProvider(folder: folder + "/kek", mayCreate: true))
            server = Recorder(catalog, keyRecipient: keyRecipient)
            unwrapper = WatchedUnwrapper(LocalKeyUnwrapper(wrapping: wrapping), catalog)
            service = LicenceService(
                delivery: KeyDeliveryService(
                    catalog: catalog, cache: nil, unwrapper: unwrapper, verifier: Verifier(),
                    longestWait: .seconds(3600)),
                servers: [.widevine: server])
            let token = TokenRestriction(
                kind: .jwt, issuer: "i", audience: "a", verificationKeys: [], maximumUses: maximumUses)
            try await catalog.apply([
                .putAuthorizationPolicy(
                    AuthorizationPolicy(
                        name: "p",
                        options: [
                            AuthorizationOption(
                                name: "o", delivery: [.widevine, .playready], restrictions: [.token(token)])
                        ]))
            ])
        }

        deinit { try? FileManager.default.removeItem(atPath: folder) }

        func key(_ policy: String? = "p", _ key: ContentKey = .random(.common)) async throws -> KeyID {
            let keyID = KeyID.random()
            try await catalog.apply([
                .insertContentKey(
                    ContentKeyRecord(
                        wrapped: try wrapping.wrap(key, keyID: keyID), name: nil,
                        authorizationPolicy: policy, created: Date()))
            ])
            return keyID
        }

        func ask(
            _ keyIDs: [KeyID], challenge: [KeyID] = [], bytes: [UInt8] = [1], token: String? = "good",
            _ delivery: KeyDeliveryType = .widevine
        ) async throws -> LicenceOutcome {
            try await service.licence(
                for: LicenceRequest(
                    LicenceChallenge(bytes: bytes), delivery: delivery, keyIDs: keyIDs, challengeKeyIDs: challenge,
                    credential: token, clientAddress: try #require(IPAddress("127.0.0.1"))), requestID: "r")
        }

        func reasons() async throws -> [String?] {
            try await catalog.auditRecords(after: 0, limit: 100).map { try AuditChain.event(of: $0).reason }
        }
    }

    private func denial(_ outcome: LicenceOutcome) -> DenialReason.Code? {
        if case .denied(let reason) = outcome { reason.code } else { nil }
    }

    private func licence(_ outcome: LicenceOutcome) -> [UInt8]? {
        if case .made(let licence) = outcome { licence.bytes } else { nil }
    }

    @Test func aDecisionIsAuditedBeforeAnythingLeaves() async throws {
        let site = try await Site()
        let (one, two) = (try await site.key(), try await site.key())
        #expect(licence(try await site.ask([one, two], challenge: [two])) == [1, 9])
        let asked = site.server.log
        #expect(asked.map(\.keyIDs) == [[one, two]])
        #expect(asked.map(\.audited) == [2])
        #expect(try await site.reasons() == [nil, nil])
        // Without keys in the URL, the challenge's are asked for.
        #expect(licence(try await site.ask([], challenge: [two])) == [1, 9])
        #expect(site.server.log.last?.keyIDs == [two])
        // No key was opened for any of it.
        #expect(site.unwrapper.log.isEmpty && site.server.keys.isEmpty)
    }

    @Test func aServerThatTakesKeysGetsWhatWasGrantedAfterItWasAudited() async throws {
        let site = try await Site(keyRecipient: "abc")
        let (first, second) = (ContentKey.random(.common), ContentKey.random(.common))
        let (one, two) = (try await site.key("p", first), try await site.key("p", second))
        let without = try await site.key(nil)
        #expect(licence(try await site.ask([one, without, two], challenge: [two])) == [1, 9])
        #expect(site.server.keys.map(\.keyID) == [one, two] && site.server.keys.map(\.key) == [first, second])
        #expect(site.unwrapper.log.map(\.keyID) == [one, two])
        #expect(site.unwrapper.log.allSatisfy { $0.audited == 3 })
        let events = try await site.catalog.auditRecords(after: 0, limit: 100).map { try AuditChain.event(of: $0) }
        #expect(events.map(\.action) == [.keyGranted, .keyDenied, .keyGranted])
        #expect(events.map(\.detail) == ["key to abc", nil, "key to abc"])
        // What is denied as a whole opens nothing.
        #expect(denial(try await site.ask([one], challenge: [one, two])) == .keyOutsideRequest)
        #expect(denial(try await site.ask([one], token: nil)) == .tokenMissing)
        #expect(site.unwrapper.log.count == 2)
    }

    @Test func withoutAnAuditRecordNoKeyIsOpened() async throws {
        let site = try await Site(keyRecipient: "abc")
        let key = try await site.key()
        try await DatabaseQueue(path: site.folder + "/catalog.sqlite").write {
            try $0.execute(sql: "DROP TABLE auditBatch")
        }
        await #expect(throws: CatalogError.self) { try await site.ask([key]) }
        #expect(site.unwrapper.log.isEmpty && site.server.log.isEmpty)
    }

    /// The token that is used up with this request is not worth a key.
    @Test func aTokenThatIsUsedUpOpensNoKey() async throws {
        let site = try await Site(maximumUses: 1, keyRecipient: "abc")
        let key = try await site.key()
        #expect(licence(try await site.ask([key])) != nil)
        #expect(denial(try await site.ask([key])) == .useLimitReached)
        #expect(site.unwrapper.log.count == 1)
    }

    @Test func aKeyThatCannotBeOpenedIsNoLicence() async throws {
        let site = try await Site(keyRecipient: "abc")
        let keyID = KeyID.random()
        let other = try site.wrapping.wrap(.random(.common), keyID: .random())
        let wrapped = WrappedContentKey(
            keyID: keyID, type: .common, kek: other.kek, ciphertext: other.ciphertext)
        try await site.catalog.apply([
            .insertContentKey(
                ContentKeyRecord(wrapped: wrapped, name: nil, authorizationPolicy: "p", created: Date()))
        ])
        await #expect(throws: KeyUnwrapError.self) { try await site.ask([keyID]) }
        #expect(site.server.log.isEmpty)
    }

    @Test func aKeyOfTheChallengeThatTheURLDoesNotNameDeniesAll() async throws {
        let site = try await Site()
        let (one, two) = (try await site.key(), try await site.key())
        #expect(denial(try await site.ask([one], challenge: [one, two])) == .keyOutsideRequest)
        #expect(site.server.log.isEmpty)
        #expect(try await site.reasons() == ["licenceIncomplete", "keyOutsideRequest"])
    }

    @Test func aKeyOfTheChallengeThatIsDeniedDeniesAll() async throws {
        let site = try await Site()
        let (one, without) = (try await site.key(), try await site.key(nil))
        #expect(denial(try await site.ask([], challenge: [one, without])) == .noPolicy)
        #expect(denial(try await site.ask([one, without], challenge: [without])) == .noPolicy)
        #expect(site.server.log.isEmpty)
        // Where the challenge names none, the entitlement lists what was granted.
        #expect(licence(try await site.ask([one, without, .random()])) == [1, 9])
        #expect(site.server.log.last?.keyIDs == [one])
        #expect(
            try await site.reasons() == [
                "licenceIncomplete", "noPolicy", "licenceIncomplete", "noPolicy", nil, "noPolicy", "keyUnknown",
            ])
    }

    @Test func whoIsNotAllowedIsNotHandedOn() async throws {
        let site = try await Site()
        let key = try await site.key()
        #expect(denial(try await site.ask([key], token: nil)) == .tokenMissing)
        #expect(denial(try await site.ask([key], token: "bad")) == .tokenRejected)
        #expect(site.server.log.isEmpty)
    }

    /// Only who may have a licence is told that nobody makes it.
    @Test func aSystemWithoutServerIsAuthorisedFirst() async throws {
        let site = try await Site()
        let key = try await site.key()
        #expect(denial(try await site.ask([key], token: nil, .playready)) == .tokenMissing)
        guard case .notConfigured = try await site.ask([key], .playready) else {
            Issue.record("a system without a server was served")
            return
        }
        #expect(try await site.reasons() == ["tokenMissing", nil])
        #expect(site.server.log.isEmpty)
    }

    @Test func aTokenIsUsedUpByLicenceRequests() async throws {
        let site = try await Site(maximumUses: 2)
        let (one, two) = (try await site.key(), try await site.key())
        // One that is denied as a whole uses nothing up.
        #expect(denial(try await site.ask([one], challenge: [two])) == .keyOutsideRequest)
        for _ in 0..<2 { #expect(licence(try await site.ask([one, two], challenge: [one])) != nil) }
        #expect(denial(try await site.ask([one, two], challenge: [one])) == .useLimitReached)
    }

    @Test func whatTheServerRefusesIsSaid() async throws {
        let site = try await Site()
        guard case .failed(let error) = try await site.ask([try await site.key()], bytes: [0]) else {
            Issue.record("a refusal became a licence")
            return
        }
        #expect(error.code == .refused)
    }

    @Test func withoutAnAuditRecordNothingLeaves() async throws {
        let site = try await Site()
        let key = try await site.key()
        try await DatabaseQueue(path: site.folder + "/catalog.sqlite").write {
            try $0.execute(sql: "DROP TABLE auditBatch")
        }
        await #expect(throws: CatalogError.self) { try await site.ask([key]) }
        #expect(site.server.log.isEmpty)
    }
}
