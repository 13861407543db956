public import ContentKeys
import OriginExchange
public import OutboundHTTP
public import Policies
import Synchronization

/// The keys of an origin that has no key-encryption key: asked of the key service over TLS with certificates on both sides,
/// and held for a time, so that streams go on while it is away.
///
/// A request waits for the key service only where its key is not held, and never for one that is known to be away. Requests for
/// one key share a question, and what gathers while questions are under way shares the next. `keep` asks in the background
/// whether what is held may be used on.
public final class RemoteKeys: Sendable {
    typealias Waiter = CheckedContinuation<ContentKey, any Error>

    /// What is known of the key service.
    enum Link: Sendable, Hashable {
        /// Not asked yet.
        case unknown
        case up
        /// With the reason, for people.
        case away(String)
        /// It gives this origin nothing.
        case closed
    }

    struct State {
        var held = HeldKeys()
        /// Who waits for what is asked, or is about to be.
        var waiting: [OriginKeyRequest: [Waiter]] = [:]
        var waiterCount = 0
        /// What the next questions ask, in order.
        var queue: [(request: OriginKeyRequest, type: ContentKeyType)] = []
        var questions = 0
        var tickets = 0
        var link = Link.unknown
        /// How long after the next failure it is asked again.
        var pause = Duration.zero
        var nextTry = ContinuousClock.now
        /// Counts what was heard: what was asked before is not held after it.
        var generation = 0
        /// Whether what is held is to be confirmed at once.
        var mustConfirm = false
        /// When that may be done next: whoever publishes a thousand assets must not make a thousand questions.
        var nextForced: ContinuousClock.Instant?
    }

    let client: any KeyServiceAsking
    let settings: RemoteKeySettings
    let metrics: RemoteKeyMetrics
    let state = Mutex(State())
    let now: @Sendable () -> ContinuousClock.Instant

    /// - Parameters:
    ///   - client: with the origin's certificate and the key service's authorities; whoever made it shuts it down.
    ///   - now: the clock; tests set it.
    public convenience init(
        _ address: KeyServiceAddress, client: OutboundClient, settings: RemoteKeySettings = RemoteKeySettings(),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.init(KeyServiceClient(address: address, client: client), settings: settings, now: now)
    }

    init(
        _ client: any KeyServiceAsking, settings: RemoteKeySettings, metrics: RemoteKeyMetrics = RemoteKeyMetrics(),
        now: @escaping @Sendable () -> ContinuousClock.Instant
    ) {
        self.client = client
        self.settings = settings
        self.metrics = metrics
        metrics.holds(0)
        self.now = now
    }

    /// Changes the state, and says how many keys are held as soon as that is another number: within the lock, so that the last
    /// word is the right one.
    func change<Result>(_ body: (inout State) -> Result) -> Result {
        state.withLock { state in
            let before = state.held.count
            let result = body(&state)
            if state.held.count != before { metrics.holds(state.held.count) }
            return result
        }
    }

    private func use(of purpose: UnwrapPurpose) -> OriginKeyRequest.Use? {
        switch purpose {
        case .encryption(let plan): .encryption(plan.encryption, plan.streamingProtocol)
        case .storage: .storage
        // An origin gives keys to nobody.
        case .disclosure, .export, .exchange, .origin: nil
        }
    }
}

extension RemoteKeys: KeyUnwrapper {
    public func unwrap(_ key: WrappedContentKey, for purpose: UnwrapPurpose) async throws -> ContentKey {
        guard purpose.covers(key), let use = use(of: purpose) else { throw KeyUnwrapError.purposeMismatch }
        let request = OriginKeyRequest(keyID: key.keyID, use: use)
        if let held = held(request) { return held }
        return try await withCheckedThrowingContinuation { waiter in
            wait(for: request, key.type, waiter)
        }
    }

    public func unwrapNow(_ key: WrappedContentKey, for purpose: UnwrapPurpose) throws -> ContentKey? {
        guard purpose.covers(key), let use = use(of: purpose) else { throw KeyUnwrapError.purposeMismatch }
        return held(OriginKeyRequest(keyID: key.keyID, use: use))
    }

    private func held(_ request: OriginKeyRequest) -> ContentKey? {
        let time = now()
        return state.withLock { $0.held.key(request, at: time, hold: settings.hold) }
    }

    private func wait(for request: OriginKeyRequest, _ type: ContentKeyType, _ waiter: Waiter) {
        let time = now()
        enum Step {
            case refuse(KeyUnwrapError)
            case give(ContentKey)
            case ask
            case wait
        }
        let step = state.withLock { state -> Step in
            // Another request may have brought it since.
            if let held = state.held.key(request, at: time, hold: settings.hold) { return .give(held) }
            switch state.link {
            case .closed: return .refuse(.refused(reason: "originNotEnrolled"))
            // Known to be away: `keep` finds out when it is back, and players need not wait for that.
            case .away: return .refuse(.serviceAway(retryAfter: RemoteKeySettings.retryAfter))
            case .unknown, .up: break
            }
            guard state.waiterCount < RemoteKeySettings.mostWaiting else {
                return .refuse(.serviceAway(retryAfter: RemoteKeySettings.retryAfter))
            }
            state.waiterCount += 1
            if state.waiting[request]?.append(waiter) != nil { return .wait }
            state.waiting[request] = [waiter]
            state.queue.append((request, type))
            guard state.questions < RemoteKeySettings.mostQuestions else { return .wait }
            state.questions += 1
            return .ask
        }
        switch step {
        case .give(let key): waiter.resume(returning: key)
        case .refuse(let error):
            metrics.wasShort()
            waiter.resume(throwing: error)
        case .ask: Task { await self.askWhileQueued() }
        case .wait: break
        }
    }

    private func askWhileQueued() async {
        while let batch = nextBatch() { await ask(batch) }
    }

    private func nextBatch() -> [(request: OriginKeyRequest, type: ContentKeyType)]? {
        state.withLock { state in
            guard !state.queue.isEmpty else {
                state.questions -= 1
                return nil
            }
            let batch = state.queue.prefix(OriginKeysRequest.mostKeys)
            state.queue.removeFirst(batch.count)
            return Array(batch)
        }
    }

    private func ask(_ batch: [(request: OriginKeyRequest, type: ContentKeyType)]) async {
        let asked = now()
        let generation = state.withLock { $0.generation }
        let answers: [KeyAnswer]
        do throws(KeyServiceFailure) {
            answers = try await client.keys(batch.map { ($0.request, false) }, types: batch.map(\.type))
        } catch {
            noteFailure(error)
            let refusal = error.unwrapError
            for item in batch { finish(item.request, .failure(refusal)) }
            return
        }
        noteAnswer(since: asked)
        for (item, answer) in zip(batch, answers) {
            switch answer {
            case .released(let key):
                change { state in
                    // What was heard of meanwhile may have been this key: then it is given to who waits, and not held.
                    if state.generation == generation { state.held.insert(key, item.request, asked: asked) }
                }
                finish(item.request, .success(key))
            case .denied(let reason):
                change { $0.held.remove(item.request) }
                finish(item.request, .failure(.refused(reason: reason)))
            case .confirmed: finish(item.request, .failure(.refused(reason: "unreadable")))
            }
            metrics.answered(answer)
        }
    }

    private func finish(_ request: OriginKeyRequest, _ result: Result<ContentKey, KeyUnwrapError>) {
        let waiters = state.withLock { state in
            let waiters = state.waiting.removeValue(forKey: request) ?? []
            state.waiterCount -= waiters.count
            return waiters
        }
        for waiter in waiters { waiter.resume(with: result.mapError { $0 as any Error }) }
    }
}

extension KeyServiceFailure {
    /// What requests are told that waited.
    var unwrapError: KeyUnwrapError {
        switch self {
        case .away, .untrusted, .unreadable: .serviceAway(retryAfter: RemoteKeySettings.retryAfter)
        case .notEnrolled: .refused(reason: "originNotEnrolled")
        }
    }
}
