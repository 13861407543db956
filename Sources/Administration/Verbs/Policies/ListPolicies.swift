import Catalog
import Policies

/// Lists the policies of both kinds, then the filters; each kind in order of name.
public struct ListPolicies: OperatorVerb {
    /// `KIND/NAME`.
    public var after: String?
    public var limit: Int?

    public init(after: String? = nil, limit: Int? = nil) {
        self.after = after
        self.limit = limit
    }

    public struct Item: Codable, Sendable {
        public var kind: String
        public var name: String
        public var summary: String

        var cursor: String { "\(kind)/\(name)" }
    }

    public struct Report: PagedReport {
        public var policies: [Item]
        public var next: String?
    }

    public func run(in context: OperatorContext) async throws -> Report {
        let authorization = try await context.catalog.authorizationPolicies().map { policy in
            Item(
                kind: Document.Kind.authorizationPolicy.rawValue, name: policy.name,
                summary: policy.options.map { option in
                    let delivery = option.delivery.map(\.rawValue).sorted().joined(separator: ",")
                    return "\(option.name) (\(delivery))"
                }.joined(separator: " or "))
        }
        let delivery = try await context.catalog.deliveryPolicies().map { policy in
            Item(
                kind: Document.Kind.deliveryPolicy.rawValue, name: policy.name,
                summary: policy.protocols.map(\.rawValue).sorted().joined(separator: ",")
                    + " under \(policy.encryption.rawValue)" + policy.clearWords)
        }
        let filters = try await context.catalog.filters().map { filter in
            Item(kind: Document.Kind.filter.rawValue, name: filter.identity, summary: filter.summary)
        }
        let rest = (authorization + delivery + filters).filter { $0.cursor.isAfter(after) }
        let page = try Paging.cut(rest, limit: limit, cursor: \.cursor)
        return Report(policies: page.items, next: page.next)
    }
}

extension DeliveryPolicy {
    /// Which tracks leave in the clear although the policy encrypts; empty for none.
    fileprivate var clearWords: String {
        let labels = clearLabels.map(\.rawValue).sorted().joined(separator: ", ")
        return labels.isEmpty ? "" : ", clear: \(labels)"
    }
}

extension PresentationFilter {
    /// One line of what it shows.
    fileprivate var summary: String {
        let range = timeRange.map { range in
            "time \(range.start)-\(range.end.map { "\($0)" } ?? "")/\(range.timescale)"
        }
        let conditions = tracks.map { selection in
            selection.conditions.map { condition in
                condition.property.rawValue + (condition.operation == .equal ? "=" : "!=") + condition.value
            }.joined(separator: " and ")
        }
        let tracks = conditions.isEmpty ? nil : conditions.joined(separator: " or ")
        return [range, tracks, firstQuality.map { "first \($0)" }].compactMap { $0 }.joined(separator: "; ")
    }
}
