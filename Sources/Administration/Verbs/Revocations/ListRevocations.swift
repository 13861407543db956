import Catalog

/// Lists what was revoked, in order of id.
public struct ListRevocations: OperatorVerb {
    public var after: String?
    public var limit: Int?

    public init(after: String? = nil, limit: Int? = nil) {
        self.after = after
        self.limit = limit
    }

    public struct Report: PagedReport {
        public var revocations: [RevocationReport]
        public var next: String?
    }

    public func run(in context: OperatorContext) async throws -> Report {
        let records = try await context.catalog.revocations(Paging.page(after: after, limit: limit))
        let page = try Paging.cut(records, limit: limit) { $0.id }
        return Report(revocations: page.items.map(RevocationReport.init), next: page.next)
    }
}
