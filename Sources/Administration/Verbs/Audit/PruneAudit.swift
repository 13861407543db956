public import Catalog
public import Foundation

/// Removes the audit records of before a time, up to a signed checkpoint.
public struct PruneAudit: OperatorVerb {
    public var before: Date

    public init(before: Date) {
        self.before = before
    }

    public struct Report: Codable, Sendable {
        /// How many went.
        public var records: Int64
        /// The last record that is gone; 0 when none is.
        public var through: Int64
        /// Says where the log goes on; nil when nothing was pruned now.
        public var checkpoint: AuditCheckpoint?
    }

    public func run(in context: OperatorContext) async throws -> Report {
        guard before <= context.now() else {
            throw OperatorError(.invalid, "the time lies in the future: records of before then are not written yet")
        }
        if let pruned = try await context.auditSigner.prune(before: before, actor: context.actor) {
            return Report(records: pruned.records, through: pruned.through, checkpoint: pruned.checkpoint)
        }
        let through = try await context.catalog.lastAuditCheckpoint()?.checkpoint.prunedThrough ?? 0
        return Report(records: 0, through: through, checkpoint: nil)
    }
}
