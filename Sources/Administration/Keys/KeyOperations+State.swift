import Catalog
import ContentKeys
public import Foundation
import Policies

/// Keys that are switched off and on, and keys that go.
extension KeyOperations {
    /// In seconds: what `scheduleDeletion` waits when nobody says how long.
    public static let defaultWaitingPeriod = 7 * 86_400
    /// In seconds: nobody waits longer.
    public static let longestWaitingPeriod = 365 * 86_400

    /// Gives a key out again, or to nobody from now on.
    public func setEnabled(_ enabled: Bool, _ key: String, at now: Date) async throws -> KeyReport {
        let record = try await find(key)
        guard record.state != .pendingDeletion else {
            throw KeyOperationError(
                .wrongState, "key \(record.keyID) waits for its deletion: 'keyway key restore' first")
        }
        guard record.isEnabled != enabled else { return KeyReport(record) }
        try await apply(
            try await storing(record) + [
                .changeContentKey(keyID: record.keyID, .setEnabled(enabled)),
                .audit(Self.event(enabled ? .keyEnabled : .keyDisabled, record, at: now, detail: record.name)),
            ])
        return try await report(record.keyID)
    }

    /// Puts a key out of use at once and has it removed after a waiting period, in which it can be restored.
    ///
    /// - Parameter period: in seconds.
    public func scheduleDeletion(
        _ key: String, after period: Int = defaultWaitingPeriod, at now: Date
    ) async throws -> KeyReport {
        let record = try await find(key)
        guard (0...Self.longestWaitingPeriod).contains(period) else {
            throw KeyOperationError(.invalid, "the waiting period is 365 days at most")
        }
        guard record.state != .pendingDeletion else {
            throw KeyOperationError(
                .wrongState,
                "key \(record.keyID) waits for its deletion already; 'keyway key restore' it to choose another time")
        }
        try await requireRemovable(record)
        try await apply([
            .changeContentKey(
                keyID: record.keyID, .setDeletion(now.addingTimeInterval(TimeInterval(period)))),
            .audit(
                Self.event(
                    .keyDeletionScheduled, record, at: now,
                    detail: "\(record.name.map { "\($0), " } ?? "")after \(DurationText.text(period))")),
        ])
        return try await report(record.keyID)
    }

    /// Removes a key for good, without a waiting period.
    public func deleteNow(_ key: String, at now: Date) async throws -> KeyReport {
        let record = try await find(key)
        try await requireRemovable(record)
        var event = Self.event(.keyDeleted, record, at: now, detail: record.name)
        event.reason = "now"
        try await apply([
            .changeContentKey(keyID: record.keyID, .setDeletion(now)),
            .removeContentKey(keyID: record.keyID, dueAt: now), .audit(event),
        ])
        var removed = record
        removed.deletion = now
        return KeyReport(removed)
    }

    /// Takes a key out of its waiting period. It is as it was before, enabled or not.
    public func restore(_ key: String, at now: Date) async throws -> KeyReport {
        let record = try await find(key)
        guard record.state == .pendingDeletion else {
            throw KeyOperationError(.wrongState, "key \(record.keyID) does not wait for its deletion")
        }
        try await apply([
            .changeContentKey(keyID: record.keyID, .setDeletion(nil)),
            .audit(Self.event(.keyRestored, record, at: now, detail: record.name)),
        ])
        return try await report(record.keyID)
    }

    /// Removes the keys whose waiting period is over. Whoever opens the catalog calls this, and a running server from
    /// time to time; two that call at once disturb each other in no way.
    ///
    /// - Returns: how many were removed.
    @discardableResult
    public func removeDue(at now: Date) async throws -> Int {
        var removed = 0
        for keyID in try await catalog.contentKeysDue(at: now, limit: 1000) {
            guard let record = try await catalog.contentKey(keyID) else { continue }
            do {
                try await apply([
                    .removeContentKey(keyID: keyID, dueAt: now),
                    .audit(Self.event(.keyDeleted, record, at: now, detail: record.name)),
                ])
                removed += 1
            } catch let error as CatalogError where error.code == .missing || error.code == .inUse {
                // Another process removed or restored it since we looked, or something has come to need it.
                continue
            }
        }
        return removed
    }

    private func requireRemovable(_ record: ContentKeyRecord) async throws {
        if let seed = record.seed, record.keyID.version == 8 {
            throw KeyOperationError(
                .wrongState,
                "key \(record.keyID) derives from seed '\(seed)', which knows its KID for ever: disable it instead")
        }
        let uses = try await catalog.keyUses(record.keyID)
        if let asset = uses.storageOf {
            throw KeyOperationError(
                .inUse, "the files of asset '\(asset)' are encrypted under key \(record.keyID): delete the asset first")
        }
        guard let first = uses.assignments.first else { return }
        throw KeyOperationError(
            .inUse,
            "asset '\(first.asset)' needs key \(record.keyID) (\(first.encryption.rawValue), \(first.label.rawValue)) "
                + "for its versions from \(first.sinceVersion) on: delete the asset first")
    }
}
