public import Catalog
public import ContentKeys
public import Foundation
import Policies

/// Makes a new content key, wrapped, under a KID: `KeyWrapping` behind a closure, so that nothing here sees key bytes.
/// The name is nil for a key that a publication makes for itself. The record's authorization policy is set by the
/// caller.
public typealias ContentKeyMaker =
    @Sendable (_ type: ContentKeyType, _ keyID: KeyID, _ name: String?) async throws -> ContentKeyRecord

/// Brings the catalog to what documents declare: plan, show, apply.
public struct Reconciliation: Sendable {
    let catalog: any CatalogEngine
    let makeKey: ContentKeyMaker
    let actor: String?

    /// - Parameter actor: who applies, for the audit log.
    public init(catalog: any CatalogEngine, makeKey: @escaping ContentKeyMaker, actor: String? = nil) {
        self.catalog = catalog
        self.makeKey = makeKey
        self.actor = actor
    }

    /// Compares documents with the catalog.
    ///
    /// - Parameter prune: whether policies, filters, transforms, ingest rules and notification endpoints that no document
    ///   declares are removed.
    ///   Content keys, access policies and streaming endpoints never are: removing a key is `keyway key delete`, and cannot
    ///   be undone; removing an endpoint lets in whom it kept out.
    /// - Throws: `CatalogError` when the catalog cannot be read. What is wrong with the documents is in the plan.
    public func plan(_ set: DocumentSet, prune: Bool = false) async throws -> ReconciliationPlan {
        var plan = ReconciliationPlan()
        plan.errors = try await set.validate(against: catalog, pruning: prune)
        // Policies stand before keys: a key's policy must be there when the key comes.
        var keySteps: [ReconciliationPlan.Step] = []
        for located in set.documents {
            switch located.document {
            case .authorizationPolicy(let policy): try await planAuthorization(policy, &plan)
            case .deliveryPolicy(let policy): try await planDelivery(policy, &plan)
            case .accessPolicy(let policy): try await planAccess(policy, &plan)
            case .filter(let filter): try await planFilter(filter, &plan)
            case .streamingEndpoint(let declaration): try await planEndpoint(declaration, &plan)
            case .notificationEndpoint(let endpoint): try await planNotification(endpoint, &plan)
            case .transform(let transform): try await planTransform(transform, &plan)
            case .ingestRules(let rules): try await planIngestRules(rules, &plan)
            case .contentKey(let key):
                keySteps += try await planKey(key, at: located.position, &plan)
            }
        }
        plan.steps += keySteps
        if prune { try await planRemovals(set, &plan) }
        return plan
    }

    /// Applies a plan in one transaction, with an audit record of what was done; does nothing when nothing differs.
    ///
    /// - Throws: `DocumentsRejected` when the plan has errors, `OperatorError` when it removes what is in use, `CatalogError`
    ///   when the catalog refuses (what came into use since, say), and what the making of a key throws.
    public func apply(_ plan: ReconciliationPlan, at now: Date) async throws {
        try plan.requireApplicable()
        guard !plan.isEmpty else { return }
        var changes: [CatalogChange] = []
        for step in plan.steps {
            switch step {
            case .change(let change): changes.append(change)
            case .createKey(let key): changes += try await create(key, at: now)
            }
        }
        var event = AuditEvent(time: now, action: .documentsApplied)
        event.detail = Self.summary(of: plan)
        try await catalog.apply((changes + [.audit(event)]).map { $0.by(actor) })
    }

    private func create(_ key: ContentKeyDeclaration, at now: Date) async throws -> [CatalogChange] {
        var record = try await makeKey(key.type, key.keyID ?? .random(), key.name)
        record.authorizationPolicy = key.authorizationPolicy
        record.notBefore = key.notBefore
        record.notAfter = key.notAfter
        record.isEnabled = key.isEnabled ?? true
        record.label = key.label
        var event = AuditEvent(time: now, action: .keyCreated)
        event.keyID = record.keyID
        event.policy = key.authorizationPolicy
        event.detail = key.name
        return [.insertContentKey(record), .audit(event)]
    }

    /// What was created, updated and deleted, at most 1000 characters of it.
    private static func summary(of plan: ReconciliationPlan) -> String {
        let lines = plan.changes.filter { $0.action != .unchanged }.map {
            "\($0.action.rawValue) \($0.kind.rawValue) \($0.name)"
        }
        let text = lines.joined(separator: "; ")
        return text.count <= 1000 ? text : "\(text.prefix(960))… (\(lines.count) changes)"
    }
}
