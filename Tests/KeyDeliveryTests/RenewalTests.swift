import Catalog
import CatalogSQLite
import ContentKeys
import Foundation
import KeyWrapping
import Policies
import Synchronization
import Testing

@testable import KeyDelivery

/// Tokens that fit no key which the issuer published when its keys were read last.
@Suite struct RenewalTests {
    /// An issuer that may have new keys by the time they are read anew.
    private final class Issuer: TokenVerifier {
        struct State {
            var isKnown = false
            var verified = 0
            var renewed = 0
        }
        let state = Mutex(State())
        let hasNewKeys: Bool
        let time: Duration

        init(hasNewKeys: Bool, after time: Duration = .zero) {
            self.hasNewKeys = hasNewKeys
            self.time = time
        }

        func verify(_ token: String, under restriction: TokenRestriction, at now: Date) -> TokenVerdict {
            let isKnown = state.withLock { state in
                state.verified += 1
                return state.isKnown
            }
            guard isKnown else { return .rejected(.keyNotPublished) }
            return .verified(
                VerifiedToken(
                    kind: .jwt, issuer: "i", subject: nil, tokenID: nil, expires: now.addingTimeInterval(60),
                    claims: [:], identity: [1]))
        }

        func renewKeys(for restriction: TokenRestriction) async -> Bool {
            try? await Task.sleep(for: time)
            state.withLock { state in
                state.renewed += 1
                state.isKnown = hasNewKeys
            }
            return hasNewKeys
        }
    }

    /// What became of one request, asked from an event loop or not.
    private func ask(
        _ issuer: Issuer, fromEventLoop: Bool, patience: Duration = .seconds(3600)
    ) async throws -> (KeyDeliveryOutcome, [AuditEvent]) {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("keyway-renew-\(UUID().uuidString)")
            .path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let catalog = try SQLiteCatalog(path: folder + "/catalog.sqlite")
        let wrapping = KeyWrapping(provider: try FileKEKProvider(folder: folder + "/kek", mayCreate: true))
        let watch = CatalogWatch(catalog: catalog)
        let service = KeyDeliveryService(
            catalog: catalog, cache: KeyLookupCache(watch: watch), unwrapper: LocalKeyUnwrapper(wrapping: wrapping),
            verifier: issuer, longestWait: patience)
        let keyID = KeyID.random()
        let place = KeySetLocation(.keySet, url: "https://sts.example/jwks.json")
        let token = TokenRestriction(
            kind: .jwt, issuer: "i", audience: "a",
            verificationKeys: [VerificationKey(source: .published(place), algorithms: [])])
        try await catalog.apply([
            .putAuthorizationPolicy(
                AuthorizationPolicy(
                    name: "p",
                    options: [AuthorizationOption(name: "o", delivery: [.aes], restrictions: [.token(token)])])),
            .insertContentKey(
                ContentKeyRecord(
                    wrapped: try wrapping.wrap(.random(.envelope), keyID: keyID), name: nil, authorizationPolicy: "p",
                    created: Date())),
        ])
        let address = try #require(IPAddress("192.0.2.1"))
        let request = KeyRequest(keyIDs: [keyID], delivery: .aes, credential: "t", clientAddress: address)
        let outcome: KeyDeliveryOutcome
        if fromEventLoop {
            // Known to the memory, for which no other request may have been judged: one without a token.
            await watch.look()
            var open = request
            open.credential = nil
            _ = try await service.deliver(open, requestID: "warm")
            outcome = try await answered { completion in
                await watch.look()
                return service.deliverNow(request, requestID: "r") { completion((try? $0.get()) ?? .unavailable) }
            }
        } else {
            outcome = try await service.deliver(request, requestID: "r")
        }
        let events = try await catalog.auditRecords(after: 0, limit: 10).map(AuditChain.event)
        return (outcome, events.filter { $0.requestID == "r" })
    }

    /// Asks until it is answered from memory: on a machine that stands still, the memory may be too old.
    private func answered(
        _ ask: (@escaping @Sendable (KeyDeliveryOutcome) -> Void) async -> Bool
    ) async throws -> KeyDeliveryOutcome {
        let (stream, continuation) = AsyncStream.makeStream(of: KeyDeliveryOutcome.self)
        for _ in 0..<100 where await ask({ continuation.yield($0) }) {
            for await outcome in stream { return outcome }
        }
        throw CancellationError()
    }

    @Test(arguments: [true, false]) func aNewKeyIsFoundAndJudgedOnce(fromEventLoop: Bool) async throws {
        let issuer = Issuer(hasNewKeys: true)
        let (outcome, events) = try await ask(issuer, fromEventLoop: fromEventLoop)
        guard case .released = outcome else {
            Issue.record("no key: \(outcome)")
            return
        }
        #expect(events.map(\.action) == [.keyGranted])
        issuer.state.withLock { #expect($0.verified == 2 && $0.renewed == 1) }
    }

    @Test(arguments: [true, false]) func withoutANewKeyThereIsNoSecondJudgement(fromEventLoop: Bool) async throws {
        let issuer = Issuer(hasNewKeys: false)
        let (outcome, events) = try await ask(issuer, fromEventLoop: fromEventLoop)
        guard case .denied(let reason) = outcome else {
            Issue.record("a key left: \(outcome)")
            return
        }
        #expect(reason.code == .tokenRejected && events.map(\.action) == [.keyDenied])
        issuer.state.withLock { #expect($0.verified == 1 && $0.renewed == 1) }
    }

    /// While an issuer does not answer, the policy of another key of the same request may come to an end.
    @Test(arguments: [true, false]) func afterALongWaitEverythingIsJudgedAgain(fromEventLoop: Bool) async throws {
        let issuer = Issuer(hasNewKeys: false, after: .milliseconds(20))
        let (outcome, events) = try await ask(issuer, fromEventLoop: fromEventLoop, patience: .milliseconds(10))
        guard case .denied = outcome else {
            Issue.record("a key left: \(outcome)")
            return
        }
        #expect(events.map(\.action) == [.keyDenied])
        issuer.state.withLock { #expect($0.verified == 2 && $0.renewed == 1) }
    }
}
