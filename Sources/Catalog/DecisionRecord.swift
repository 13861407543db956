import Foundation
public import Policies

/// What one request decided, on its way to the audit log.
public struct DecisionRecord: Sendable {
    /// The use of a token to be counted with it; nil when nothing limits the token.
    public var use: UseLimit?
    /// Written when there is no use to count, or when it is within its limit.
    public var entries: [AuditEntry]
    /// Written instead when the token is used up.
    public var exhausted: [AuditEntry]

    public init(entries: [AuditEntry], use: UseLimit? = nil, exhausted: [AuditEntry] = []) {
        self.entries = entries
        self.use = use
        self.exhausted = exhausted
    }

    public init(events: [AuditEvent], use: UseLimit? = nil) {
        self.init(entries: events.map(AuditEntry.init), use: use)
    }
}

/// An event as the log will hold it, before it has a place there. Made by whoever decided, so that the one thread that
/// commits does not do it for everyone.
public struct AuditEntry: Sendable, Hashable {
    /// When it happened, in seconds since 1970.
    public let time: Double
    /// The event as canonical JSON: what the chain's hash covers.
    public let event: [UInt8]

    public init(_ event: AuditEvent) {
        time = event.time.timeIntervalSince1970
        self.event = event.canonicalJSON
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
