import Catalog
import ContentKeys
import Policies

/// Plans for what no document declares: removed, unless something that stays uses it.
extension Reconciliation {
    func planRemovals(_ set: DocumentSet, _ plan: inout ReconciliationPlan) async throws {
        let declared = Dictionary(grouping: set.documents.map(\.document), by: \.kind).mapValues { documents in
            Set(documents.map { Exact($0.name) })
        }
        func isDeclared(_ kind: Document.Kind, _ name: String) -> Bool {
            declared[kind]?.contains(Exact(name)) == true
        }
        for transform in try await catalog.transforms() where !isDeclared(.transform, transform.name) {
            plan.remove(.transform, transform.name, .pipeline(.deleteTransform(name: transform.name)))
        }
        for rules in try await catalog.ingestRules() where !isDeclared(.ingestRules, rules.name) {
            plan.remove(.ingestRules, rules.name, .quarantine(.deleteRules(name: rules.name)))
        }
        for endpoint in try await catalog.notificationEndpoints()
        where !isDeclared(.notificationEndpoint, endpoint.name) {
            plan.remove(
                .notificationEndpoint, endpoint.name, .pipeline(.deleteNotificationEndpoint(name: endpoint.name)))
        }
        let locators = try await catalog.locators(asset: nil)
        for policy in try await catalog.deliveryPolicies() where !isDeclared(.deliveryPolicy, policy.name) {
            plan.remove(.deliveryPolicy, policy.name, .deleteDeliveryPolicy(name: policy.name))
            // Also a locator that is revoked keeps its policies: it is remembered with them.
            let users = locators.filter { $0.deliveryPolicies.contains { $0.isExactly(policy.name) } }
            plan.keep(.deliveryPolicy, policy.name, for: users.map(Self.title))
        }
        for filter in try await catalog.filters() where !isDeclared(.filter, filter.identity) {
            plan.remove(.filter, filter.identity, .deleteFilter(identity: filter.identity))
            let users = locators.filter { locator in
                !locator.isRevoked && (filter.asset?.isExactly(locator.asset) ?? true)
                    && locator.filters.contains { $0.isExactly(filter.name) }
            }
            plan.keep(.filter, filter.identity, for: users.map(Self.title))
        }
        for policy in try await catalog.authorizationPolicies() where !isDeclared(.authorizationPolicy, policy.name) {
            plan.remove(.authorizationPolicy, policy.name, .deleteAuthorizationPolicy(name: policy.name))
            plan.keep(.authorizationPolicy, policy.name, for: try await users(ofPolicy: policy.name, plan))
        }
    }

    private static func title(_ locator: Locator) -> String {
        "locator \(locator.id) of asset '\(locator.asset)'" + (locator.isRevoked ? ", which is revoked" : "")
    }

    /// Key seeds and keys under an authorization policy, without those keys that the plan puts under another one: as many as
    /// are told, and one more.
    private func users(ofPolicy name: String, _ plan: ReconciliationPlan) async throws -> [String] {
        var users = try await catalog.keySeeds().filter { $0.authorizationPolicy?.isExactly(name) == true }
            .map { "KeySeed '\($0.name)'" }
        let leaving = plan.keysUnderAnotherPolicy
        var query = KeyQuery(authorizationPolicy: name)
        while users.count <= ReconciliationPlan.toldUsers {
            let page = try await catalog.contentKeys(matching: query)
            users += page.keys.filter { !leaving.contains($0.keyID) }.map { key in
                key.name.map { "ContentKey '\($0)'" } ?? "the ContentKey \(key.keyID)"
            }
            guard let next = page.next else { break }
            query.after = next
        }
        return users
    }
}

extension ReconciliationPlan {
    /// How many users of something that is to be removed are named.
    fileprivate static let toldUsers = 5

    fileprivate mutating func remove(_ kind: Document.Kind, _ name: String, _ change: CatalogChange) {
        changes.append(PlannedChange(.delete, kind, name))
        steps.append(.change(change))
    }

    /// Notes who uses what is to be removed, where anybody does.
    fileprivate mutating func keep(_ kind: Document.Kind, _ name: String, for users: [String]) {
        guard !users.isEmpty else { return }
        let told =
            users.prefix(Self.toldUsers).joined(separator: ", ") + (users.count > Self.toldUsers ? " and more" : "")
        obstacles.append(
            "\(kind.rawValue) '\(name)' is declared by no document and cannot be removed: it is used by \(told)")
    }

    fileprivate var keysUnderAnotherPolicy: Set<KeyID> {
        Set(
            steps.compactMap { step in
                guard case .change(.setAuthorizationPolicy(let keyID, _)) = step else { return nil }
                return keyID
            })
    }
}
