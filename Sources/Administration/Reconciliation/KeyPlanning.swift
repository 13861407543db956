import Catalog
import ContentKeys

/// Plans for content keys: made when they are absent, given another policy when it differs, never anything else.
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
        guard contradictions.isEmpty, record.authorizationPolicy != key.authorizationPolicy else {
            plan.changes.append(PlannedChange(.unchanged, .contentKey, key.name))
            return []
        }
        let (old, new) = (record.authorizationPolicy ?? "nothing", key.authorizationPolicy ?? "nothing")
        plan.changes.append(
            PlannedChange(.update, .contentKey, key.name, differences: ["authorizationPolicy: \(old) → \(new)"]))
        return [.change(.setAuthorizationPolicy(keyID: record.keyID, policy: key.authorizationPolicy))]
    }

    /// What of a key cannot change. A key without a name (one that a publication made) may be named by its KID, to give
    /// it another policy.
    private func contradictions(of key: ContentKeyDeclaration, with record: ContentKeyRecord) -> [String] {
        var lines: [String] = []
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
