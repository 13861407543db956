import Catalog
public import Foundation
import Policies

/// Lists the notification endpoints in order of name.
public struct ListNotificationEndpoints: OperatorVerb {
    public var after: String?
    public var limit: Int?

    public init(after: String? = nil, limit: Int? = nil) {
        self.after = after
        self.limit = limit
    }

    public struct Item: Codable, Sendable {
        public var name: String
        public var url: String
        public var secret: String
        public var events: String
        public var account: String
    }

    public struct Report: PagedReport {
        public var endpoints: [Item]
        public var next: String?
    }

    public func run(in context: OperatorContext) async throws -> Report {
        let endpoints = try await context.catalog.notificationEndpoints().filter { $0.name.isAfter(after) }
        let page = try Paging.cut(endpoints, limit: limit, cursor: \.name)
        return Report(
            endpoints: page.items.map {
                Item(name: $0.name, url: $0.url, secret: $0.secret, events: $0.events.rawValue, account: $0.account)
            }, next: page.next)
    }
}

/// Lists the messages to notification endpoints, newest first, and what became of each.
public struct ListDeliveries: OperatorVerb {
    /// Nil for all.
    public var endpoint: String?
    public var limit: Int?

    public init(endpoint: String? = nil, limit: Int? = nil) {
        self.endpoint = endpoint
        self.limit = limit
    }

    public struct Item: Codable, Sendable {
        /// The same in every attempt.
        public var id: String
        public var endpoint: String
        public var job: String
        public var event: String
        public var state: String
        public var attempt: Int
        public var status: Int?
        public var error: String?
        public var created: Date
        public var notBefore: Date?
        public var ended: Date?
    }

    public struct Report: Codable, Sendable {
        public var deliveries: [Item]
    }

    public func run(in context: OperatorContext) async throws -> Report {
        if let endpoint {
            guard try await context.catalog.notificationEndpoint(named: endpoint) != nil else {
                throw OperatorError(
                    .missing,
                    "there is no notification endpoint \(endpoint.quoted); 'keyway notification list' lists them")
            }
        }
        let limit = try Paging.page(after: nil, limit: limit).limit - 1
        return Report(
            deliveries: try await context.catalog.deliveries(endpoint: endpoint, limit: limit).map {
                Item(
                    id: $0.id, endpoint: $0.endpoint, job: $0.job.rawValue, event: $0.event, state: $0.state.rawValue,
                    attempt: $0.attempt, status: $0.status, error: $0.error, created: $0.created,
                    notBefore: $0.notBefore, ended: $0.ended)
            })
    }
}
