import Catalog

/// Reads the audit log in order, a page at a time. Owned by one task.
struct AuditReading {
    private static let pageSize = 1000

    private let catalog: any CatalogEngine
    private var page: [AuditRecord] = []
    private var position = 0
    private var last: Int64

    init(_ catalog: any CatalogEngine, after sequence: Int64) {
        self.catalog = catalog
        last = sequence
    }

    /// Nil at the end.
    mutating func next() async throws -> AuditRecord? {
        if position == page.count {
            page = try await catalog.auditRecords(after: last, limit: Self.pageSize)
            position = 0
        }
        guard position < page.count else { return nil }
        let record = page[position]
        position += 1
        last = record.sequence
        return record
    }
}
