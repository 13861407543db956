import Catalog
public import Foundation

/// Lists the admin tokens: what they are called and may do, never the tokens.
public struct ListAdminTokens: OperatorVerb {
    public var after: String?
    public var limit: Int?

    public init(after: String? = nil, limit: Int? = nil) {
        self.after = after
        self.limit = limit
    }

    public struct Item: Codable, Sendable {
        public var name: String
        public var role: String
        /// `valid`, `expired` or `revoked`.
        public var state: String
        public var created: Date
        public var expires: Date?
        public var revoked: Date?
    }

    public struct Report: PagedReport {
        public var tokens: [Item]
        public var next: String?
    }

    public func run(in context: OperatorContext) async throws -> Report {
        let now = context.now()
        let records = try await context.catalog.adminTokens(Paging.page(after: after, limit: limit))
        let page = try Paging.cut(records, limit: limit) { $0.name }
        return Report(
            tokens: page.items.map { record in
                Item(
                    name: record.name, role: record.role.rawValue,
                    state: record.revoked != nil ? "revoked" : record.isValid(at: now) ? "valid" : "expired",
                    created: record.created, expires: record.expires, revoked: record.revoked)
            }, next: page.next)
    }
}
