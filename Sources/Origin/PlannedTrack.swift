import Catalog
import ContentKeys
import ISOBaseMedia
import MediaEncryption
import MediaModel
import Policies

/// A track under a delivery plan, with the keys and numbers that the plan's encryption uses, by crypto period; none only
/// for `none` and for text.
struct PlannedTrack: Sendable {
    let track: OpenedTrack
    let version: OpenedVersion
    let plan: DeliveryPlan
    let keys: [TrackKey]

    /// The key of the first period, which init segments and manifests name; nil for a clear track.
    var key: TrackKey? { keys.first }

    /// The key that a segment is encrypted under; nil where the plan says that it leaves in the clear.
    ///
    /// - Throws: `OriginError` when there is no key for it, so that nothing is clear by accident.
    func key(ofSegment number: Int) throws(OriginError) -> TrackKey? {
        guard plan.encryption != .none, track.record.description.kind.isMedia else { return nil }
        let (start, timescale) = (track.index.segment(number).decodeTime, track.index.description.timescale)
        guard !plan.times.isClear(start: start, timescale: timescale) else { return nil }
        let period = plan.times.period(start: start, timescale: timescale)
        guard keys.indices.contains(period) else {
            throw OriginError(
                .storageFault, "track \(track.record.description.name) has no key for crypto period \(period)")
        }
        return keys[period]
    }

    /// Whether a segment leaves in the clear although its track is protected.
    func isInClearLead(_ number: Int) -> Bool {
        !keys.isEmpty
            && plan.times.isClear(
                start: track.index.segment(number).decodeTime, timescale: track.index.description.timescale)
    }

    /// What encrypts the samples of a segment; nil where they are clear, and where whole segments are encrypted.
    ///
    /// - Throws: as `protection(under:)`.
    func sampleProtection(ofSegment number: Int) throws(OriginError) -> ProtectionParameters? {
        guard plan.encryption != .envelope, let key = try key(ofSegment: number) else { return nil }
        return try protection(under: key)
    }

    /// The plan of a segment as CMAF.
    ///
    /// - Parameter contentKey: that of the segment; without it the plan is good for sizes only.
    func fragmentPlan(ofSegment number: Int, key contentKey: ContentKey?) throws -> FragmentPlan {
        let protection = try sampleProtection(ofSegment: number)
        var group: SampleProtection?
        if let protection, protection.keyID != key?.keyID {
            let kind = track.index.description.kind
            group =
                try contentKey.map { try protection.sampleProtection(of: kind, key: $0) }
                ?? protection.sampleProtectionWithoutIV(of: kind)
        }
        // Under the envelope the track's samples are clear, and its init segment says so.
        let isClearLead = plan.encryption != .envelope && isInClearLead(number)
        return try FragmentPlan(
            track.index, segment: number, protection: protection, entry: isClearLead ? .clear : .usual,
            group: group)
    }

    /// What the init segment says of samples; nil for a clear track, and where whole segments are encrypted.
    ///
    /// - Throws: as `protection(under:)`.
    var sampleProtection: ProtectionParameters? {
        get throws(OriginError) {
            guard plan.encryption != .envelope, let key else { return nil }
            return try protection(under: key)
        }
    }

    /// What the samples under a key need.
    ///
    /// - Throws: `OriginError` for an encryption that is not one of samples, so that nothing is clear by accident.
    func protection(under key: TrackKey) throws(OriginError) -> ProtectionParameters {
        switch plan.encryption {
        case .cenc: ProtectionParameters(scheme: .cenc, keyID: key.keyID, number: key.number)
        case .cbcs: ProtectionParameters(scheme: .cbcs, keyID: key.keyID, number: key.number)
        case .none, .envelope, .blocked:
            throw OriginError(.storageFault, "the track has no protection that fits its delivery plan")
        }
    }

    var contentType: String {
        switch track.record.description.kind {
        case .video: "video/mp4"
        case .audio: "audio/mp4"
        case .text: "application/mp4"
        case .image: "image/jpeg"
        }
    }
}
