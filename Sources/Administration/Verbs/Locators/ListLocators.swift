import Catalog
public import Foundation
import Policies

/// Lists the locators, in order of their starts.
public struct ListLocators: OperatorVerb {
    /// Only those of this asset.
    public var asset: String?
    public var after: String?
    public var limit: Int?

    public init(asset: String? = nil, after: String? = nil, limit: Int? = nil) {
        self.asset = asset
        self.after = after
        self.limit = limit
    }

    public struct Item: Codable, Sendable {
        public var id: String
        public var asset: String
        public var deliveryPolicies: [String]
        public var start: Date
        public var end: Date
        public var revoked: Bool
    }

    public struct Report: PagedReport {
        public var locators: [Item]
        public var next: String?
    }

    public func run(in context: OperatorContext) async throws -> Report {
        var locators = try await context.catalog.locators(asset: asset)
        if let after {
            // Locators are never removed, so the one that the page before ended with is still there.
            guard let position = locators.firstIndex(where: { $0.id.description == after }) else {
                throw OperatorError(.invalid, "the list goes on after a locator's id, and none is \(after.quoted)")
            }
            locators.removeFirst(position + 1)
        }
        let page = try Paging.cut(locators, limit: limit) { $0.id.description }
        return Report(
            locators: page.items.map {
                Item(
                    id: $0.id.description, asset: $0.asset, deliveryPolicies: $0.deliveryPolicies, start: $0.start,
                    end: $0.end, revoked: $0.isRevoked)
            }, next: page.next)
    }
}
