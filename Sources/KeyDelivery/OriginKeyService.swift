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

/// The use case of origins that hold no key-encryption key: look up → decide by what is published → audit, durably →
/// unwrap → hand over. Nothing of what the origin says is believed but its certificate.
public final class OriginKeyService: Sendable {
    /// Most keys of one request.
    public static let mostKeys = 64

    private let catalog: any CatalogEngine
    private let unwrapper: any KeyUnwrapper
    private let denials = Mutex(RefusalCounts())
    private let metrics = OriginKeyMetrics()
    private let now: @Sendable () -> Date

    /// - Parameter now: the clock; tests set it.
    public init(
        catalog: any CatalogEngine, unwrapper: any KeyUnwrapper, now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.catalog = catalog
        self.unwrapper = unwrapper
        self.now = now
    }

    /// Decides each question for itself. What is released is in the audit log, durably, before the first key is
    /// unwrapped.
    ///
    /// - Returns: an outcome for each question, in their order.
    /// - Throws: `CatalogError`, also where the audit log cannot be written.
    public func answer(_ questions: [OriginKeyQuestion], to call: OriginCall) async throws -> [OriginKeyOutcome] {
        let time = now()
        var decisions: [(question: OriginKeyQuestion, record: ContentKeyRecord?, decision: OriginDecision)] = []
        var published = OriginKeyPlaces(catalog: catalog, at: time)
        for question in questions.prefix(Self.mostKeys) {
            let record = try await catalog.contentKey(question.request.keyID)
            let places = record == nil ? [] : try await published.places(of: question.request)
            let decision = OriginGrant.decide(
                question.request, from: call.origin, facts: record?.facts, places: places, at: time)
            decisions.append((question, record, decision))
        }
        let events = decisions.compactMap { event($0.question, $0.decision, call, at: time) }
        if !events.isEmpty { try await catalog.appendAudit(events) }
        var outcomes: [OriginKeyOutcome] = []
        for (question, record, decision) in decisions {
            switch (decision, record) {
            case (.granted, _) where question.isHeld: outcomes.append(.confirmed)
            case (.granted(let grant), let record?): outcomes.append(await open(record, grant))
            case (.granted, nil): outcomes.append(.denied(.keyUnknown))
            case (.denied(let denial), _): outcomes.append(.denied(denial))
            }
        }
        metrics.answered(outcomes)
        return outcomes
    }

    /// One key that does not open must not keep the others of a request back.
    private func open(_ record: ContentKeyRecord, _ grant: OriginGrant) async -> OriginKeyOutcome {
        do {
            return .released(try await unwrapper.unwrap(record.wrapped, for: .origin(grant)))
        } catch {
            return .denied(.keyUnavailable)
        }
    }

    /// Nil for what need not be written down: a key that the origin goes on with, and refusals beyond so many a minute.
    private func event(
        _ question: OriginKeyQuestion, _ decision: OriginDecision, _ call: OriginCall, at time: Date
    ) -> AuditEvent? {
        var event = AuditEvent(time: time, action: .originKeyGiven)
        switch decision {
        case .granted where question.isHeld: return nil
        case .granted(let grant): event.detail = "\(question.request.use.words), locator \(grant.locator)"
        case .denied(let denial):
            guard denials.withLock({ $0.add(call.origin, at: time) }) == nil else { return nil }
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
