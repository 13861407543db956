import Catalog

/// Lists the secrets' names.
public struct ListSecrets: OperatorVerb {
    public var after: String?
    public var limit: Int?

    public init(after: String? = nil, limit: Int? = nil) {
        self.after = after
        self.limit = limit
    }

    public struct Report: PagedReport {
        public var secrets: [String]
        public var next: String?
    }

    public func run(in context: OperatorContext) async throws -> Report {
        let names = try await context.catalog.secretNames().filter { $0.isAfter(after) }
        let page = try Paging.cut(names, limit: limit) { $0 }
        return Report(secrets: page.items, next: page.next)
    }
}

extension String {
    /// The catalog's order: by bytes.
    func isAfter(_ cursor: String?) -> Bool {
        guard let cursor else { return true }
        return cursor.utf8.lexicographicallyPrecedes(utf8)
    }
}
