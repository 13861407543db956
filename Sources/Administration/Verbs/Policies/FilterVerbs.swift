import Catalog
import Policies

/// Lists the filters: those of every asset and of one, by what tells them apart.
public struct ListFilters: OperatorVerb {
    public var after: String?
    public var limit: Int?

    public init(after: String? = nil, limit: Int? = nil) {
        self.after = after
        self.limit = limit
    }

    public struct Report: PagedReport {
        public var filters: [FilterForm]
        public var next: String?
    }

    public func run(in context: OperatorContext) async throws -> Report {
        let filters = try await context.catalog.filters().filter { $0.identity.isAfter(after) }
        let page = try Paging.cut(filters, limit: limit, cursor: \.identity)
        return Report(filters: page.items.map(FilterForm.init), next: page.next)
    }
}

/// Shows a filter as a document.
public struct ShowFilter: OperatorVerb {
    public var name: String
    /// Nil for a filter of every asset.
    public var asset: String?

    public init(name: String, asset: String? = nil) {
        self.name = name
        self.asset = asset
    }

    public func run(in context: OperatorContext) async throws -> FilterForm {
        let identity = PresentationFilter.identity(name, asset: asset)
        guard let filter = try await context.catalog.filter(identity) else {
            throw OperatorError(.missing, "there is no filter \(identity.quoted); 'keyway policy list' lists them")
        }
        return FilterForm(filter)
    }
}
