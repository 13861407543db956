public import Catalog
import ContentKeys
import Foundation
import Policies

/// A new version of a published asset leaves through the locators that there are: its tracks need numbers under the
/// asset's keys before the first segment is encrypted.
extension Publication {
    /// What must be applied together with `insertAssetVersion`, after it: keys for labels that no earlier version had a
    /// track for, and for crypto periods that none was long enough for (under the authorization policy of the asset's other keys of the encryption), and numbers for every
    /// track. Empty for an asset that was never published encrypted.
    ///
    /// - Throws: `PublicationError` when a delivery policy's labels leave a track of the new version without a key,
    ///   `CatalogError`, and what the making of a key throws.
    public func allocateNumbersForNewVersion(_ version: AssetVersionRecord) async throws -> [CatalogChange] {
        let assignments = try await catalog.keyAssignments(asset: version.asset).inForce(at: version.number)
        guard !assignments.isEmpty else { return [] }
        let demand = try KeyDemand(await livePolicies(of: version), version: version)
        var changes: [CatalogChange] = []
        for place in demand.places {
            let siblings = assignments.filter { $0.encryption == place.encryption }
            let held = siblings.first { $0.is(at: place) }
            let sameLabel = siblings.first { $0.label == place.label }
            guard let sibling = held ?? sameLabel ?? siblings.first else { continue }
            var assignment = sibling
            if held == nil {
                assignment.label = place.label
                assignment.period = place.period
                assignment.sinceVersion = 1
                assignment.keyID = .random()
                changes += try await key(for: assignment, like: sibling, at: version.created)
            }
            changes.append(Self.allocation(of: assignment, version, demand.tracks[place] ?? []))
        }
        return changes
    }

    /// The delivery policies of the asset's locators that are open or will be.
    private func livePolicies(of version: AssetVersionRecord) async throws -> [DeliveryPolicy] {
        let locators = try await catalog.locators(asset: version.asset).filter {
            !$0.isRevoked && $0.end > version.created
        }
        var policies: [DeliveryPolicy] = []
        for name in Set(locators.flatMap(\.deliveryPolicies)).sorted() {
            if let policy = try await catalog.deliveryPolicy(named: name) { policies.append(policy) }
        }
        return policies
    }

    private func key(
        for assignment: KeyAssignment, like sibling: KeyAssignment, at now: Date
    ) async throws -> [CatalogChange] {
        guard let type = assignment.encryption.keyType else { return [] }
        var record = try await makeKey(type, assignment.keyID, nil)
        record.authorizationPolicy = try await catalog.contentKey(sibling.keyID)?.authorizationPolicy
        record.label = assignment.label
        var event = AuditEvent(time: now, action: .keyCreated)
        event.keyID = assignment.keyID
        event.policy = record.authorizationPolicy
        event.detail = assignment.auditDetail
        return [.insertContentKey(record), .insertAssignment(assignment), .audit(event)]
    }
}
