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

/// How long a decision may wait for its place in the audit log and still be good: a change must be in force within a second.
/// What waited longer is decided again, by what the catalog says then.
public enum DecisionWait {
    public static let longest = Duration.milliseconds(300)
    /// How often something is decided at most: a store so slow that none of them is still good when it is written gives nothing.
    public static let mostDecisions = 8

    /// Decides, writes down, and decides again as long as that took too long: what is other than a moment before is written, too,
    /// so that what was written last is what was answered.
    ///
    /// - Parameters:
    ///   - longest: how long until it is written; tests have another patience.
    ///   - decide: returns what was decided and what is written of it.
    /// - Throws: `CatalogError` when the store is too slow, or cannot be written; and what `decide` throws.
    public static func settle<Decision>(
        in catalog: any CatalogEngine, longest: Duration = longest,
        decide: () async throws -> (Decision, [AuditEvent])
    ) async throws -> Decision {
        var written: Set<AuditEvent> = []
        for _ in 0..<mostDecisions {
            let start = ContinuousClock.now
            let (decision, events) = try await decide()
            let new = events.filter { !written.contains($0.timeless) }
            if !new.isEmpty { try await catalog.appendAudit(new) }
            if ContinuousClock.now - start <= (new.isEmpty ? Self.longest : longest) { return decision }
            written = Set(events.map(\.timeless))
        }
        throw CatalogError(.unavailable, "the audit log cannot keep up")
    }
}

extension AuditEvent {
    /// The same whenever it happened.
    fileprivate var timeless: AuditEvent {
        var event = self
        event.time = .distantPast
        return event
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
