import Catalog
import Policies

/// Lists the authorization policies in order of name.
public struct ListAuthorizationPolicies: OperatorVerb {
    public var after: String?
    public var limit: Int?

    public init(after: String? = nil, limit: Int? = nil) {
        self.after = after
        self.limit = limit
    }

    public struct Report: PagedReport {
        public var policies: [AuthorizationPolicyForm]
        public var next: String?
    }

    public func run(in context: OperatorContext) async throws -> Report {
        let policies = try await context.catalog.authorizationPolicies().filter { $0.name.isAfter(after) }
        let page = try Paging.cut(policies, limit: limit, cursor: \.name)
        return Report(policies: page.items.map(AuthorizationPolicyForm.init), next: page.next)
    }
}

/// Shows an authorization policy as a document.
public struct ShowAuthorizationPolicy: OperatorVerb {
    public var name: String

    public init(name: String) {
        self.name = name
    }

    public func run(in context: OperatorContext) async throws -> AuthorizationPolicyForm {
        guard let policy = try await context.catalog.authorizationPolicy(named: name) else {
            throw OperatorError(
                .missing, "there is no authorization policy \(name.quoted); 'keyway policy list' lists them")
        }
        return AuthorizationPolicyForm(policy)
    }
}

/// Stores an authorization policy under its name, whatever was there before.
public struct PutAuthorizationPolicy: OperatorVerb {
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

    public func run(in context: OperatorContext) async throws -> PolicyPutReport<AuthorizationPolicyForm> {
        let located = try await PolicyDocumentReading(
            kind: .authorizationPolicy, name: name, keySetHosts: context.keySetHosts
        ).read(document, catalog: context.catalog)
        guard case .authorizationPolicy(let policy) = located else { throw PolicyDocumentReading.otherKind }
        let stored = try await context.catalog.authorizationPolicy(named: name)
        let precondition = Precondition(ifMatch: ifMatch, ifNoneMatch: ifNoneMatch)
        try precondition.check(
            stored.flatMap { AuthorizationPolicyForm($0).entityTag }, of: "authorization policy '\(name)'")
        let change = PlannedChange.Action(from: stored, to: policy)
        if change != .unchanged {
            var changes: [CatalogChange] = [
                .putAuthorizationPolicy(policy),
                .audit(context.event(.policySet, detail: "\(change.rawValue) AuthorizationPolicy \(name)")),
            ]
            if !precondition.isEmpty { changes.insert(.require(.authorizationPolicy(name: name, stored)), at: 0) }
            try await context.catalog.apply(changes)
        }
        return PolicyPutReport(change: change.rawValue, policy: AuthorizationPolicyForm(policy))
    }
}

/// Deletes an authorization policy that nothing uses.
public struct DeleteAuthorizationPolicy: OperatorVerb {
    public var name: String
    public var ifMatch: String?

    public init(name: String, ifMatch: String? = nil) {
        self.name = name
        self.ifMatch = ifMatch
    }

    public func run(in context: OperatorContext) async throws -> PolicyDeletion {
        guard let stored = try await context.catalog.authorizationPolicy(named: name) else {
            throw OperatorError(.missing, "there is no authorization policy \(name.quoted)")
        }
        try Precondition(ifMatch: ifMatch).check(
            AuthorizationPolicyForm(stored).entityTag, of: "authorization policy '\(name)'")
        var changes: [CatalogChange] = [
            .deleteAuthorizationPolicy(name: name),
            .audit(context.event(.policyDeleted, detail: "AuthorizationPolicy \(name)")),
        ]
        if ifMatch != nil { changes.insert(.require(.authorizationPolicy(name: name, stored)), at: 0) }
        do {
            try await context.catalog.apply(changes)
        } catch let error as CatalogError where error.code == .inUse {
            throw OperatorError(.inUse, "the authorization policy '\(name)' is in use: a key names it")
        }
        return PolicyDeletion(kind: Document.Kind.authorizationPolicy.rawValue, name: name)
    }
}
