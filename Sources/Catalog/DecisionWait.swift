import Foundation

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
            // A test's impatience is over when nothing is left to write; its patience holds then, too.
            if ContinuousClock.now - start <= (new.isEmpty ? max(Self.longest, longest) : longest) { return decision }
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
