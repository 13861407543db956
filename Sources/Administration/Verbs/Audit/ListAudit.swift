public import Catalog

/// Lists audit records, oldest first.
public struct ListAudit: OperatorVerb {
    /// Those after this sequence number; nil for the newest ones.
    public var after: Int64?
    public var limit: Int?

    public init(after: Int64? = nil, limit: Int? = nil) {
        self.after = after
        self.limit = limit
    }

    /// One audit record.
    public struct Record: Codable, Sendable {
        public var sequence: Int64
        public var event: AuditEvent
        /// SHA-256 in hexadecimal.
        public var hash: String
    }

    public struct Report: PagedReport {
        public var records: [Record]
        /// The newest record's sequence number; 0 when there is none.
        public var last: Int64
        public var next: String?
    }

    public func run(in context: OperatorContext) async throws -> Report {
        let limit = limit ?? Paging.defaultLimit
        guard Paging.limits.contains(limit), after ?? 0 >= 0 else {
            throw OperatorError(.invalid, "the limit lies between 1 and 1000, and 'after' is not negative")
        }
        let last = try await context.catalog.lastAuditSequence()
        let start = after ?? max(0, last - Int64(limit))
        let records = try await context.catalog.auditRecords(after: start, limit: limit).map { record in
            Record(
                sequence: record.sequence, event: try AuditChain.event(of: record), hash: record.hash.hexadecimal)
        }
        let end = records.last?.sequence ?? start
        return Report(records: records, last: max(last, end), next: end < last ? String(end) : nil)
    }
}
