import Catalog
import Policies

/// Lists the delivery policies in order of name.
public struct ListDeliveryPolicies: OperatorVerb {
    public var after: String?
    public var limit: Int?

    public init(after: String? = nil, limit: Int? = nil) {
        self.after = after
        self.limit = limit
    }

    public struct Report: PagedReport {
        public var policies: [DeliveryPolicyForm]
        public var next: String?
    }

    public func run(in context: OperatorContext) async throws -> Report {
        let policies = try await context.catalog.deliveryPolicies().filter { $0.name.isAfter(after) }
        let page = try Paging.cut(policies, limit: limit, cursor: \.name)
        return Report(policies: page.items.map(DeliveryPolicyForm.init), next: page.next)
    }
}

/// Shows a delivery policy as a document.
public struct ShowDeliveryPolicy: OperatorVerb {
    public var name: String

    public init(name: String) {
        self.name = name
    }

    public func run(in context: OperatorContext) async throws -> DeliveryPolicyForm {
        guard let policy = try await context.catalog.deliveryPolicy(named: name) else {
            throw OperatorError(
                .missing, "there is no delivery policy \(name.quoted); 'keyway policy list' lists them")
        }
        return DeliveryPolicyForm(policy)
    }
}

/// Stores a delivery policy under its name, whatever was there before.
public struct PutDeliveryPolicy: OperatorVerb {
    public var name: String
    /// A document in YAML or JSON; `kind` and `name` may be left out.
    public var document: String
    public var ifMatch: String?
    public var ifNoneMatch: String?

    public init(name: String, document: String, ifMatch: String? = nil, ifNoneMatch: String? = nil) {
        self.name = name
        self.document = document
        self.ifMatch = ifMatch
        self.ifNoneMatch = ifNoneMatch
    }

    public func run(in context: OperatorContext) async throws -> PolicyPutReport<DeliveryPolicyForm> {
        let located = try await PolicyDocumentReading(kind: .deliveryPolicy, name: name)
            .read(document, catalog: context.catalog)
        guard case .deliveryPolicy(let policy) = located else { throw PolicyDocumentReading.otherKind }
        let stored = try await context.catalog.deliveryPolicy(named: name)
        let precondition = Precondition(ifMatch: ifMatch, ifNoneMatch: ifNoneMatch)
        try precondition.check(stored.flatMap { DeliveryPolicyForm($0).entityTag }, of: "delivery policy '\(name)'")
        let change = PlannedChange.Action(from: stored, to: policy)
        if change != .unchanged {
            var changes: [CatalogChange] = [
                .putDeliveryPolicy(policy),
                .audit(context.event(.policySet, detail: "\(change.rawValue) DeliveryPolicy \(name)")),
            ]
            if !precondition.isEmpty { changes.insert(.require(.deliveryPolicy(name: name, stored)), at: 0) }
            try await context.catalog.apply(changes)
        }
        return PolicyPutReport(change: change.rawValue, policy: DeliveryPolicyForm(policy))
    }
}

/// Deletes a delivery policy that nothing uses.
public struct DeleteDeliveryPolicy: OperatorVerb {
    public var name: String
    public var ifMatch: String?

    public init(name: String, ifMatch: String? = nil) {
        self.name = name
        self.ifMatch = ifMatch
    }

    public func run(in context: OperatorContext) async throws -> PolicyDeletion {
        guard let stored = try await context.catalog.deliveryPolicy(named: name) else {
            throw OperatorError(.missing, "there is no delivery policy \(name.quoted)")
        }
        try Precondition(ifMatch: ifMatch).check(DeliveryPolicyForm(stored).entityTag, of: "delivery policy '\(name)'")
        var changes: [CatalogChange] = [
            .deleteDeliveryPolicy(name: name),
            .audit(context.event(.policyDeleted, detail: "DeliveryPolicy \(name)")),
        ]
        if ifMatch != nil { changes.insert(.require(.deliveryPolicy(name: name, stored)), at: 0) }
        do {
            try await context.catalog.apply(changes)
        } catch let error as CatalogError where error.code == .inUse {
            throw try await context.heldByLocators(
                "the delivery policy '\(name)'", change: "'keyway apply' of a document of that name"
            ) { $0.deliveryPolicies.contains(name) }
        }
        return PolicyDeletion(kind: Document.Kind.deliveryPolicy.rawValue, name: name)
    }
}
