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

    /// About as many keys as the ticket of a key URI can name, which has to fit into an address.
    private static let mostInTicket = 160

    /// Policies whose players get no tickets, since there are too many keys for one.
    func beyondTickets(_ policies: [DeliveryPolicy]) -> [String] {
        policies.compactMap { policy in
            let count = tracks.keys.count { $0.encryption == policy.encryption }
            guard policy.encryption == .envelope, policy.ticketRule != .off, count > Self.mostInTicket else {
                return nil
            }
            return "delivery policy '\(policy.name)' needs \(count) keys, and the ticket of a key URI holds about "
                + "\(Self.mostInTicket): players that cannot send a token with each request for a key get none; make "
                + "'cryptoPeriod' longer for them"
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
