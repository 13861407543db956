import Catalog
import Policies

/// An access policy: what may be done through locators that are made under it, and for how long.
public struct AccessPolicyReport: TaggedReport, Hashable {
    public var name: String
    /// Of `read`, `write`, `list` and `delete`, in this order.
    public var permissions: [String]
    /// As `12h`, from a locator's start.
    public var duration: String
    /// Locators under it that are not revoked.
    public var locators: Int
    public var isCreated = false

    private enum CodingKeys: String, CodingKey {
        case name, permissions, duration, locators
    }

    /// Of the policy alone: locators under it come and go without a change of it.
    public var entityTag: String? { try? EntityTag.of([name, duration] + permissions) }

    init(_ policy: AccessPolicy, _ locators: [Locator]) {
        name = policy.name
        permissions = AccessPermission.allCases.filter(policy.permissions.contains).map(\.rawValue)
        duration = DurationText.text(policy.duration)
        self.locators = locators.count { $0.accessPolicy == policy.name && !$0.isRevoked }
    }
}

/// Lists the access policies in order of name.
public struct ListAccessPolicies: OperatorVerb {
    public var after: String?
    public var limit: Int?

    public init(after: String? = nil, limit: Int? = nil) {
        self.after = after
        self.limit = limit
    }

    public struct Report: PagedReport {
        public var policies: [AccessPolicyReport]
        public var next: String?
    }

    public func run(in context: OperatorContext) async throws -> Report {
        let policies = try await context.catalog.accessPolicies().filter { $0.name.isAfter(after) }
        let page = try Paging.cut(policies, limit: limit, cursor: \.name)
        let locators = try await context.catalog.locators(asset: nil)
        return Report(policies: page.items.map { AccessPolicyReport($0, locators) }, next: page.next)
    }
}

/// Shows an access policy.
public struct ShowAccessPolicy: OperatorVerb {
    public var name: String

    public init(name: String) {
        self.name = name
    }

    public func run(in context: OperatorContext) async throws -> AccessPolicyReport {
        AccessPolicyReport(
            try await context.accessPolicy(named: name), try await context.catalog.locators(asset: nil))
    }
}

/// Stores an access policy under its name, whatever was there before. What is narrowed is in force at once for locators that
/// there are; a locator keeps the end that it has.
public struct PutAccessPolicy: OperatorVerb {
    public var name: String
    public var permissions: [String]
    /// As `12h`.
    public var duration: String
    public var ifMatch: String?
    public var ifNoneMatch: String?

    public init(
        name: String, permissions: [String], duration: String, ifMatch: String? = nil, ifNoneMatch: String? = nil
    ) {
        self.name = name
        self.permissions = permissions
        self.duration = duration
        self.ifMatch = ifMatch
        self.ifNoneMatch = ifNoneMatch
    }

    public func run(in context: OperatorContext) async throws -> AccessPolicyReport {
        let policy = try accessPolicy()
        let stored = try await context.catalog.accessPolicy(named: name)
        let locators = try await context.catalog.locators(asset: nil)
        let precondition = Precondition(ifMatch: ifMatch, ifNoneMatch: ifNoneMatch)
        try precondition.check(
            stored.flatMap { AccessPolicyReport($0, locators).entityTag }, of: "access policy '\(name)'")
        let change = PlannedChange.Action(from: stored, to: policy)
        if change != .unchanged {
            var changes: [CatalogChange] = [
                .putAccessPolicy(policy),
                .audit(context.event(.policySet, detail: "\(change.rawValue) AccessPolicy \(name)")),
            ]
            if !precondition.isEmpty { changes.insert(.require(.accessPolicy(name: name, stored)), at: 0) }
            try await context.catalog.apply(changes)
        }
        var report = AccessPolicyReport(policy, locators)
        report.isCreated = change == .create
        return report
    }

    private func accessPolicy() throws -> AccessPolicy {
        guard AssetRecord.isName(name) else {
            throw OperatorError(.invalid, "\(name.quoted) cannot name a policy: letters, digits, '.', '_', '-'")
        }
        let permissions = try permissions.map { word in
            guard let permission = AccessPermission(rawValue: word) else {
                throw OperatorError(.invalid, "a permission is read, write, list or delete, not \(word.quoted)")
            }
            return permission
        }
        guard !permissions.isEmpty else { throw OperatorError(.invalid, "an access policy permits something") }
        guard let seconds = DurationText.seconds(duration), seconds > 0 else {
            throw OperatorError(.invalid, "a duration is written 60s, 5m, 12h or 30d, not \(duration.quoted)")
        }
        return AccessPolicy(name: name, permissions: Set(permissions), duration: seconds)
    }
}

/// Deletes an access policy that no locator was made under.
public struct DeleteAccessPolicy: OperatorVerb {
    public var name: String
    public var ifMatch: String?

    public init(name: String, ifMatch: String? = nil) {
        self.name = name
        self.ifMatch = ifMatch
    }

    public func run(in context: OperatorContext) async throws -> PolicyDeletion {
        let stored = try await context.accessPolicy(named: name)
        try Precondition(ifMatch: ifMatch).check(
            AccessPolicyReport(stored, []).entityTag, of: "access policy '\(name)'")
        var changes: [CatalogChange] = [
            .deleteAccessPolicy(name: name),
            .audit(context.event(.policyDeleted, detail: "AccessPolicy \(name)")),
        ]
        if ifMatch != nil { changes.insert(.require(.accessPolicy(name: name, stored)), at: 0) }
        do {
            try await context.catalog.apply(changes)
        } catch let error as CatalogError where error.code == .inUse {
            throw try await context.heldByLocators(
                "the access policy '\(name)'", change: "'keyway access-policy create \(name)'"
            ) { $0.accessPolicy == name }
        }
        return PolicyDeletion(kind: Document.Kind.accessPolicy.rawValue, name: name)
    }
}

extension OperatorContext {
    fileprivate func accessPolicy(named name: String) async throws -> AccessPolicy {
        guard let policy = try await catalog.accessPolicy(named: name) else {
            throw OperatorError(
                .missing, "there is no access policy \(name.quoted); 'keyway access-policy list' lists them")
        }
        return policy
    }
}
