import Catalog
import ContentKeys
import MediaEncryption
import MediaModel
import Policies

/// Which key and which IV number protect a track, as publication recorded them.
struct TrackKey: Sendable, Hashable {
    var keyID: KeyID
    var number: IVNumber
}

/// Reads the bindings of keys to tracks. The numbers never change once they are there, so they are kept.
struct TrackKeyLookup: Sendable {
    private struct Binding: Hashable, Sendable {
        var asset: String
        /// An asset that is made again under a deleted one's name has other numbers under the same keys.
        var storageKey: KeyID
        var version: Int
        var keyID: KeyID

        init(_ version: OpenedVersion, _ keyID: KeyID) {
            asset = version.record.asset
            storageKey = version.storageKey
            self.version = version.record.number
            self.keyID = keyID
        }
    }

    private let catalog: any CatalogEngine
    private let numbers = BoundedCache<Binding, [String: IVNumber]>(maximumCount: 8192)
    private let assignments: WatchedMemory<String, [KeyAssignment]>

    init(catalog: any CatalogEngine, watch: CatalogWatch) {
        self.catalog = catalog
        assignments = WatchedMemory(watch: watch, capacity: 10_000) { notice in
            notice.subject == .asset ? .one(notice.id) : .nothing
        }
    }

    /// The keys of a track under a plan that encrypts, by crypto period.
    ///
    /// - Throws: `OriginError` when publication left the track without a key: it is then not served at all.
    func keys(
        of track: OpenedTrack, in version: OpenedVersion, _ plan: DeliveryPlan
    ) async throws -> [TrackKey] {
        let asset = version.record.asset
        let all = try await assignments.value(of: asset) { try await catalog.keyAssignments(asset: asset) } ?? []
        guard let keyIDs = Self.keyIDs(of: track, among: all, version.record, plan) else {
            let name = track.record.description.name
            throw OriginError(.storageFault, "track \(name) lacks a key under \(plan.encryption.rawValue)")
        }
        var keys: [TrackKey] = []
        for keyID in keyIDs {
            let binding = Binding(version, keyID)
            keys.append(try await key(binding, track.record.description))
        }
        return keys
    }

    private func key(_ binding: Binding, _ track: TrackDescription) async throws -> TrackKey {
        let known = try await numbers.value(binding) { try await read(binding) }
        // What is kept may be older than a publication that gave more tracks their numbers.
        var number = known[track.name]
        if number == nil { number = try await read(binding)[track.name] }
        guard let number else {
            throw OriginError(.storageFault, "track \(track.name) has no IV number under key \(binding.keyID)")
        }
        return TrackKey(keyID: binding.keyID, number: number)
    }

    /// The same from memory; nil when the catalog has to be asked, or publication left the track without a key.
    func known(of track: OpenedTrack, in version: OpenedVersion, _ plan: DeliveryPlan) -> [TrackKey]? {
        guard let all = assignments.known(version.record.asset),
            let keyIDs = Self.keyIDs(of: track, among: all, version.record, plan)
        else { return nil }
        var keys: [TrackKey] = []
        for keyID in keyIDs {
            let binding = Binding(version, keyID)
            guard let number = numbers.known(binding)?[track.record.description.name] else { return nil }
            keys.append(TrackKey(keyID: keyID, number: number))
        }
        return keys
    }

    /// One for each crypto period; nil when one is missing.
    private static func keyIDs(
        of track: OpenedTrack, among assignments: [KeyAssignment], _ version: AssetVersionRecord, _ plan: DeliveryPlan
    ) -> [KeyID]? {
        let description = track.record.description
        guard let label = plan.policy.keyLabel(of: description) else { return nil }
        var held: [Int: KeyID] = [:]
        for assignment in assignments.inForce(at: version.number)
        where assignment.encryption == plan.encryption && assignment.label == label {
            held[assignment.period] = assignment.keyID
        }
        let periods = version.periodCount(plan.times)
        // A policy that came to have more of them than any may is not served.
        guard periods <= ProtectionTimes.mostPeriods(under: plan.encryption) else { return nil }
        let keyIDs = (0..<periods).compactMap { held[$0] }
        return keyIDs.count == periods ? keyIDs : nil
    }

    private func read(_ binding: Binding) async throws -> [String: IVNumber] {
        try await catalog.ivAllocations(keyID: binding.keyID, asset: binding.asset, version: binding.version)
            .filter { $0.period == 0 }
            .reduce(into: [:]) { $0[$1.track] = IVNumber(rawValue: $1.number) }
    }
}
