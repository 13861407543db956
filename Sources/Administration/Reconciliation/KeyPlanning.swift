import Catalog
import ContentKeys
import Foundation
import Policies

/// Plans for content keys: made when they are absent, given another policy, validity, state or label when it differs, never
/// anything else.
extension Reconciliation {
    func planKey(
        _ key: ContentKeyDeclaration, at position: SourcePosition, _ plan: inout ReconciliationPlan
    ) async throws -> [ReconciliationPlan.Step] {
        let named = try await catalog.contentKey(named: key.name)
        var record = named
        if record == nil, let keyID = key.keyID { record = try await catalog.contentKey(keyID) }
        guard let record else {
            plan.changes.append(PlannedChange(.create, .contentKey, key.name))
            return [.createKey(key)]
        }
        let contradictions = contradictions(of: key, with: record)
        plan.errors += contradictions.map { DocumentError($0, at: position) }
        let changes = contradictions.isEmpty ? differences(of: key, with: record) : []
        guard !changes.isEmpty else {
            plan.changes.append(PlannedChange(.unchanged, .contentKey, key.name))
            return []
        }
        plan.changes.append(PlannedChange(.update, .contentKey, key.name, differences: changes.map(\.text)))
        return changes.map { .change($0.change) }
    }

    /// What the document says otherwise than the catalog, in words, and what brings the catalog to it.
    private func differences(
        of key: ContentKeyDeclaration, with record: ContentKeyRecord
    ) -> [(text: String, change: CatalogChange)] {
        var lines: [(text: String, change: CatalogChange)] = []
        func add(_ field: String, _ old: String?, _ new: String?, _ change: CatalogChange) {
            guard old != new else { return }
            lines.append(("\(field): \(old ?? "nothing") → \(new ?? "nothing")", change))
        }
        func change(_ change: ContentKeyChange) -> CatalogChange { .changeContentKey(keyID: record.keyID, change) }
        add(
            "authorizationPolicy", record.authorizationPolicy, key.authorizationPolicy,
            .setAuthorizationPolicy(keyID: record.keyID, policy: key.authorizationPolicy))
        let validity = change(.setValidity(notBefore: key.notBefore, notAfter: key.notAfter))
        add("notBefore", record.notBefore?.documentText, key.notBefore?.documentText, validity)
        add("notAfter", record.notAfter?.documentText, key.notAfter?.documentText, validity)
        // A publication labels its keys itself; a document that says nothing takes that from none.
        if let label = key.label { add("label", record.label?.rawValue, label.rawValue, change(.setLabel(label))) }
        if let isEnabled = key.isEnabled {
            add("enabled", "\(record.isEnabled)", "\(isEnabled)", change(.setEnabled(isEnabled)))
        }
        return lines
    }

    /// What of a key cannot change. A key without a name (one that a publication made) may be named by its KID, to give
    /// it another policy.
    private func contradictions(of key: ContentKeyDeclaration, with record: ContentKeyRecord) -> [String] {
        var lines: [String] = []
        if let seed = record.seed, !record.isStored {
            lines.append("the KID \(record.keyID) belongs to key seed '\(seed)': it is not declared in a document")
        }
        if record.state == .pendingDeletion {
            lines.append(
                "ContentKey '\(key.name)' waits for its deletion: 'keyway key restore' it or drop the document")
        }
        if record.type != key.type {
            lines.append(
                "ContentKey '\(key.name)' is of type '\(record.type.rawValue)': a key's type never changes")
        }
        if let keyID = key.keyID, keyID != record.keyID {
            lines.append("ContentKey '\(key.name)' has the KID \(record.keyID): a key's KID never changes")
        }
        if let name = record.name, name != key.name {
            lines.append("the KID \(record.keyID) belongs to ContentKey '\(name)'")
        }
        return lines
    }
}
