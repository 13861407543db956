import Catalog
import ContentKeys
import Foundation
import MediaModel
import Policies
import Presentations

/// What a manifest is made for.
struct ManifestRequest: Sendable {
    var presentation: PresentationReference
    var format: StreamingFormat
    var plan: DeliveryPlan
    var viewer: Viewer?
    /// Those of the URL; playlists below it name them, too.
    var filterNames: [String] = []
    /// Those of the URL and of the locator.
    var filters: FilterSelection
}

extension OriginService {
    /// A multivariant playlist or a media presentation description.
    func manifest(_ request: ManifestRequest, _ version: OpenedVersion) async throws -> OriginObject {
        let keyIDs = Self.keyIDs(of: try await planned(version, request.plan, in: request.format.container))
        let ticket = try await ticket(for: keyIDs, version, request.presentation, request.plan, request.viewer)
        let presentation = try await presentation(request, version, ticket: ticket)
        switch request.format.streamingProtocol {
        case .dash:
            let profile: DASHProfile = request.format == .dashCSF ? .commonStreaming : .cmaf
            return try Self.object(
                try presentation.mediaPresentationDescription(profile), "application/dash+xml", version, .short)
        case .hls where request.format == .hlsTransportStreamMuxed:
            return try Self.object(
                try presentation.muxedMultivariantPlaylist(), "application/vnd.apple.mpegurl", version,
                lifetime(keyIDs, request.plan, ticket))
        case .hls, .smooth, .progressive:
            return try Self.object(
                try presentation.multivariantPlaylist(), "application/vnd.apple.mpegurl", version,
                lifetime(keyIDs, request.plan, ticket))
        }
    }

    /// What a manifest of HLS or DASH shows.
    func presentation(
        _ request: ManifestRequest, _ version: OpenedVersion, ticket: String?
    ) async throws -> Presentation {
        var tracks: [PresentedTrack] = []
        let plannedTracks = try await planned(version, request.plan, in: request.format.container)
        let sound =
            request.format == .hlsTransportStreamMuxed ? try Self.muxedSound(of: plannedTracks, request.filters) : nil
        let keyIDs = Self.keyIDs(of: plannedTracks)
        // Sound that lies in the segments of the pictures has no address of its own.
        for planned in plannedTracks where sound == nil || planned.track.record.description.kind != .audio {
            let reference = TrackReference(
                presentation: request.presentation, version: version.record.number, encryption: planned.plan.encryption,
                times: planned.plan.times, container: Self.container(request.format, planned, sound),
                track: planned.track.record.description.name, filters: request.filterNames)
            // A DASH manifest names the segments itself, and so their IVs.
            let namesSegments = request.format.streamingProtocol == .dash
            let protection = try await signal(
                planned, reference, among: keyIDs, ticket: ticket, namesSegments: namesSegments)
            var track = presented(planned, reference, from: .manifest, protection, ticket)
            track.schedule = try await schedule(of: planned, in: reference.container, among: keyIDs, ticket: ticket)
            if request.format.streamingProtocol == .hls { track.keyFrames = try await keyFrames(planned, reference) }
            if reference.container == .muxedTransportStream, let sound {
                track = muxed(track, reference, sound, ticket)
            }
            tracks.append(track)
        }
        tracks += try await presentedTexts(request, version)
        tracks += presentedThumbnails(request, version)
        let presentation = Presentation(
            name: request.presentation.name, tracks: try request.filters.apply(to: tracks))
        guard let quality = request.filters.firstQuality else { return presentation }
        return presentation.beginning(with: quality)
    }

    /// The media playlist of one track.
    func mediaPlaylist(
        _ reference: TrackReference, _ planned: PlannedTrack, _ viewer: Viewer?, _ lookup: LocatorLookup
    ) async throws -> OriginObject {
        let selection = try await filters(reference.filters, lookup)
        var (track, lifetime) = try await presentedForPlaylist(reference, planned, viewer)
        track = try Self.shown(track, selection)
        return try Self.object(
            try track.mediaPlaylist(), "application/vnd.apple.mpegurl", planned.version, lifetime)
    }

    /// The I-frame playlist of one video track.
    func keyFramePlaylist(
        _ reference: TrackReference, _ planned: PlannedTrack, _ viewer: Viewer?, _ lookup: LocatorLookup
    ) async throws -> OriginObject {
        let selection = try await filters(reference.filters, lookup)
        guard planned.track.record.description.kind == .video else {
            throw OriginError(.trackNotFound, "The track has no pictures.")
        }
        var (track, lifetime) = try await presentedForPlaylist(reference, planned, viewer)
        track.keyFrames = try await keyFrames(planned, reference)
        track = try Self.shown(track, selection)
        guard !track.keyFrames.isEmpty else {
            throw OriginError(.trackNotFound, "No segment of the track begins with a key frame.")
        }
        return try Self.object(
            try track.keyFramePlaylist(), "application/vnd.apple.mpegurl", planned.version, lifetime)
    }

    /// A track as its own playlists show it through filters.
    static func shown(_ track: PresentedTrack, _ selection: FilterSelection) throws(OriginError) -> PresentedTrack {
        guard let shown = selection.apply(to: track) else {
            throw OriginError(.trackNotFound, "The filters do not show this track.")
        }
        return shown
    }

    /// One track as its own playlists show it, and how long those may be kept.
    private func presentedForPlaylist(
        _ reference: TrackReference, _ planned: PlannedTrack, _ viewer: Viewer?
    ) async throws -> (PresentedTrack, CacheLifetime) {
        guard planned.plan.streamingProtocol == .hls else {
            throw OriginError(.outputFormatBlocked, "The delivery policies do not allow this protocol.")
        }
        try planned.track.check(reference.container)
        var ticket: String?
        if let viewer, viewer.showsSomething, planned.key != nil {
            // For all keys of the presentation: the same ticket in each of its playlists.
            let keyIDs = Self.keyIDs(
                of: try await self.planned(planned.version, planned.plan, in: reference.container))
            ticket = try await self.ticket(
                for: keyIDs, planned.version, reference.presentation, planned.plan, viewer)
        }
        let keyIDs = Self.keyIDs(of: [planned])
        let protection = try await signal(planned, reference, among: keyIDs, ticket: ticket)
        var track = presented(planned, reference, from: .mediaPlaylist, protection, nil)
        track.schedule = try await schedule(of: planned, in: reference.container, among: keyIDs, ticket: ticket)
        return (track, lifetime(keyIDs, planned.plan, ticket))
    }

    func planned(
        _ version: OpenedVersion, _ plan: DeliveryPlan, in container: SegmentContainer
    ) async throws -> [PlannedTrack] {
        var tracks: [PlannedTrack] = []
        for track in try version.tracks(in: container) { tracks.append(try await planned(track, version, plan)) }
        return tracks
    }

    /// What players of HLS fetch keys with that cannot set headers; nil where nothing was shown or nothing is needed.
    ///
    /// - Throws: `OriginError.viewerRefused` when what was shown opens no key of the presentation.
    func ticket(
        for keyIDs: [KeyID], _ version: OpenedVersion, _ presentation: PresentationReference, _ plan: DeliveryPlan,
        _ viewer: Viewer?
    ) async throws -> String? {
        guard let viewer, viewer.showsSomething, let tickets, hasTickets(keyIDs, plan) else { return nil }
        let outcome: KeyTicketOutcome
        do {
            outcome = try await tickets.ticket(
                for: keyIDs, of: version.record.asset,
                at: KeyTicket.Place(locator: presentation.locator, deliveryPolicy: plan.policy.name), to: viewer,
                isBound: plan.policy.ticketRule == .address)
        } catch KeyUnwrapError.serviceAway(let seconds) {
            throw OriginError(keysAwayFor: seconds)
        }
        switch outcome {
        case .ticket(let text): return text
        case .notNeeded: return nil
        case .denied(let reason): throw ViewerRefused(reason: reason)
        case .limited: throw ViewerRefused(reason: DenialReason(.rateLimited))
        }
    }

    private func hasTickets(_ keyIDs: [KeyID], _ plan: DeliveryPlan) -> Bool {
        tickets != nil && !keyIDs.isEmpty && plan.streamingProtocol == .hls && plan.policy.ticketRule != .off
    }

    /// How long a playlist may be kept, and whether it is another one for who shows a token.
    func lifetime(_ keyIDs: [KeyID], _ plan: DeliveryPlan, _ ticket: String?) -> CacheLifetime {
        ticket != nil ? .session : hasTickets(keyIDs, plan) ? .shortWithoutTicket : .short
    }

    static func object(
        _ text: String, _ contentType: String, _ version: OpenedVersion, _ lifetime: CacheLifetime
    ) throws -> OriginObject {
        let bytes = Array(text.utf8)
        return OriginObject(
            contentType: contentType, size: UInt64(bytes.count), entityTag: try EntityTag.of(bytes),
            lastModified: version.record.created, lifetime: lifetime, body: .bytes(bytes))
    }

    /// Which document addresses are relative to.
    enum Document {
        case manifest
        case mediaPlaylist
    }

    /// Each once, in the order of the tracks.
    static func keyIDs(of tracks: [PlannedTrack]) -> [KeyID] {
        tracks.flatMap { $0.keys.map(\.keyID) }.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    /// A track as manifests show it.
    ///
    /// - Parameter protection: what the document says of the track's protection.
    func presented(
        _ planned: PlannedTrack, _ reference: TrackReference, from document: Document,
        _ protection: Presentations.TrackProtection?, _ ticket: String?
    ) -> PresentedTrack {
        // The track's name stays open, so that representations share one template.
        let folder = document == .manifest ? OriginPath.folder(reference, track: "{track}") : ""
        let query = ticket.map { "?ticket=\($0)" } ?? ""
        var addresses = TrackAddresses(
            playlist: URLTemplate(folder + OriginPath.playlist("media", reference.filters) + query),
            initialization: reference.container == .cmaf ? URLTemplate(folder + "init.mp4") : nil,
            media: URLTemplate(folder + "{time}." + reference.container.fileExtension))
        addresses.keyFramePlaylist = URLTemplate(folder + OriginPath.playlist("iframes", reference.filters) + query)
        if reference.container == .transportStream {
            addresses.keyFrame = URLTemplate(folder + OriginPath.keyFrameFile + "{time}.ts")
        }
        var track = PresentedTrack(
            description: planned.track.record.description, segments: PresentedTrack.segments(of: planned.track.index),
            addresses: addresses, protection: protection)
        track.hasOpenSegments = planned.track.openSegments.areThere
        track.isDefault = true
        return track
    }
}
