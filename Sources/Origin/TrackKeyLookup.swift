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
        var version: Int
        var keyID: KeyID
    }

    private let catalog: any CatalogEngine
    private let numbers = BoundedCache<Binding, [String: IVNumber]>(maximumCount: 1024)
    private let assignments: WatchedMemory<String, [KeyAssignment]>

    init(catalog: any CatalogEngine, watch: CatalogWatch) {
        self.catalog = catalog
        assignments = WatchedMemory(watch: watch, capacity: 10_000) { notice in
            notice.subject == .asset ? .one(notice.id) : .nothing
        }
    }

    /// The key of a track under a plan that encrypts.
    ///
    /// - Throws: `OriginError` when publication left the track without a key: it is then not served at all.
    func key(of track: TrackDescription, asset: String, version: Int, plan: DeliveryPlan) async throws -> TrackKey {
        let all = try await assignments.value(of: asset) { try await catalog.keyAssignments(asset: asset) } ?? []
        guard let keyID = Self.keyID(of: track, among: all, version, plan) else {
            throw OriginError(.storageFault, "track \(track.name) has no key under \(plan.encryption.rawValue)")
        }
        let binding = Binding(asset: asset, version: version, keyID: keyID)
        let known = try await numbers.value(binding) { try await read(binding) }
        // What is kept may be older than a publication that gave more tracks their numbers.
        var number = known[track.name]
        if number == nil { number = try await read(binding)[track.name] }
        guard let number else {
            throw OriginError(.storageFault, "track \(track.name) has no IV number under key \(keyID)")
        }
        return TrackKey(keyID: keyID, number: number)
    }

    /// The same from memory; nil when the catalog has to be asked, or publication left the track without a key.
    func known(of track: TrackDescription, asset: String, version: Int, plan: DeliveryPlan) -> TrackKey? {
        guard let all = assignments.known(asset), let keyID = Self.keyID(of: track, among: all, version, plan) else {
            return nil
        }
        return numbers.known(Binding(asset: asset, version: version, keyID: keyID))?[track.name].map {
            TrackKey(keyID: keyID, number: $0)
        }
    }

    private static func keyID(
        of track: TrackDescription, among assignments: [KeyAssignment], _ version: Int, _ plan: DeliveryPlan
    ) -> KeyID? {
        guard let label = KeyLabel.covering(track, among: plan.policy.keyLabels) else { return nil }
        return assignments.inForce(at: version)
            .first { $0.encryption == plan.encryption && $0.label == label }?.keyID
    }

    private func read(_ binding: Binding) async throws -> [String: IVNumber] {
        try await catalog.ivAllocations(keyID: binding.keyID, asset: binding.asset, version: binding.version)
            .filter { $0.period == 0 }
            .reduce(into: [:]) { $0[$1.track] = IVNumber(rawValue: $1.number) }
    }
}
