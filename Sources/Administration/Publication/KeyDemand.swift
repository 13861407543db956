import Catalog
import MediaModel
import Policies

/// The keys that delivery policies ask for an asset version: for every encryption, label and crypto period, the tracks
/// under it.
struct KeyDemand {
    /// One key.
    struct Place: Hashable {
        var encryption: DeliveryEncryption
        var label: KeyLabel
        var period = 0
    }

    /// The names of the tracks, of every place that has any.
    private(set) var tracks: [Place: Set<String>] = [:]

    /// In a fixed order.
    var places: [Place] {
        tracks.keys.sorted {
            ($0.encryption.rawValue, $0.label.rawValue, $0.period)
                < ($1.encryption.rawValue, $1.label.rawValue, $1.period)
        }
    }

    /// - Throws: `PublicationError` when a policy's labels leave a track without a key, or its crypto periods are too many.
    init(_ policies: [DeliveryPolicy], version: AssetVersionRecord) throws {
        for policy in policies where policy.encryption.keyType != nil {
            let periods = try Self.periods(of: version, under: policy)
            for track in version.tracks.map(\.description) where track.kind.isMedia && !policy.leavesClear(track) {
                guard let label = policy.keyLabel(of: track) else {
                    throw PublicationError(
                        .trackNotCovered,
                        "delivery policy '\(policy.name)' has no key label for track '\(track.name)' of asset "
                            + "'\(version.asset)': name one that covers it, as 'auto', or as 'clear' to send it out "
                            + "without encryption")
                }
                for period in periods {
                    let place = Place(encryption: policy.encryption, label: label, period: period)
                    tracks[place, default: []].insert(track.name)
                }
            }
        }
    }

    private static func periods(
        of version: AssetVersionRecord, under policy: DeliveryPolicy
    ) throws(PublicationError) -> Range<Int> {
        let count = version.periodCount(policy.times)
        let most = ProtectionTimes.mostPeriods(under: policy.encryption)
        guard count <= most else {
            throw PublicationError(
                .tooManyPeriods,
                "delivery policy '\(policy.name)' divides asset '\(version.asset)' into \(count) crypto periods, and "
                    + "'\(policy.encryption.rawValue)' has \(most) at most: make 'cryptoPeriod' longer")
        }
        return 0..<count
    }
}
