import Catalog
public import Foundation

/// Lists the origins that may ask for keys, and those that might once.
public struct ListOrigins: OperatorVerb {
    public var after: String?
    public var limit: Int?

    public init(after: String? = nil, limit: Int? = nil) {
        self.after = after
        self.limit = limit
    }

    public struct Item: Codable, Sendable {
        public var name: String
        /// SHA-256 of its certificate's DER, in hexadecimal digits.
        public var fingerprint: String
        /// `valid` or `revoked`.
        public var state: String
        public var created: Date
        public var revoked: Date?
    }

    public struct Report: PagedReport {
        public var origins: [Item]
        public var next: String?
    }

    public func run(in context: OperatorContext) async throws -> Report {
        let records = try await context.catalog.origins(Paging.page(after: after, limit: limit))
        let page = try Paging.cut(records, limit: limit) { $0.name }
        return Report(
            origins: page.items.map { record in
                Item(
                    name: record.name, fingerprint: record.fingerprint,
                    state: record.revoked == nil ? "valid" : "revoked", created: record.created,
                    revoked: record.revoked)
            }, next: page.next)
    }
}
