import Catalog
import ContentKeys
import Foundation
import Policies

/// The keys of a publication, and what must be written for them.
struct PublicationKeys {
    var assignments: [KeyAssignment] = []
    var changes: [CatalogChange] = []
    var warnings: [String] = []
}

extension Publication {
    /// A key for every place of the demand: the one that the asset has, or a new one.
    func keys(
        for demand: KeyDemand, version: AssetVersionRecord, authorization: AuthorizationPolicy?, at now: Date
    ) async throws -> PublicationKeys {
        let existing = try await catalog.keyAssignments(asset: version.asset)
            .inForce(at: version.number)
        var keys = PublicationKeys()
        for place in demand.places {
            let held = existing.first { $0.is(at: place) }
            let assignment: KeyAssignment
            if let held {
                try await check(held, under: authorization)
                assignment = held
            } else {
                assignment = try await newKey(at: place, of: version.asset, authorization, now, &keys.changes)
            }
            keys.assignments.append(assignment)
            keys.changes.append(Self.allocation(of: assignment, version, demand.tracks[place] ?? []))
        }
        if let authorization { keys.warnings = Self.undeliverable(demand, under: authorization) }
        return keys
    }

    static func allocation(
        of assignment: KeyAssignment, _ version: AssetVersionRecord, _ tracks: Set<String>
    ) -> CatalogChange {
        .allocateIVNumbers(
            keyID: assignment.keyID, asset: version.asset, version: version.number, tracks: tracks.sorted())
    }

    private func newKey(
        at place: KeyDemand.Place, of asset: String, _ authorization: AuthorizationPolicy?, _ now: Date,
        _ changes: inout [CatalogChange]
    ) async throws -> KeyAssignment {
        guard let authorization, let type = place.encryption.keyType else {
            throw PublicationError(
                .authorizationPolicyNotNamed,
                "asset '\(asset)' has no '\(place.encryption.rawValue)' key for '\(place.label.rawValue)' yet, and nobody said who "
                    + "may receive the new one: name its authorization policy, as 'authorizationPolicy' in a transform's publish "
                    + "task and over the admin API, or with --auth POLICY")
        }
        let assignment = KeyAssignment(
            asset: asset, encryption: place.encryption, label: place.label, keyID: .random(), period: place.period)
        var record = try await makeKey(type, assignment.keyID, nil)
        record.authorizationPolicy = authorization.name
        record.label = place.label
        var event = AuditEvent(time: now, action: .keyCreated)
        event.keyID = assignment.keyID
        event.policy = authorization.name
        event.detail = assignment.auditDetail
        changes += [.insertContentKey(record), .insertAssignment(assignment), .audit(event)]
        return assignment
    }

    /// A key that the asset has must be of use, and under the policy that was asked for.
    private func check(_ assignment: KeyAssignment, under authorization: AuthorizationPolicy?) async throws {
        let keyID = assignment.keyID
        guard let key = try await catalog.contentKey(keyID), key.state == .enabled,
            key.type == assignment.encryption.keyType
        else {
            throw PublicationError(
                .keyUnusable,
                "key \(keyID) of asset '\(assignment.asset)' is disabled, gone or of another type")
        }
        guard let authorization, key.authorizationPolicy != authorization.name else { return }
        let present = key.authorizationPolicy.map { "authorization policy '\($0)'" } ?? "no authorization policy"
        throw PublicationError(
            .authorizationPolicyMismatch,
            "key \(keyID) of asset '\(assignment.asset)' (\(assignment.encryption.rawValue), "
                + "\(assignment.label.rawValue)) is under \(present), not '\(authorization.name)': publish without "
                + "--auth to keep it, or apply a ContentKey document with this kid, type '\(key.type.rawValue)' and "
                + "the other policy")
    }

    /// Encryptions whose keys no option of the policy delivers in the way that players of this version ask for them.
    private static func undeliverable(_ demand: KeyDemand, under policy: AuthorizationPolicy) -> [String] {
        let delivered = policy.options.reduce(into: Set<KeyDeliveryType>()) { $0.formUnion($1.delivery) }
        return Set(demand.places.map(\.encryption)).sorted { $0.rawValue < $1.rawValue }.compactMap { encryption in
            let ways: Set<KeyDeliveryType> =
                encryption == .envelope ? [.aes] : [.clearkey, .widevine, .playready, .fairplay]
            guard delivered.isDisjoint(with: ways) else { return nil }
            return "authorization policy '\(policy.name)' delivers no key to players of '\(encryption.rawValue)': "
                + "no option names \(encryption == .envelope ? "aes" : "clearkey")"
        }
    }
}

extension KeyAssignment {
    func `is`(at place: KeyDemand.Place) -> Bool {
        encryption == place.encryption && label == place.label && period == place.period
    }

    /// Where the key is of use, for the audit log.
    var auditDetail: String {
        "asset \(asset), \(encryption.rawValue), \(label.rawValue)" + (period > 0 ? ", period \(period)" : "")
    }
}
