import Catalog
import Policies

/// An access policy: what may be done through locators that are made under it, and for how long.
public struct AccessPolicyReport: Codable, Sendable, Hashable {
    public var name: String
    /// Of `read`, `write`, `list` and `delete`, in this order.
    public var permissions: [String]
    /// As `12h`, from a locator's start.
    public var duration: String
    /// Locators under it that are not revoked.
    public var locators: Int

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
        try await context.accessPolicyReport(name)
    }
}

/// Stores an access policy under its name, whatever was there before. What is narrowed is in force at once for locators that
/// there are; a locator keeps the end that it has.
public struct PutAccessPolicy: OperatorVerb {
    public var name: String
    public var permissions: [String]
    /// As `12h`.
    public var duration: String

    public init(name: String, permissions: [String], duration: String) {
        self.name = name
        self.permissions = permissions
        self.duration = duration
    }

    public func run(in context: OperatorContext) async throws -> AccessPolicyReport {
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
        let policy = AccessPolicy(name: name, permissions: Set(permissions), duration: seconds)
        try await context.catalog.apply([
            .putAccessPolicy(policy), .audit(context.event(.policySet, detail: "AccessPolicy \(name)")),
        ])
        return try await context.accessPolicyReport(name)
    }
}

/// Deletes an access policy that no locator was made under.
public struct DeleteAccessPolicy: OperatorVerb {
    public var name: String

    public init(name: String) {
        self.name = name
    }

    public func run(in context: OperatorContext) async throws -> PolicyDeletion {
        _ = try await context.accessPolicyReport(name)
        do {
            try await context.catalog.apply([
                .deleteAccessPolicy(name: name),
                .audit(context.event(.policyDeleted, detail: "AccessPolicy \(name)")),
            ])
        } catch let error as CatalogError where error.code == .inUse {
            throw try await context.heldByLocators(
                "the access policy '\(name)'", change: "'keyway access-policy create \(name)'"
            ) { $0.accessPolicy == name }
        }
        return PolicyDeletion(kind: Document.Kind.accessPolicy.rawValue, name: name)
    }
}

extension OperatorContext {
    fileprivate func accessPolicyReport(_ name: String) async throws -> AccessPolicyReport {
        guard let policy = try await catalog.accessPolicy(named: name) else {
            throw OperatorError(
                .missing, "there is no access policy \(name.quoted); 'keyway access-policy list' lists them")
        }
        return AccessPolicyReport(policy, try await catalog.locators(asset: nil))
    }
}
