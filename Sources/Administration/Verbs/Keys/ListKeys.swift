import Catalog
import ContentKeys

/// Lists the content keys, in order of their ids.
public struct ListKeys: OperatorVerb {
    public var after: String?
    public var limit: Int?

    public init(after: String? = nil, limit: Int? = nil) {
        self.after = after
        self.limit = limit
    }

    public struct Report: PagedReport {
        public var keys: [KeyReport]
        public var next: String?
    }

    public func run(in context: OperatorContext) async throws -> Report {
        if let after, KeyID(after) == nil {
            throw OperatorError(.invalid, "the list of keys goes on after a key's id, not after \(after.quoted)")
        }
        let records = try await context.catalog.contentKeys(Paging.page(after: after, limit: limit))
        let page = try Paging.cut(records, limit: limit) { $0.keyID.description }
        return Report(keys: page.items.map(KeyReport.init), next: page.next)
    }
}
