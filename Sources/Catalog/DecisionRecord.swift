public import Foundation
public import Policies

/// What one request decided, on its way to the audit log.
public struct DecisionRecord: Sendable {
    /// The use of a token to be counted with it; nil when nothing limits the token.
    public let use: UseLimit?
    /// What is written, which may depend on the count.
    private let made: Entries

    private enum Entries: Sendable {
        case always([AuditEntry])
        case counted(@Sendable (UseCount) -> [AuditEntry])
    }

    public init(entries: [AuditEntry]) {
        use = nil
        made = .always(entries)
    }

    public init(events: [AuditEvent]) {
        self.init(entries: events.map(AuditEntry.init))
    }

    /// - Parameter entries: what is written when the use has been counted; called once, while others wait.
    public init(use: UseLimit, entries: @escaping @Sendable (UseCount) -> [AuditEntry]) {
        self.use = use
        made = .counted(entries)
    }

    /// What is written whatever is counted; nil when that depends on the count.
    public var certainEntries: [AuditEntry]? {
        if case .always(let entries) = made { entries } else { nil }
    }

    public func entries(after count: UseCount) -> [AuditEntry] {
        switch made {
        case .always(let entries): entries
        case .counted(let entries): entries(count)
        }
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

    /// - Parameter line: of an event of this time.
    public init(time: Date, _ line: consuming AuditLine) {
        self.time = time.timeIntervalSince1970
        event = line.finished()
    }
}

/// How often a token was used before.
public struct UseCount: Sendable, Hashable {
    private let before: Int

    /// - Parameter before: not below zero.
    public init(before: Int) {
        self.before = before
    }

    /// Nothing was to be counted.
    public static let none = UseCount(before: 0)
    /// As often as any limit allows.
    public static let exhausted = UseCount(before: .max)

    /// Without the last of them, which is counted in them; as often as any limit allows stays that.
    public var withoutOne: UseCount { before == .max ? self : UseCount(before: max(before - 1, 0)) }

    /// Whether the use that was counted is one of so many.
    public func isWithin(_ maximum: Int) -> Bool { before < maximum }
}

extension CatalogEngine {
    /// Writes what one request decided and returns when it is durable.
    public func record(_ decision: DecisionRecord) async throws -> UseCount {
        try await withCheckedThrowingContinuation { continuation in
            record(decision, at: nil) { continuation.resume(with: $0.mapError { $0 }) }
        }
    }

    /// Appends audit events and returns when they are durable.
    public func appendAudit(_ events: [AuditEvent]) async throws {
        _ = try await record(DecisionRecord(events: events))
    }
}
