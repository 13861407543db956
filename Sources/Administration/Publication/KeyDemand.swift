import Catalog
import MediaModel
import Policies

/// The keys that delivery policies ask for an asset version: for every encryption and label, the tracks under it.
struct KeyDemand {
    /// One key.
    struct Place: Hashable {
        var encryption: DeliveryEncryption
        var label: KeyLabel
    }

    /// The names of the tracks, of every place that has any.
    private(set) var tracks: [Place: Set<String>] = [:]

    /// In a fixed order.
    var places: [Place] {
        tracks.keys.sorted {
            ($0.encryption.rawValue, $0.label.rawValue) < ($1.encryption.rawValue, $1.label.rawValue)
        }
    }

    /// - Throws: `PublicationError` when a policy's labels leave a track without a key.
    init(_ policies: [DeliveryPolicy], version: AssetVersionRecord) throws {
        for policy in policies where policy.encryption.keyType != nil {
            for track in version.tracks.map(\.description) where track.kind != .text {
                guard let label = KeyLabel.covering(track, among: policy.keyLabels) else {
                    throw PublicationError(
                        .trackNotCovered,
                        "delivery policy '\(policy.name)' has no key label for track '\(track.name)' of asset "
                            + "'\(version.asset)'")
                }
                tracks[Place(encryption: policy.encryption, label: label), default: []].insert(track.name)
            }
        }
    }
}
