import Catalog
import ContentKeys
import MediaEncryption
import MediaModel
import Policies

extension OriginService {
    /// The object that a request names, for somebody who shows nothing, by the same rules as `object(for:viewer:)`, where
    /// everything that it is made of is in memory: nothing is waited for.
    ///
    /// - Returns: nil when `object(for:viewer:)` has to be asked.
    /// - Throws: `OriginError`.
    public func objectAtHand(for request: OriginRequest) throws -> OriginObject? {
        guard let lookup = try knownLocator(request.presentation), !request.isFiltered(lookup) else { return nil }
        switch request {
        case .manifest(_, let format, let encryption, _):
            guard let version = lookup.asset.currentVersion else { return nil }
            return rendered.known(name(request, try Self.plan(format, encryption, lookup), version))
        case .mediaPlaylist(let track), .keyFramePlaylist(let track), .initializationSegment(let track):
            guard lookup.asset.currentVersion == track.version, let plan = try planAtHand(track, lookup) else {
                return nil
            }
            return rendered.known(name(request, plan, track.version))
        case .progressive, .sheet, .thumbnailTrack, .poster, .keyFrame: return nil
        case .smoothFragment(let reference, let time): return try smoothFragmentAtHand(reference, time, lookup)
        case .segment(let track, let decodeTime) where track.container == .muxedTransportStream:
            return try muxedSegmentAtHand(track, decodeTime, lookup)
        // Made of what has to be read first.
        case .segment(let track, _) where track.container.isWebVTT: return nil
        case .segment(let track, let decodeTime):
            guard let planned = try plannedAtHand(track, lookup),
                track.container != .transportStream || planned.track.transportStream.isKnown
            else { return nil }
            let number = try Self.segment(startingAt: decodeTime, planned)
            guard let keyID = try planned.key(ofSegment: number)?.keyID else {
                return try segment(track, number, planned, key: nil)
            }
            guard let key = keys.known(keyID, for: .encryption(planned.plan)) else { return nil }
            // Such a segment's size is found by making it: not on an event loop.
            let isMade = track.container == .transportStream && planned.plan.encryption == .cbcs
            if isMade, try sampleStreamSizes.known(planned, number) == nil { return nil }
            return try segment(track, number, planned, key: key)
        }
    }

    /// The plan of a track, without asking for its version where one alone is possible.
    private func planAtHand(_ reference: TrackReference, _ lookup: LocatorLookup) throws(OriginError) -> DeliveryPlan? {
        let plans = try Self.plans(reference, lookup)
        guard plans.count > 1 else { return plans.first }
        guard let version = versions.known(lookup.asset, number: reference.version),
            let track = version.track(named: reference.track)
        else { return nil }
        return try Self.plan(reference, of: track.record.description, lookup)
    }

    /// Planning a segment of that many samples takes half a millisecond: event loops have no more time.
    private static let mostSamplesAtHand = 1024

    /// A track with what protects it, from memory; nil when the catalog has to be asked, or planning its segments takes long.
    func plannedAtHand(
        _ reference: TrackReference, _ lookup: LocatorLookup
    ) throws(OriginError) -> PlannedTrack? {
        _ = try Self.plans(reference, lookup)
        guard lookup.asset.currentVersion == reference.version,
            let version = versions.known(lookup.asset, number: reference.version),
            let track = version.track(named: reference.track), track.record.description.kind != .image,
            track.mostSamples <= Self.mostSamplesAtHand
        else { return nil }
        let plan = try Self.plan(reference, of: track.record.description, lookup)
        guard plan.encryption != .none, track.record.description.kind.isMedia else {
            return PlannedTrack(track: track, version: version, plan: plan, keys: [])
        }
        return trackKeys.known(of: track, in: version, plan).map {
            PlannedTrack(track: track, version: version, plan: plan, keys: $0)
        }
    }
}
