public import Catalog
public import ContentKeys
public import Foundation
public import Policies

/// A key that was released, with the proof that it may be.
public struct ReleasedKey: Sendable {
    public let keyID: KeyID
    public let key: ContentKey
}

/// What became of a key request.
public enum KeyDeliveryOutcome: Sendable {
    /// At least one key: those of the requested keys that were granted, in the request's order, without repetition.
    case released([ReleasedKey])
    /// None: the reason of the first key that was denied.
    case denied(DenialReason)
    /// Too many requests: ask again after this time.
    case limited(Duration)
    /// The service cannot decide or cannot write its audit log: no key.
    case unavailable
}

/// The use case of the key service: look up → authorise → audit, durably → unwrap → hand over.
///
/// An object: every request's steps hold on to it.
public final class KeyDeliveryService: Sendable {
    let catalog: any CatalogEngine
    private let cache: KeyLookupCache?
    private let unwrapper: any KeyUnwrapper
    private let judgement: Judgement
    private let verifier: any TokenVerifier
    /// Nil when no tickets are given and taken.
    let tickets: (any KeyTicketSealing)?
    private let rates: RequestRates
    private let limited = LimitedRequests()
    private let metrics = KeyDeliveryMetrics()
    private let now: @Sendable () -> Date
    /// How long a verdict may wait, for keys of issuers or for its place in the audit log: a change must be in force within a
    /// second.
    private let longestWait: Duration

    /// - Parameters:
    ///   - cache: what was read from the catalog; nil to read it for each request.
    ///   - now: the clock; tests set it.
    public convenience init(
        catalog: any CatalogEngine, cache: KeyLookupCache? = nil, unwrapper: any KeyUnwrapper,
        verifier: any TokenVerifier, revocations: any RevocationSource = NoRevocations(),
        tickets: (any KeyTicketSealing)? = nil, limits: RateLimits = RateLimits(),
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.init(
            catalog: catalog, cache: cache, unwrapper: unwrapper, verifier: verifier, revocations: revocations,
            tickets: tickets, limits: limits, longestWait: DecisionWait.longest, now: now)
    }

    /// With another patience: a busy machine must not change what a test sees.
    init(
        catalog: any CatalogEngine, cache: KeyLookupCache?, unwrapper: any KeyUnwrapper, verifier: any TokenVerifier,
        revocations: any RevocationSource = NoRevocations(), tickets: (any KeyTicketSealing)? = nil,
        limits: RateLimits = RateLimits(), longestWait: Duration,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.longestWait = longestWait
        self.catalog = catalog
        self.cache = cache
        self.unwrapper = unwrapper
        self.verifier = verifier
        self.tickets = tickets
        judgement = Judgement(
            evaluator: AuthorizationEvaluator(
                verifier: verifier, revocations: revocations, tickets: tickets ?? NoTickets()))
        rates = RequestRates(limits)
        self.now = now
    }

    /// Decides a request and releases what was granted. Every decision is in the audit log, durably, before the first
    /// key byte is unwrapped; an audit log that cannot be written means no key.
    ///
    /// - Parameter requestID: names the request in the audit log and in the answer.
    /// - Throws: `CatalogError`, `KeyUnwrapError`.
    public func deliver(_ request: KeyRequest, requestID: String) async throws -> KeyDeliveryOutcome {
        let start = ContinuousClock.now
        if let wait = limit(request, requestID: requestID, at: start) { return .limited(wait) }
        return try await deliver(request, requestID: requestID, since: start, first: nil)
    }

    /// - Parameter first: what was judged already; nil to judge.
    private func deliver(
        _ request: KeyRequest, requestID: String, since start: ContinuousClock.Instant, first: Verdict?
    ) async throws -> KeyDeliveryOutcome {
        do {
            let decided = try await decide(request, unwraps: true, requestID: requestID, since: start, first: first)
            guard let verdict = decided else { return .unavailable }
            return verdict.outcome(try await open(verdict))
        } catch {
            metrics.wasUnavailable()
            throw error
        }
    }

    /// Looks up, judges, and writes down what was decided; nil when that cannot be written.
    ///
    /// - Parameters:
    ///   - wholly: see `Judgement.judge`.
    ///   - unwraps: whether the keys are needed then: without a key-encryption key for them nothing is decided.
    ///   - recipient: whom the keys go to, when not to the player.
    ///   - first: what was judged already; nil to judge.
    func decide(
        _ request: KeyRequest, wholly: [KeyID] = [], unwraps: Bool, keysTo recipient: String? = nil, requestID: String,
        since start: ContinuousClock.Instant, first: Verdict? = nil
    ) async throws -> Verdict? {
        var judged = start
        var verdict: Verdict
        if let first {
            verdict = first
        } else {
            verdict = try await judge(request, wholly: wholly, requestID: requestID)
        }
        if await renewKeys(after: verdict) {
            // Reading keys took time, in which policies may have changed: everything is looked up again.
            judged = .now
            verdict = try await judge(request, wholly: wholly, requestID: requestID)
        }
        if unwraps { verdict = try await openable(verdict) }
        let count: UseCount
        do {
            count = try await catalog.record(verdict.record(keysTo: recipient))
        } catch {
            metrics.wasUnavailable()
            return nil
        }
        let settled = try await confirmed(verdict.settled(count), judgedAt: judged)
        if let settled {
            metrics.decided(settled, after: ContinuousClock.now - start)
        } else {
            metrics.wasUnavailable()
        }
        return settled
    }

    /// A verdict that waited long for its place in the audit log, as it would be now: what was granted, and is not any more, is
    /// written down as denied.
    ///
    /// - Returns: nil when the store is too slow for any verdict to be still good when it is written.
    private func confirmed(_ verdict: Verdict, judgedAt: ContinuousClock.Instant) async throws -> Verdict? {
        var (verdict, judgedAt) = (verdict, judgedAt)
        for _ in 0..<DecisionWait.mostDecisions {
            guard ContinuousClock.now - judgedAt > longestWait, !verdict.granted.isEmpty else { return verdict }
            judgedAt = .now
            let later = try await counted(
                try await judge(
                    verdict.request, wholly: verdict.wholly, requestID: verdict.requestID, countsSubject: false),
                after: verdict)
            let withdrawn = verdict.withdrawn(by: later)
            guard !withdrawn.isEmpty else { continue }
            _ = try await catalog.record(DecisionRecord(entries: later.entries(withdrawn, nil)))
            verdict = verdict.with(withdrawn)
        }
        return nil
    }

    /// A limit that the policy has now holds for this request, too, whose own use may have been counted already.
    private func counted(_ later: Verdict, after verdict: Verdict) async throws -> Verdict {
        guard let use = later.use else { return later }
        let uses = try await catalog.tokenUses(use)
        return later.settled(verdict.use == nil ? uses : uses.withoutOne)
    }

    /// Nobody is told that a key was granted that cannot be opened here, and no use of a token is spent on it.
    ///
    /// - Throws: `KeyUnwrapError` when none can be opened, or not all that go together.
    private func openable(_ verdict: Verdict) async throws -> Verdict {
        var missing: [(keyID: KeyID, version: KEKVersion)] = []
        for (lookup, _) in verdict.grants {
            let key = lookup.key.wrapped
            if await !unwrapper.findsKEK(of: key) { missing.append((key.keyID, key.kek)) }
        }
        guard let first = missing.first else { return verdict }
        guard verdict.wholly.isEmpty, missing.count < verdict.granted.count else {
            throw KeyUnwrapError.kekUnavailable(first.version)
        }
        return verdict.with(
            verdict.decisions.filter { decision in missing.contains { $0.keyID == decision.keyID } }.map(\.unopenable))
    }

    func judge(
        _ request: KeyRequest, wholly: [KeyID] = [], requestID: String, countsSubject: Bool = true
    ) async throws -> Verdict {
        var found = FoundKeys()
        for keyID in request.keyIDs where found[keyID] == nil {
            if let lookup = try await lookup(keyID) { found.add(lookup) }
        }
        return judgement.judge(
            request, found: found, rates: countsSubject ? rates : nil, requestID: requestID, at: now(),
            wholly: wholly)
    }

    /// Reads the keys that issuers publish anew when a token was refused for the want of one.
    ///
    /// - Returns: whether to judge again: there are other keys, or the reading took so long that what was granted beside
    ///   the refusal may not be granted any more.
    func renewKeys(after verdict: Verdict) async -> Bool {
        let restrictions = Set(verdict.staleRestrictions)
        let start = ContinuousClock.now
        let hasFound = await withTaskGroup { group in
            for restriction in restrictions {
                group.addTask { [verifier] in await verifier.renewKeys(for: restriction) }
            }
            return await group.reduce(false) { $0 || $1 }
        }
        return hasFound || ContinuousClock.now - start > longestWait
    }

    /// The same for callers that must not wait, as event loops: decides here and now when all is in memory.
    ///
    /// - Parameters:
    ///   - place: where `completion` is called when all was in memory; nil for any thread.
    ///   - completion: called once, when the decision is durable; or with what `deliver` throws. It may be called at once, and
    ///     where something had to be waited for it is called on any thread.
    public func deliver(
        _ request: KeyRequest, requestID: String, at place: (any CompletionPlace)? = nil,
        completion: @escaping Completion
    ) {
        if deliverNow(request, requestID: requestID, at: place, completion: completion) { return }
        answer(completion) { try await self.deliver(request, requestID: requestID) }
    }

    public typealias Completion = @Sendable (Result<KeyDeliveryOutcome, any Error>) -> Void

    private func answer(
        _ completion: @escaping Completion, with outcome: @escaping @Sendable () async throws -> KeyDeliveryOutcome
    ) {
        Task {
            do { completion(.success(try await outcome())) } catch { completion(.failure(error)) }
        }
    }

    /// False, and nothing was done, when something has to be read first.
    func deliverNow(
        _ request: KeyRequest, requestID: String, at place: (any CompletionPlace)? = nil,
        completion: @escaping Completion
    ) -> Bool {
        guard let cache else { return false }
        let start = ContinuousClock.now
        var found = FoundKeys()
        for keyID in request.keyIDs where found[keyID] == nil {
            guard let lookup = cache.lookup(keyID) else { return false }
            found.add(lookup)
        }
        if let wait = limit(request, requestID: requestID, at: start) {
            completion(.success(.limited(wait)))
            return true
        }
        metrics.looked(inMemory: true, count: found.count)
        let verdict = judgement.judge(request, found: found, rates: rates, requestID: requestID, at: now())
        guard !verdict.mayBeStale, verdict.grants.allSatisfy({ unwrapper.hasKEK(of: $0.lookup.key.wrapped) }) else {
            answer(completion) {
                try await self.deliver(request, requestID: requestID, since: start, first: verdict)
            }
            return true
        }
        catalog.record(verdict.record(), at: place) { [self] result in
            guard let count = try? result.get() else {
                metrics.wasUnavailable()
                return completion(.success(.unavailable))
            }
            settle(verdict.settled(count), since: start, completion)
        }
        return true
    }

    /// Hands over what is in the audit log.
    private func settle(_ verdict: Verdict, since start: ContinuousClock.Instant, _ completion: @escaping Completion) {
        let waited = ContinuousClock.now - start
        if waited <= longestWait, let outcome = releaseNow(verdict) {
            metrics.decided(verdict, after: waited)
            return completion(.success(outcome))
        }
        answer(completion) { [self] in
            do {
                guard let confirmed = try await confirmed(verdict, judgedAt: start) else {
                    metrics.wasUnavailable()
                    return .unavailable
                }
                metrics.decided(confirmed, after: ContinuousClock.now - start)
                return confirmed.outcome(try await open(confirmed))
            } catch {
                metrics.wasUnavailable()
                throw error
            }
        }
    }

    /// Nil when a key has to be waited for, or does not open.
    private func releaseNow(_ verdict: Verdict) -> KeyDeliveryOutcome? {
        var released: [ReleasedKey] = []
        for (lookup, grant) in verdict.grants {
            guard let opened = try? unwrapper.unwrapNow(lookup.key.wrapped, for: .disclosure(grant)) else {
                return nil
            }
            released.append(ReleasedKey(keyID: grant.keyID, key: opened))
        }
        return verdict.outcome(released)
    }

    /// Unwraps what was granted, once the decision is durable. One key that does not open does not keep the others back.
    ///
    /// - Throws: `KeyUnwrapError` when none opens.
    func open(_ verdict: Verdict) async throws -> [ReleasedKey] {
        var released: [ReleasedKey] = []
        var failure: (any Error)?
        for (lookup, grant) in verdict.grants {
            do {
                let key = try await unwrapper.unwrap(lookup.key.wrapped, for: .disclosure(grant))
                released.append(ReleasedKey(keyID: grant.keyID, key: key))
            } catch {
                failure = failure ?? error
            }
        }
        if let failure, released.isEmpty || !verdict.wholly.isEmpty { throw failure }
        return released
    }

    func wasUnavailable() { metrics.wasUnavailable() }

    func limit(_ request: KeyRequest, requestID: String, at instant: ContinuousClock.Instant) -> Duration? {
        guard let excess = rates.count(request, at: instant) else { return nil }
        metrics.wasLimited()
        limited.count(excess.subject, request, requestID: requestID, at: now())
        return excess.wait
    }

    /// Writes into the audit log what was refused because there were too many requests, since the last time. To be called
    /// now and then, as once a minute, and at the end.
    public func recordLimitedRequests() async {
        await limited.write(to: catalog, at: now())
    }

    private func lookup(_ keyID: KeyID) async throws -> KeyLookup? {
        guard let cache else { return try await catalog.keyLookup(keyID) }
        if let known = cache.lookup(keyID) {
            metrics.looked(inMemory: true, count: 1)
            return known
        }
        metrics.looked(inMemory: false, count: 1)
        let generation = cache.generation
        let lookup = try await catalog.keyLookup(keyID)
        if let lookup { cache.keep(lookup, generation: generation) }
        return lookup
    }
}
