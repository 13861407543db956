import Catalog
public import Foundation

/// Lists the assets, in order of name.
public struct ListAssets: OperatorVerb {
    public var after: String?
    public var limit: Int?

    public init(after: String? = nil, limit: Int? = nil) {
        self.after = after
        self.limit = limit
    }

    public struct Item: Codable, Sendable {
        public var name: String
        public var version: Int?
        public var created: Date
        /// Whether the version that is served has a poster; what was taken down is not served.
        public var poster: Bool
        /// Nil while it is served.
        public var takenDown: Date?
    }

    public struct Report: PagedReport {
        public var assets: [Item]
        public var next: String?
    }

    public func run(in context: OperatorContext) async throws -> Report {
        let records = try await context.catalog.assets(Paging.page(after: after, limit: limit))
        let page = try Paging.cut(records, limit: limit) { $0.name }
        let posters = try await context.catalog.assetsWithPoster(among: page.items.map(\.name))
        return Report(
            assets: page.items.map {
                Item(
                    name: $0.name, version: $0.currentVersion, created: $0.created,
                    poster: $0.takedown == nil && posters.contains($0.name), takenDown: $0.takedown?.time)
            }, next: page.next)
    }
}
