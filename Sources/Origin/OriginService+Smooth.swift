import Catalog
import ContentKeys
import Foundation
import MediaEncryption
import MediaModel
import Policies
import Presentations

/// The timing of versions in Smooth Streaming, kept: finding it goes over all samples of the pictures.
struct SmoothTimings: Sendable {
    private let timings = BoundedCache<[[UInt8]], SmoothTiming>(maximumCount: 256)

    func known(_ version: OpenedVersion) -> SmoothTiming? {
        timings.known(version.tracks.map(\.record.indexDigest))
    }

    func timing(of version: OpenedVersion) async throws -> SmoothTiming {
        await timings.value(version.tracks.map(\.record.indexDigest)) { SmoothTiming(version.tracks.map(\.index)) }
    }
}

/// Smooth Streaming: one client manifest, and fragments that it names by stream, bit rate and time.
extension OriginService {
    /// The client manifest.
    func smoothManifest(_ request: ManifestRequest, _ version: OpenedVersion) async throws -> OriginObject {
        guard request.plan.times == .whole else {
            throw OriginError(
                .formatCannotCarry,
                "Smooth Streaming says for a whole stream whether and under which key it is encrypted: there is no clear "
                    + "lead and no crypto period.")
        }
        let streams = SmoothStreams(version.tracks.map(\.record.description))
        let shown = try await planned(version, request.plan, in: .smooth).filter {
            streams.place(of: $0.track.record.description.name) != nil
        }
        guard shown.allSatisfy({ $0.plan == request.plan }) else {
            throw OriginError(
                .formatCannotCarry,
                "Smooth Streaming says for all tracks at once that they are encrypted, and the delivery policy leaves some in "
                    + "the clear.", choices: StreamingFormat.cmafChoices)
        }
        try Self.check(shown.map(\.track.record.description), against: version)
        let media = shown.map { planned in
            let reference = TrackReference(
                presentation: request.presentation, version: version.record.number, encryption: request.plan.encryption,
                container: .smooth, track: planned.track.record.description.name)
            return presented(planned, reference, from: .manifest, nil, nil)
        }
        let tracks = try request.filters.apply(to: media + (try await presentedTexts(request, version)))
        let options = SmoothOptions(
            timing: try await smoothTimings.timing(of: version),
            folder: OriginPath.smoothFolder(version.record.number, request.plan.encryption),
            hasRepeats: request.format == .smooth, playReadyObject: try await playReadyObject(shown, request.plan))
        let text: String
        do {
            text = try Presentation(name: request.presentation.name, tracks: tracks).smoothManifest(streams, options)
        } catch {
            throw OriginError(.formatCannotCarry, "Smooth Streaming cannot carry the asset: \(error.reason).")
        }
        return try Self.object(text, "application/vnd.ms-sstr+xml", version, .short)
    }

    /// A film without its pictures or without its sound is no film: what would lack all tracks of a kind is refused.
    private static func check(_ shown: [TrackDescription], against version: OpenedVersion) throws(OriginError) {
        for (kind, name, codecs) in [(TrackKind.video, "pictures", "H.264"), (.audio, "sound", "AAC-LC or HE-AAC")] {
            let tracks = version.tracks.map(\.record.description).filter { $0.kind == kind }
            guard let first = tracks.first, !shown.contains(where: { $0.kind == kind }) else { continue }
            throw OriginError(
                .formatCannotCarry,
                "Smooth Streaming has a form for \(name) in \(codecs) here, and the asset's are in "
                    + "\(first.codec.codecString).",
                choices: StreamingFormat.cmafChoices)
        }
        guard !shown.isEmpty else {
            throw OriginError(.formatCannotCarry, "The asset has neither pictures nor sound.")
        }
    }

    /// What players are told of the key: there is one place for it in the manifest, and PlayReady's is the only form.
    private func playReadyObject(_ tracks: [PlannedTrack], _ plan: DeliveryPlan) async throws -> String? {
        let keyIDs = Self.keyIDs(of: tracks)
        guard plan.encryption != .none else { return nil }
        guard keyIDs.count == 1, let planned = tracks.first, let parameters = try planned.sampleProtection else {
            throw OriginError(
                .formatCannotCarry, "The tracks have several keys, and players of Smooth Streaming take one.")
        }
        guard plan.policy.signalling.contains(.playready) else {
            throw OriginError(
                .formatCannotCarry,
                "Smooth Streaming tells players of keys by PlayReady alone, which the delivery policy does not signal.")
        }
        let key = try await keys.key(parameters.keyID, for: .encryption(plan))
        let licences = LicenceURLs(base: keyBaseURL(), keyIDs: keyIDs)
        return try systems(parameters, planned, key: key).descriptors(licences).compactMap(\.playReadyObject).first
    }

    /// A fragment: planned here, made while it is sent.
    func smoothFragment(
        _ reference: SmoothReference, _ time: UInt64, _ lookup: LocatorLookup
    ) async throws -> OriginObject {
        guard lookup.asset.currentVersion == reference.version else {
            throw OriginError(.resourceNotFound, "The asset has another version now.")
        }
        let version = try await versions.version(lookup.asset, number: reference.version)
        let planned = try await openTrack(try Self.track(of: reference, in: version), lookup)
        let timing = try await smoothTimings.timing(of: version)
        let number = try Self.smoothSegment(time, timing, planned)
        if planned.isText { return try smoothTextFragment(number, planned, timing) }
        return try smoothFragment(
            planned, number, timing, key: try await contentKey(of: planned, segment: number))
    }

    /// The same where all that it is made of is in memory; nil where it is not.
    func smoothFragmentAtHand(
        _ reference: SmoothReference, _ time: UInt64, _ lookup: LocatorLookup
    ) throws -> OriginObject? {
        guard lookup.asset.currentVersion == reference.version,
            let version = versions.known(lookup.asset, number: reference.version),
            let timing = smoothTimings.known(version),
            let planned = try plannedAtHand(try Self.track(of: reference, in: version), lookup), !planned.isText
        else { return nil }
        let number = try Self.smoothSegment(time, timing, planned)
        guard let keyID = try planned.key(ofSegment: number)?.keyID else {
            return try smoothFragment(planned, number, timing, key: nil)
        }
        guard let key = keys.known(keyID, for: .encryption(planned.plan)) else { return nil }
        return try smoothFragment(planned, number, timing, key: key)
    }

    private static func smoothSegment(
        _ time: UInt64, _ timing: SmoothTiming, _ planned: PlannedTrack
    ) throws(OriginError) -> Int {
        guard let number = planned.track.index.segmentIndex(startingAtSmoothTime: time, timing) else {
            throw OriginError(.timestampNotFound, "No fragment starts at this time.")
        }
        return number
    }

    /// The track that a quality level is.
    private static func track(
        of reference: SmoothReference, in version: OpenedVersion
    ) throws(OriginError) -> TrackReference {
        let streams = SmoothStreams(version.tracks.map(\.record.description))
        guard let name = streams.track(at: SmoothStreams.Place(stream: reference.stream, bitrate: reference.bitrate))
        else { throw OriginError(.trackNotFound, "There is no such quality level.") }
        return TrackReference(
            presentation: reference.presentation, version: reference.version, encryption: reference.encryption,
            container: .smooth, track: name)
    }

    private func smoothFragment(
        _ planned: PlannedTrack, _ number: Int, _ timing: SmoothTiming, key: ContentKey?
    ) throws -> OriginObject {
        let parameters = try planned.sampleProtection(ofSegment: number)
        let plan = try FragmentPlan(
            planned.track.index, segment: number, protection: parameters, layout: .smooth(timing))
        guard (parameters == nil) == (key == nil) else {
            throw OriginError(.storageFault, "the track has no key that fits its delivery plan")
        }
        return OriginObject(
            contentType: planned.contentType, size: UInt64(plan.size),
            entityTag: try EntityTag.of(planned, segment: number, "smooth/\(timing.delay)/\(number)"),
            lastModified: planned.version.record.created, lifetime: .immutable,
            body: .segment(CMAFSegment(plan: plan, key: key, media: planned.track.media)))
    }
}
