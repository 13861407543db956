import Catalog
import ContentKeys
public import Foundation
import Policies

/// New keys for new asset versions. Versions that exist keep theirs: their segments are in caches and players.
extension KeyOperations {
    /// Replaces one key wherever it would encrypt the next version of an asset; a key that no asset uses gets a successor
    /// of the same type, policy, label and validity. A name goes over to the new key.
    public func rotate(_ key: String, at now: Date) async throws -> KeyRotationReport {
        try await retrying {
            let record = try await find(key)
            guard record.state != .pendingDeletion, record.type.isDeliverable else {
                throw KeyOperationError(
                    .wrongState, "key \(record.keyID) is of type 'storage' or waits for its deletion: it is not rotated"
                )
            }
            let assets = Set(try await catalog.keyUses(record.keyID).assignments.map(\.asset))
            var places: [KeyAssignment] = []
            for asset in assets.sorted() {
                places += try await nextPlaces(of: asset).filter { $0.keyID == record.keyID }
            }
            if !assets.isEmpty && places.isEmpty {
                throw KeyOperationError(
                    .wrongState,
                    "key \(record.keyID) has a successor, or waits itself for the first version that it encrypts")
            }
            let (report, changes) = try await succession(of: record, at: places, now)
            try await apply(changes)
            return report
        }
    }

    /// Replaces every key of an asset, in one transaction.
    public func rotate(asset: String, at now: Date) async throws -> [KeyRotationReport] {
        try await retrying {
            guard try await catalog.asset(named: asset) != nil else {
                throw KeyOperationError(.missing, "there is no asset '\(asset)'; 'keyway asset list' lists them")
            }
            let places = try await nextPlaces(of: asset)
            guard !places.isEmpty else {
                throw KeyOperationError(
                    .wrongState,
                    "asset '\(asset)' has no keys, or has new ones already that wait for its next version")
            }
            var reports: [KeyRotationReport] = []
            var changes: [CatalogChange] = []
            for keyID in Set(places.map(\.keyID)).sorted(by: { $0.description < $1.description }) {
                let record = try await find(keyID.description)
                let (report, steps) = try await succession(of: record, at: places.filter { $0.keyID == keyID }, now)
                reports.append(report)
                changes += steps
            }
            try await apply(changes)
            return reports
        }
    }

    /// What encrypts the newest version of an asset and would encrypt the next one too, as it must be assigned from
    /// that version on. The newest need not be the one that is served, and may be served again. A place that has a new key for the next version already is left out.
    private func nextPlaces(of asset: String) async throws -> [KeyAssignment] {
        guard let newest = try await catalog.assetVersions(asset: asset).last else { return [] }
        return try await catalog.keyAssignments(asset: asset).inForce(at: .max)
            .filter { $0.sinceVersion <= newest }
            .map {
                var next = $0
                next.sinceVersion = newest + 1
                return next
            }
    }

    private func succession(
        of record: ContentKeyRecord, at places: [KeyAssignment], _ now: Date
    ) async throws -> (KeyRotationReport, [CatalogChange]) {
        var successor = try await successor(of: record, now)
        successor.name = record.name
        successor.authorizationPolicy = record.authorizationPolicy
        successor.label = record.label
        successor.notBefore = record.notBefore
        successor.notAfter = record.notAfter
        var changes = try await storing(record)
        if record.name != nil { changes.append(.changeContentKey(keyID: record.keyID, .setName(nil))) }
        changes += [
            .insertContentKey(successor),
            .changeContentKey(keyID: record.keyID, .setSupersededBy(successor.keyID)),
        ]
        changes += places.map { place in
            var place = place
            place.keyID = successor.keyID
            return .insertAssignment(place)
        }
        changes.append(
            .audit(Self.event(.keyRotated, record, at: now, detail: "by \(successor.keyID)")))
        let report = KeyRotationReport(
            oldKeyId: record.keyID.description, newKeyId: successor.keyID.description,
            places: places.map {
                KeyRotationReport.Place(
                    asset: $0.asset, encryption: $0.encryption.rawValue, label: $0.label.rawValue,
                    sinceVersion: $0.sinceVersion, period: $0.period > 0 ? $0.period : nil)
            })
        return (report, changes)
    }

    /// A derived key is followed by another one of its seed.
    private func successor(of record: ContentKeyRecord, _ now: Date) async throws -> ContentKeyRecord {
        guard let seed = record.seed, let seedRecord = try await catalog.keySeed(named: seed) else {
            return try await material.makeKey(record.type, keyID: .random(), at: now)
        }
        var key = seedRecord.key(try await material.makeKeyID(of: seedRecord.wrapped), isStored: true)
        key.created = now
        key.checksum = try await material.checksum(of: key.wrapped)
        return key
    }

    /// A version that came to be since we looked is no reason to give up: it keeps the old key.
    private func retrying<Result>(_ body: () async throws -> Result) async throws -> Result {
        for _ in 0..<3 {
            do {
                return try await body()
            } catch let error as CatalogError where error.code == .conflict {
                continue
            }
        }
        return try await body()
    }
}
