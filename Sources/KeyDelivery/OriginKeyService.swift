import BoundedMemory
public import Catalog
public import ContentKeys
public import Foundation
public import Policies
import Synchronization

/// Which origin asks, and from where.
public struct OriginCall: Sendable {
    /// The name that it is enrolled under.
    public var origin: String
    public var clientAddress: IPAddress
    public var requestID: String

    public init(origin: String, clientAddress: IPAddress, requestID: String) {
        self.origin = origin
        self.clientAddress = clientAddress
        self.requestID = requestID
    }
}

/// One key of an origin's request.
public struct OriginKeyQuestion: Sendable, Hashable {
    public var request: OriginKeyRequest
    /// Whether the origin holds the key already, and asks only whether it may go on: no bytes leave then.
    public var isHeld: Bool

    public init(_ request: OriginKeyRequest, isHeld: Bool) {
        self.request = request
        self.isHeld = isHeld
    }
}

/// What an origin is answered.
public enum OriginKeyOutcome: Sendable {
    case released(ContentKey)
    /// The key that it holds may be used on.
    case confirmed
    case denied(OriginDecision.Denial)
}

/// An origin asked for more keys than it may have in so short a time: nothing was looked up, and no key left.
public struct OriginKeysLimited: Error, Sendable, Hashable {
    /// When to ask again.
    public var wait: Duration
}

/// The use case of origins that hold no key-encryption key: look up → decide by what is published → audit, durably →
/// unwrap → hand over. Nothing of what the origin says is believed but its certificate.
public final class OriginKeyService: Sendable {
    /// Most keys of one request.
    public static let mostKeys = 64

    private let catalog: any CatalogEngine
    private let unwrapper: any KeyUnwrapper
    private let denials = Mutex(RefusalCounts())
    private let rate: RequestRate<String>?
    private let metrics = OriginKeyMetrics()
    private let now: @Sendable () -> Date
    private let instant: @Sendable () -> ContinuousClock.Instant
    private let longestWait: Duration

    /// - Parameters:
    ///   - limit: how many keys a second one origin is given, with two seconds' worth at once; nil for any number.
    ///   - now: the clock; tests set it.
    ///   - instant: the clock of the limit; tests set it.
    ///   - longestWait: how long a decision may wait to be written; tests have another patience.
    public init(
        catalog: any CatalogEngine, unwrapper: any KeyUnwrapper, limit: Int? = nil,
        longestWait: Duration = DecisionWait.longest,
        now: @escaping @Sendable () -> Date = { Date() },
        instant: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.longestWait = longestWait
        self.catalog = catalog
        self.unwrapper = unwrapper
        rate = limit.map { RequestRate(perSecond: $0) }
        self.now = now
        self.instant = instant
    }

    /// Decides each question for itself. What is released is in the audit log, durably, before the first key is
    /// unwrapped.
    ///
    /// - Returns: an outcome for each question, in their order.
    /// - Throws: `OriginKeysLimited`; `CatalogError`, also where the audit log cannot be written.
    public func answer(_ questions: [OriginKeyQuestion], to call: OriginCall) async throws -> [OriginKeyOutcome] {
        try await refuseExcess(questions, call, at: now())
        // Refusals beyond so many a minute are not written down, but for that of a key which was written down as given.
        var isWritten: [Int: Bool] = [:]
        let decided = try await DecisionWait.settle(in: catalog, longest: longestWait) {
            let time = now()
            let decided = try await decide(questions.prefix(Self.mostKeys), call, at: time)
            var events: [AuditEvent] = []
            for (place, one) in decided.enumerated() {
                guard let event = Self.event(one.question, one.decision, call, at: time) else { continue }
                let writes =
                    isWritten[place]
                    ?? (event.action == .originKeyGiven || denials.withLock { $0.add(call.origin, at: time) } == nil)
                isWritten[place] = writes
                if writes { events.append(event) }
            }
            return (decided, events)
        }
        var outcomes: [OriginKeyOutcome] = []
        for decided in decided {
            switch (decided.decision, decided.record) {
            case (.granted, _) where decided.question.isHeld: outcomes.append(.confirmed)
            case (.granted(let grant), let record?): outcomes.append(await open(record, grant))
            case (.granted, nil): outcomes.append(.denied(.keyUnknown))
            case (.denied(let denial), _): outcomes.append(.denied(denial))
            }
        }
        metrics.answered(outcomes)
        return outcomes
    }

    private struct Decided {
        let question: OriginKeyQuestion
        let record: ContentKeyRecord?
        let decision: OriginDecision
    }

    private func decide(
        _ questions: ArraySlice<OriginKeyQuestion>, _ call: OriginCall, at time: Date
    ) async throws -> [Decided] {
        var decided: [Decided] = []
        var published = OriginKeyPlaces(catalog: catalog, at: time)
        for question in questions {
            let record = try await catalog.contentKey(question.request.keyID)
            let places = record == nil ? [] : try await published.places(of: question.request)
            let decision = OriginGrant.decide(
                question.request, from: call.origin, facts: record?.facts, places: places, at: time)
            decided.append(Decided(question: question, record: record, decision: decision))
        }
        return decided
    }

    /// An origin that was taken over cannot carry away at once what it may have one after the other, and is seen at it. What it
    /// holds already counts for nothing.
    private func refuseExcess(_ questions: [OriginKeyQuestion], _ call: OriginCall, at time: Date) async throws {
        let count = questions.prefix(Self.mostKeys).count { !$0.isHeld }
        guard count > 0, let wait = rate?.count(call.origin, units: count, at: instant()) else { return }
        metrics.limited(count)
        if denials.withLock({ $0.add(call.origin, at: time) }) == nil {
            var event = AuditEvent(time: time, action: .originKeyDenied)
            event.reason = "rateLimited"
            event.detail = CountText.text(count, "key")
            event.actor = "origin:\(call.origin)"
            event.clientAddress = call.clientAddress.description
            event.requestID = call.requestID
            try await catalog.appendAudit([event])
        }
        throw OriginKeysLimited(wait: wait)
    }

    /// One key that does not open must not keep the others of a request back.
    private func open(_ record: ContentKeyRecord, _ grant: OriginGrant) async -> OriginKeyOutcome {
        do {
            return .released(try await unwrapper.unwrap(record.wrapped, for: .origin(grant)))
        } catch {
            return .denied(.keyUnavailable)
        }
    }

    /// Nil for what need not be written down: a key that the origin goes on with.
    private static func event(
        _ question: OriginKeyQuestion, _ decision: OriginDecision, _ call: OriginCall, at time: Date
    ) -> AuditEvent? {
        var event = AuditEvent(time: time, action: .originKeyGiven)
        switch decision {
        case .granted where question.isHeld: return nil
        case .granted(let grant): event.detail = "\(question.request.use.words), locator \(grant.locator)"
        case .denied(let denial):
            event.action = .originKeyDenied
            event.reason = denial.rawValue
            event.detail = question.request.use.words
        }
        event.keyID = question.request.keyID
        event.actor = "origin:\(call.origin)"
        event.clientAddress = call.clientAddress.description
        event.requestID = call.requestID
        return event
    }
}

extension OriginKeyRequest.Use {
    /// For the audit log.
    fileprivate var words: String {
        switch self {
        case .storage: "storage"
        case .encryption(let encryption, let streamingProtocol):
            "\(streamingProtocol.rawValue) \(encryption.rawValue)"
        }
    }
}
