import Catalog
import ContentKeys
import OriginExchange
import Policies
import Synchronization
import TestSupport
import Testing

@testable import OriginKeys

@Suite(.waiting) struct RemoteKeysTests {
    /// A key service that answers as the test says.
    private final class Service: KeyServiceAsking {
        struct State {
            var keys: [KeyID: ContentKey] = [:]
            var denied: Set<KeyID> = []
            var failure: KeyServiceFailure?
            /// Questions so far: the KIDs of each, and whether they are held.
            var asked: [[(keyID: KeyID, held: Bool)]] = []
            var isSlow = false
            var most = 0
            var underWay = 0
        }
        let state = Mutex(State())
        var asked: [[(keyID: KeyID, held: Bool)]] { state.withLock { $0.asked } }

        func keys(
            _ questions: [(request: OriginKeyRequest, held: Bool)], types: [ContentKeyType]
        ) async throws(KeyServiceFailure) -> [KeyAnswer] {
            state.withLock { state in
                state.asked.append(questions.map { ($0.request.keyID, $0.held) })
                state.underWay += 1
                state.most = max(state.most, state.underWay)
            }
            while state.withLock({ $0.isSlow }) { try? await Task.sleep(for: .milliseconds(1)) }
            let (failure, answers) = state.withLock { state -> (KeyServiceFailure?, [KeyAnswer]) in
                state.underWay -= 1
                let answers = questions.map { question -> KeyAnswer in
                    guard !state.denied.contains(question.request.keyID), let key = state.keys[question.request.keyID]
                    else { return .denied("notPublished") }
                    return question.held ? .confirmed : .released(key)
                }
                return (state.failure, answers)
            }
            if let failure { throw failure }
            return answers
        }

        func ticket(_ message: OriginTicketRequest) async throws(KeyServiceFailure) -> KeyTicketOutcome { .notNeeded }

        func makeKey(_ type: ContentKeyType = .envelope) -> WrappedContentKey {
            let keyID = KeyID.random()
            state.withLock { $0.keys[keyID] = .random(type) }
            return WrappedContentKey(keyID: keyID, type: type, kek: KEKVersion(rawValue: 1), ciphertext: [])
        }
    }

    private final class Clock: Sendable {
        private let time = Mutex(ContinuousClock.now)
        var now: ContinuousClock.Instant { time.withLock { $0 } }
        func pass(_ duration: Duration) { time.withLock { $0 += duration } }
    }

    private let service = Service()
    private let clock = Clock()
    private let figures = RecordingMetrics()
    private let keys: RemoteKeys

    init() {
        let clock = clock
        keys = RemoteKeys(
            service, settings: RemoteKeySettings(hold: .seconds(60), confirmation: .seconds(10)),
            metrics: RemoteKeyMetrics(factory: figures), now: { clock.now })
    }

    /// How many keys the gauge says are held.
    private var held: Int64? { figures["keyway_origin_keys_held"] }

    private func purpose(_ encryption: DeliveryEncryption = .envelope) throws -> UnwrapPurpose {
        let policy = DeliveryPolicy(name: "p", protocols: [.hls], encryption: encryption)
        let decision = DeliveryPlan.decide(
            DeliveryRequest(streamingProtocol: .hls, encryption: encryption, capable: [encryption]), under: [policy])
        guard case .allowed(let plan) = decision else { throw KeyUnwrapError.purposeMismatch }
        return .encryption(plan)
    }

    private func unwrap(_ key: WrappedContentKey) async throws -> ContentKey {
        try await keys.unwrap(key, for: key.type == .storage ? .storage : try purpose())
    }

    private func refusal(_ key: WrappedContentKey) async -> KeyUnwrapError? {
        do {
            _ = try await unwrap(key)
            return nil
        } catch {
            return error as? KeyUnwrapError
        }
    }

    @Test func aKeyIsAskedForOnceAndHeldUntilItsTimeIsOver() async throws {
        let key = service.makeKey()
        #expect(held == 0)
        #expect(try keys.unwrapNow(key, for: try purpose()) == nil)
        let clear = try await unwrap(key)
        #expect(clear == service.state.withLock { $0.keys[key.keyID] })
        #expect(held == 1)
        clock.pass(.seconds(59))
        #expect(try await unwrap(key) == clear)
        #expect(try keys.unwrapNow(key, for: try purpose()) == clear)
        #expect(service.asked.count == 1)
        clock.pass(.seconds(1))
        #expect(try keys.unwrapNow(key, for: try purpose()) == nil)
        #expect(try await unwrap(key) == clear)
        #expect(service.asked.count == 2)
        #expect(held == 1)
    }

    @Test func requestsForOneKeyShareAQuestionAndManyKeysShareFew() async throws {
        let wanted = (0..<200).map { _ in service.makeKey() }
        service.state.withLock { $0.isSlow = true }
        try await withThrowingTaskGroup { group in
            for key in wanted + wanted { group.addTask { _ = try await self.unwrap(key) } }
            group.addTask {
                try await Task.sleep(for: .milliseconds(100))
                self.service.state.withLock { $0.isSlow = false }
            }
            try await group.waitForAll()
        }
        #expect(service.asked.flatMap { $0 }.count == 200)
        #expect(service.asked.allSatisfy { $0.count <= OriginKeysRequest.mostKeys })
        #expect(service.state.withLock { $0.most } <= RemoteKeySettings.mostQuestions)
        #expect(held == 200)
    }

    @Test func whatIsDeniedIsNotHeld() async throws {
        let (good, bad) = (service.makeKey(), service.makeKey())
        service.state.withLock { _ = $0.denied.insert(bad.keyID) }
        #expect(await refusal(bad) == .refused(reason: "notPublished"))
        #expect(await refusal(good) == nil)
        #expect(held == 1)
        // What was held is let go of when the key service does not confirm it.
        service.state.withLock { _ = $0.denied.insert(good.keyID) }
        clock.pass(.seconds(11))
        await keys.confirmWhatIsDue()
        #expect(service.asked.last?.map(\.held) == [true])
        #expect(held == 0)
        #expect(await refusal(good) == .refused(reason: "notPublished"))
    }

    @Test func aConfirmedKeyIsHeldOn() async throws {
        let key = service.makeKey()
        _ = try await unwrap(key)
        for _ in 0..<20 {
            clock.pass(.seconds(10))
            // Used, or it is let go of.
            _ = try await unwrap(key)
            await keys.confirmWhatIsDue()
            clock.pass(.milliseconds(1))
            await keys.confirmWhatIsDue()
        }
        #expect(service.asked.dropFirst().allSatisfy { $0.map(\.held) == [true] })
        #expect(service.asked.count > 10)
        #expect(held == 1)
        // What nobody uses is let go of, confirmed or not.
        for _ in 0..<7 {
            clock.pass(.seconds(11))
            await keys.confirmWhatIsDue()
        }
        #expect(held == 0)
    }

    @Test func whileItIsAwayWhatIsHeldIsUsedAndTheRestIsRefusedAtOnce() async throws {
        let (one, other) = (service.makeKey(), service.makeKey())
        _ = try await unwrap(one)
        service.state.withLock { $0.failure = .away("gone") }
        #expect(await refusal(other) == .serviceAway(retryAfter: 2))
        #expect(keys.keyServiceState == .away(held: 1))
        let asked = service.asked.count
        #expect(await refusal(other) == .serviceAway(retryAfter: 2))
        #expect(service.asked.count == asked)
        #expect(await refusal(one) == nil)
        // It is looked for in the background, not before its time.
        await keys.confirmWhatIsDue()
        #expect(service.asked.count == asked)
        service.state.withLock { $0.failure = nil }
        clock.pass(.milliseconds(250))
        await keys.confirmWhatIsDue()
        #expect(keys.keyServiceState == .up)
        #expect(await refusal(other) == nil)
        #expect(held == 2)
    }

    @Test func anOriginThatIsRevokedHoldsNothing() async throws {
        let key = service.makeKey()
        _ = try await unwrap(key)
        #expect(held == 1)
        service.state.withLock { $0.failure = .notEnrolled }
        clock.pass(.seconds(11))
        await keys.confirmWhatIsDue()
        #expect(keys.keyServiceState == .closed)
        #expect(held == 0)
        #expect(await refusal(key) == .refused(reason: "originNotEnrolled"))
    }

    @Test func aKeyThatWasChangedIsAskedForAgain() async throws {
        let (one, other) = (service.makeKey(), service.makeKey())
        _ = try await (unwrap(one), unwrap(other))
        keys.hear([CatalogNotice(.contentKey, id: one.keyID.hexadecimal)])
        #expect(held == 1)
        #expect(try keys.unwrapNow(one, for: try purpose()) == nil)
        #expect(try keys.unwrapNow(other, for: try purpose()) != nil)
        // A locator that is closed may end any key: all are asked about at once, and once for many notices.
        let asked = service.asked.count
        keys.hear([CatalogNotice(.locator, id: "x"), CatalogNotice(.asset, id: "y")])
        service.state.withLock { _ = $0.denied.insert(other.keyID) }
        clock.pass(.milliseconds(1))
        await keys.confirmWhatIsDue()
        await keys.confirmWhatIsDue()
        #expect(service.asked.count == asked + 1)
        #expect(held == 0)
    }

    /// Who waits gets the key; nobody uses it on, since what was heard of may have been just this.
    @Test func aKeyThatWasChangedWhileItWasAskedForIsNotHeld() async throws {
        let key = service.makeKey()
        service.state.withLock { $0.isSlow = true }
        async let clear = unwrap(key)
        while service.asked.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
        keys.hear([CatalogNotice(.contentKey, id: key.keyID.hexadecimal)])
        service.state.withLock { $0.isSlow = false }
        _ = try await clear
        #expect(held == 0)
    }

    @Test func onlyWhatThePurposeCoversIsAskedFor() async throws {
        let (common, storage) = (service.makeKey(.common), service.makeKey(.storage))
        await #expect(throws: KeyUnwrapError.purposeMismatch) { try await keys.unwrap(common, for: .storage) }
        await #expect(throws: KeyUnwrapError.purposeMismatch) { try await keys.unwrap(storage, for: purpose()) }
        #expect(throws: KeyUnwrapError.purposeMismatch) { try keys.unwrapNow(common, for: .storage) }
        #expect(service.asked.isEmpty)
        #expect(await refusal(storage) == nil)
    }
}
