import Catalog
public import Foundation
import Policies

/// Lists the encryptors and what they may have, never their tokens.
public struct ListEncryptors: OperatorVerb {
    public var after: String?
    public var limit: Int?

    public init(after: String? = nil, limit: Int? = nil) {
        self.after = after
        self.limit = limit
    }

    public struct Item: Codable, Sendable {
        public var name: String
        public var authorizationPolicy: String
        public var mayCreate: Bool
        /// `valid`, `expired` or `revoked`.
        public var state: String
        public var created: Date
        public var expires: Date?
        public var revoked: Date?
    }

    public struct Report: PagedReport {
        public var encryptors: [Item]
        public var next: String?
    }

    public func run(in context: OperatorContext) async throws -> Report {
        let now = context.now()
        let records = try await context.catalog.encryptors(Paging.page(after: after, limit: limit))
        let page = try Paging.cut(records, limit: limit) { $0.name }
        return Report(
            encryptors: page.items.map { record in
                Item(
                    name: record.name, authorizationPolicy: record.encryptor.authorizationPolicy,
                    mayCreate: record.encryptor.mayCreate,
                    state: record.revoked != nil ? "revoked" : record.isValid(at: now) ? "valid" : "expired",
                    created: record.created, expires: record.expires, revoked: record.revoked)
            }, next: page.next)
    }
}
