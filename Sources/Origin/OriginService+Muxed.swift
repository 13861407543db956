import Catalog
import ContentKeys
import MediaEncryption
import MediaModel
import Policies
import Presentations
import TransportStream

/// What all segments of two tracks in one program share, kept: finding it goes over the whole index of the sound.
struct MuxedTracksTable: Sendable {
    private let tracks = BoundedCache<[[UInt8]], MuxedStreamTracks>(maximumCount: 64)

    func tracks(_ video: OpenedTrack, _ audio: OpenedTrack) async throws -> MuxedStreamTracks {
        try video.check(.muxedTransportStream)
        try audio.check(.muxedTransportStream)
        let (pictures, sound) = (try video.transportStream.get(), try audio.transportStream.get())
        return try await tracks.value([video.record.indexDigest, audio.record.indexDigest]) {
            try MuxedStreamTracks(video: pictures, audio: sound)
        }
    }

    func known(_ video: OpenedTrack, _ audio: OpenedTrack) -> MuxedStreamTracks? {
        tracks.known([video.record.indexDigest, audio.record.indexDigest])
    }
}

/// A track of pictures and the sound that goes into its segments.
struct PlannedMux: Sendable {
    let video: PlannedTrack
    let audio: PlannedTrack
    let tracks: MuxedStreamTracks

    /// For the starting IV of a segment; nil for a clear one.
    func form(ofSegment number: Int) throws(OriginError) -> IVNumber.SegmentForm? {
        guard let key = try video.key(ofSegment: number) else { return nil }
        // The sound may be shorter, and has its numbers all the same.
        guard let sound = audio.keys.first(where: { $0.keyID == key.keyID }) else {
            throw OriginError(.storageFault, "the sound has no number under key \(key.keyID)")
        }
        return .muxed(sound: sound.number)
    }
}

extension OriginService {
    /// The sound that HLS version 3 has in the segments of every track of pictures: the first that MPEG-TS can carry and
    /// filters show. Nil when there is no sound, or nothing else.
    ///
    /// - Throws: `OriginError` when a track of pictures has another key: what is in one segment is under one key.
    static func muxedSound(
        of tracks: [PlannedTrack], _ selection: FilterSelection
    ) throws(OriginError) -> PlannedTrack? {
        let tracks = tracks.filter { selection.shows($0.track.record.description) }
        let videos = tracks.filter { $0.track.record.description.kind == .video }
        let sounds = tracks.filter {
            $0.track.record.description.kind == .audio && (try? $0.track.check(.muxedTransportStream)) != nil
        }
        guard !videos.isEmpty, let sound = sounds.first else { return nil }
        for video in videos { try checkKeys(video, sound) }
        return sound
    }

    private static func checkKeys(_ video: PlannedTrack, _ sound: PlannedTrack) throws(OriginError) {
        guard video.key?.keyID == sound.key?.keyID else {
            let isAlike = (video.key == nil) == (sound.key == nil)
            throw OriginError(
                .formatCannotCarry,
                isAlike
                    ? "Pictures and sound have keys of their own: one segment cannot hold both."
                    : "Of pictures and sound, one leaves in the clear and one does not: one segment cannot hold both.",
                choices: StreamingFormat.choices([.hlsTransportStream]))
        }
    }

    /// What a track of a format lies in: pictures without sound, and sound by itself, are not muxed.
    static func container(
        _ format: StreamingFormat, _ planned: PlannedTrack, _ sound: PlannedTrack?
    ) -> SegmentContainer {
        guard format.container == .muxedTransportStream else { return format.container }
        return sound == nil ? .transportStream : .muxedTransportStream
    }

    /// A track of pictures with its sound, as the multivariant playlist shows it.
    func muxed(
        _ track: PresentedTrack, _ reference: TrackReference, _ sound: PlannedTrack, _ ticket: String?
    ) -> PresentedTrack {
        var (track, reference) = (track, reference)
        reference.sound = sound.track.record.description.name
        track.addresses.playlist = URLTemplate(
            OriginPath.folder(reference) + OriginPath.playlist("media", reference.filters)
                + (ticket.map { "?ticket=\($0)" } ?? ""))
        track.addresses.keyFramePlaylist = nil
        track.addresses.media = URLTemplate(
            OriginPath.folder(reference) + "{time}." + reference.container.fileExtension)
        track.muxedSound = sound.track.record.description
        return track
    }

    /// The media playlist of a track of pictures with sound in its segments.
    func muxedPlaylist(
        _ reference: TrackReference, _ mux: PlannedMux, _ viewer: Viewer?, _ lookup: LocatorLookup
    ) async throws -> OriginObject {
        var ticket: String?
        if let viewer, viewer.showsSomething, mux.video.key != nil {
            let keyIDs = Self.keyIDs(
                of: try await planned(mux.video.version, mux.video.plan, in: .muxedTransportStream))
            ticket = try await self.ticket(
                for: keyIDs, mux.video.version, reference.presentation, mux.video.plan, viewer)
        }
        var protection: Presentations.TrackProtection?
        if let key = mux.video.key {
            protection = .envelope(
                EnvelopeProtection(
                    keyID: key.keyID, keyURL: keyURL(key.keyID, mux.video.plan, ticket),
                    vectors: try await segmentVectors(mux.video) { number throws(OriginError) in
                        try mux.form(ofSegment: number)
                    }))
        }
        let selection = try await filters(reference.filters, lookup)
        var shown = presented(mux.video, reference, from: .mediaPlaylist, protection, nil)
        shown.schedule = try await schedule(
            of: mux.video, in: .muxedTransportStream, among: Self.keyIDs(of: [mux.video]), ticket: ticket)
        let track = try Self.shown(shown, selection)
        return try Self.object(
            try track.mediaPlaylist(), "application/vnd.apple.mpegurl", mux.video.version,
            lifetime(Self.keyIDs(of: [mux.video]), mux.video.plan, ticket))
    }

    /// A segment of pictures and sound: planned here, made while it is sent.
    func muxedSegment(
        _ reference: TrackReference, _ decodeTime: UInt64, _ lookup: LocatorLookup
    ) async throws -> OriginObject {
        let mux = try await openMux(reference, lookup)
        let number = try Self.segment(startingAt: decodeTime, mux.video)
        return try muxedSegment(mux, number, key: try await contentKey(of: mux.video, segment: number))
    }

    /// The same where all that it is made of is in memory; nil where it is not.
    func muxedSegmentAtHand(
        _ reference: TrackReference, _ decodeTime: UInt64, _ lookup: LocatorLookup
    ) throws -> OriginObject? {
        var sound = reference
        sound.track = reference.sound ?? ""
        guard let video = try plannedAtHand(reference, lookup), let audio = try plannedAtHand(sound, lookup),
            let tracks = muxes.known(video.track, audio.track)
        else { return nil }
        let mux = try Self.mux(video, audio, tracks)
        let number = try Self.segment(startingAt: decodeTime, video)
        guard let keyID = try video.key(ofSegment: number)?.keyID else {
            return try muxedSegment(mux, number, key: nil)
        }
        guard let key = keys.known(keyID, for: .encryption(video.plan)) else { return nil }
        return try muxedSegment(mux, number, key: key)
    }

    private func muxedSegment(_ mux: PlannedMux, _ number: Int, key: ContentKey?) throws -> OriginObject {
        let form = try mux.form(ofSegment: number)
        let plan = try MuxedStreamPlan(tracks: mux.tracks, segment: number)
        let clear = MuxedSegment(plan: plan, video: mux.video.track, audio: mux.audio.track)
        let (source, size) = try enveloped(
            clear, size: plan.byteCount, segment: number, form ?? .transportStream, mux.video, key)
        return OriginObject(
            contentType: "video/mp2t", size: UInt64(size),
            entityTag: try EntityTag.of(
                mux.video, segment: number,
                "muxed/\(mux.audio.track.contentDigest)/\(form?.soundNumber ?? 0)/\(number)"),
            lastModified: mux.video.version.record.created, lifetime: .immutable, body: .segment(source))
    }

    func openMux(_ reference: TrackReference, _ lookup: LocatorLookup) async throws -> PlannedMux {
        var sound = reference
        sound.track = reference.sound ?? ""
        let video = try await openTrack(reference, lookup)
        let audio = try await openTrack(sound, lookup)
        try Self.checkKinds(video, audio)
        return try Self.mux(video, audio, try await muxes.tracks(video.track, audio.track))
    }

    private static func mux(
        _ video: PlannedTrack, _ audio: PlannedTrack, _ tracks: MuxedStreamTracks
    ) throws(OriginError) -> PlannedMux {
        try checkKinds(video, audio)
        try checkKeys(video, audio)
        return PlannedMux(video: video, audio: audio, tracks: tracks)
    }

    private static func checkKinds(_ video: PlannedTrack, _ audio: PlannedTrack) throws(OriginError) {
        guard video.track.record.description.kind == .video, audio.track.record.description.kind == .audio else {
            throw OriginError(.trackNotFound, "A muxed segment has a track of pictures and one of sound.")
        }
    }
}

extension IVNumber.SegmentForm {
    fileprivate var soundNumber: UInt32? {
        if case .muxed(let sound) = self { sound.rawValue } else { nil }
    }
}
