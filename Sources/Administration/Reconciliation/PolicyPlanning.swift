import Catalog
import Policies

/// Plans for documents that are policies: put when they differ, removed when asked.
extension Reconciliation {
    func planAuthorization(_ policy: AuthorizationPolicy, _ plan: inout ReconciliationPlan) async throws {
        let stored = try await catalog.authorizationPolicy(named: policy.name)
        try put(.authorizationPolicy(policy), policy, over: stored, .putAuthorizationPolicy(policy), &plan)
    }

    func planDelivery(_ policy: DeliveryPolicy, _ plan: inout ReconciliationPlan) async throws {
        let stored = try await catalog.deliveryPolicy(named: policy.name)
        try put(.deliveryPolicy(policy), policy, over: stored, .putDeliveryPolicy(policy), &plan)
    }

    func planAccess(_ policy: AccessPolicy, _ plan: inout ReconciliationPlan) async throws {
        let stored = try await catalog.accessPolicy(named: policy.name)
        try put(.accessPolicy(policy), policy, over: stored, .putAccessPolicy(policy), &plan)
    }

    func planFilter(_ filter: PresentationFilter, _ plan: inout ReconciliationPlan) async throws {
        let stored = try await catalog.filter(filter.identity)
        try put(.filter(filter), filter, over: stored, .putFilter(filter), &plan)
    }

    /// A document that does not say whether the endpoint runs leaves it as it is: what was stopped in haste stays so.
    func planEndpoint(_ declaration: StreamingEndpointDeclaration, _ plan: inout ReconciliationPlan) async throws {
        let stored = try await catalog.streamingEndpoint(named: declaration.endpoint.name)
        let endpoint = declaration.endpoint(over: stored)
        try put(.streamingEndpoint(declaration), endpoint, over: stored, .putStreamingEndpoint(endpoint), &plan)
    }

    func planTransform(_ transform: Transform, _ plan: inout ReconciliationPlan) async throws {
        let stored = try await catalog.transform(named: transform.name)
        try put(.transform(transform), transform, over: stored, .pipeline(.putTransform(transform)), &plan)
    }

    func planIngestRules(_ rules: IngestRules, _ plan: inout ReconciliationPlan) async throws {
        let stored = try await catalog.ingestRules().first { $0.name == rules.name }
        try put(.ingestRules(rules), rules, over: stored, .quarantine(.putRules(rules)), &plan)
    }

    func planNotification(_ endpoint: NotificationEndpoint, _ plan: inout ReconciliationPlan) async throws {
        let stored = try await catalog.notificationEndpoint(named: endpoint.name)
        try put(
            .notificationEndpoint(endpoint), endpoint, over: stored, .pipeline(.putNotificationEndpoint(endpoint)),
            &plan)
    }

    private func put<Policy: Encodable & Equatable>(
        _ document: Document, _ policy: Policy, over stored: Policy?, _ change: CatalogChange,
        _ plan: inout ReconciliationPlan
    ) throws {
        guard stored != policy else {
            plan.changes.append(PlannedChange(.unchanged, document.kind, document.name))
            return
        }
        let differences = try stored.map { try ValueDifference.lines(from: $0, to: policy) }
        let action: PlannedChange.Action = stored == nil ? .create : .update
        plan.changes.append(PlannedChange(action, document.kind, document.name, differences: differences ?? []))
        plan.steps.append(.change(change))
    }
}
