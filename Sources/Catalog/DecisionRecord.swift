public import Policies

/// What one request decided, on its way to the audit log.
public struct DecisionRecord: Sendable {
    /// The use of a token to be counted with it; nil when nothing limits the token.
    public var use: UseLimit?
    /// Written when there is no use to count, or when it is within its limit.
    public var events: [AuditEvent]
    /// Written instead when the token is used up.
    public var exhausted: [AuditEvent]

    public init(events: [AuditEvent], use: UseLimit? = nil, exhausted: [AuditEvent] = []) {
        self.events = events
        self.use = use
        self.exhausted = exhausted
    }
}

/// What became of the use of a token.
public enum UseCount: Sendable, Hashable {
    /// Counted, or nothing was to be counted.
    case within
    /// The token was used as often as it may be.
    case exhausted
}

extension CatalogEngine {
    /// Writes what one request decided and returns when it is durable.
    public func record(_ decision: DecisionRecord) async throws -> UseCount {
        try await withCheckedThrowingContinuation { continuation in
            record(decision) { continuation.resume(with: $0.mapError { $0 }) }
        }
    }

    /// Appends audit events and returns when they are durable.
    public func appendAudit(_ events: [AuditEvent]) async throws {
        _ = try await record(DecisionRecord(events: events))
    }
}
