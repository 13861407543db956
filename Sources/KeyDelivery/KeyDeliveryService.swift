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
    /// How long a verdict may wait for keys of issuers: a change must be in force within a second.
    private let longestRenewal: Duration

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
            tickets: tickets, limits: limits, longestRenewal: .milliseconds(300), now: now)
    }

    /// With another patience: a busy machine must not change what a test sees.
    init(
        catalog: any CatalogEngine, cache: KeyLookupCache?, unwrapper: any KeyUnwrapper, verifier: any TokenVerifier,
        revocations: any RevocationSource = NoRevocations(), tickets: (any KeyTicketSealing)? = nil,
        limits: RateLimits = RateLimits(), longestRenewal: Duration,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.longestRenewal = longestRenewal
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
        guard let (verdict, count) = try await decide(request, requestID: requestID, since: start) else {
            return .unavailable
        }
        return try await release(verdict, after: count)
    }

    /// Looks up, judges, and writes down what was decided; nil when that cannot be written.
    ///
    /// - Parameters:
    ///   - wholly: see `Judgement.judge`.
    ///   - recipient: whom the keys go to, when not to the player.
    ///   - first: what was judged already; nil to judge.
    func decide(
        _ request: KeyRequest, wholly: [KeyID] = [], keysTo recipient: String? = nil, requestID: String,
        since start: ContinuousClock.Instant, first: Verdict? = nil
    ) async throws -> (Verdict, UseCount)? {
        var verdict: Verdict
        if let first {
            verdict = first
        } else {
            verdict = try await judge(request, wholly: wholly, requestID: requestID)
        }
        if await renewKeys(after: verdict) {
            // Reading keys took time, in which policies may have changed: everything is looked up again.
            verdict = try await judge(request, wholly: wholly, requestID: requestID)
        }
        let count: UseCount
        do {
            count = try await catalog.record(verdict.record(keysTo: recipient))
        } catch {
            metrics.wasUnavailable()
            return nil
        }
        metrics.decided(verdict.final(count), since: start)
        return (verdict, count)
    }

    func judge(
        _ request: KeyRequest, wholly: [KeyID] = [], requestID: String, countsSubject: Bool = true
    ) async throws -> Verdict {
        var found = FoundKeys()
        for keyID in request.keyIDs where found[keyID] == nil { found[keyID] = try await lookup(keyID) }
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
        return hasFound || ContinuousClock.now - start > longestRenewal
    }

    /// The same for callers that must not wait, as event loops: decides here and now when all is in memory.
    ///
    /// - Parameter completion: called once, on any thread, when the decision is durable; or with what `deliver` throws.
    public func deliver(_ request: KeyRequest, requestID: String, completion: @escaping Completion) {
        if deliverNow(request, requestID: requestID, completion: completion) { return }
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
    func deliverNow(_ request: KeyRequest, requestID: String, completion: @escaping Completion) -> Bool {
        guard let cache else { return false }
        let start = ContinuousClock.now
        var found = FoundKeys()
        for keyID in request.keyIDs where found[keyID] == nil {
            guard let lookup = cache.lookup(keyID) else { return false }
            found[keyID] = lookup
        }
        metrics.looked(inMemory: true)
        if let wait = limit(request, requestID: requestID, at: start) {
            completion(.success(.limited(wait)))
            return true
        }
        let verdict = judgement.judge(request, found: found, rates: rates, requestID: requestID, at: now())
        if !verdict.staleRestrictions.isEmpty {
            answer(completion) {
                let decided = try await self.decide(request, requestID: requestID, since: start, first: verdict)
                guard let (verdict, count) = decided else { return .unavailable }
                return try await self.release(verdict, after: count)
            }
            return true
        }
        catalog.record(verdict.record()) { [self] result in
            guard let count = try? result.get() else {
                metrics.wasUnavailable()
                return completion(.success(.unavailable))
            }
            metrics.decided(verdict.final(count), since: start)
            if let outcome = releaseNow(verdict, after: count) { return completion(.success(outcome)) }
            answer(completion) { try await self.release(verdict, after: count) }
        }
        return true
    }

    /// Nil when a key-encryption key has to be waited for.
    private func releaseNow(_ verdict: Verdict, after count: UseCount) -> KeyDeliveryOutcome? {
        var released: [ReleasedKey] = []
        for (wrapped, grant) in verdict.grants(after: count) {
            guard let opened = try? unwrapper.unwrapNow(wrapped, for: .disclosure(grant)) else { return nil }
            released.append(ReleasedKey(keyID: wrapped.keyID, key: opened))
        }
        return verdict.outcome(released, after: count)
    }

    private func release(_ verdict: Verdict, after count: UseCount) async throws -> KeyDeliveryOutcome {
        verdict.outcome(try await open(verdict, after: count), after: count)
    }

    /// Unwraps what was granted, once the decision is durable.
    func open(_ verdict: Verdict, after count: UseCount) async throws -> [ReleasedKey] {
        var released: [ReleasedKey] = []
        for (wrapped, grant) in verdict.grants(after: count) {
            let key = try await unwrapper.unwrap(wrapped, for: .disclosure(grant))
            released.append(ReleasedKey(keyID: wrapped.keyID, key: key))
        }
        return released
    }

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
            metrics.looked(inMemory: true)
            return known
        }
        metrics.looked(inMemory: false)
        let generation = cache.generation
        let lookup = try await catalog.keyLookup(keyID)
        if let lookup { cache.keep(lookup, generation: generation) }
        return lookup
    }
}
