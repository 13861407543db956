public import Catalog
import ContentKeys
public import Foundation
import Logging
import MediaEncryption
import MediaModel
public import MediaStorage
public import Policies

/// The use case of the origin: locator → delivery policies → plan → encrypt while sending.
public final class OriginService: Sendable {
    let catalog: any CatalogEngine
    let versions: VersionStore
    let keys: EncryptionKeyCache
    let trackKeys: TrackKeyLookup
    let keyFrames = KeyFrameTables()
    let muxes = MuxedTracksTable()
    let smoothTimings = SmoothTimings()
    let progressiveFiles = ProgressiveFiles()
    let sampleStreamSizes = SampleAESSizes()
    let keyBaseURL: @Sendable () -> String
    let tickets: (any KeyTicketing)?
    private let locators: WatchedMemory<LocatorID, LocatorLookup>
    let rendered: RenderedDocuments
    let watch: CatalogWatch
    let now: @Sendable () -> Date

    /// - Parameters:
    ///   - watch: lets what is read from the catalog be kept; until it runs, each request reads it.
    ///   - keyBaseURL: what players reach the key service by, without a slash at its end.
    ///   - keyLifetime: for how many seconds a key is used before the unwrapper is asked again, while nothing is heard of it.
    ///   - tickets: gives viewers who show a token tickets for key URIs; nil for none.
    ///   - now: the clock; tests set it.
    public init(
        catalog: any CatalogEngine, watch: CatalogWatch, storage: any MediaStorage, unwrapper: any KeyUnwrapper,
        keyLifetime: TimeInterval = 60, keyBaseURL: @escaping @Sendable () -> String,
        tickets: (any KeyTicketing)? = nil, verifiesReads: Bool = false,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.catalog = catalog
        keys = EncryptionKeyCache(
            catalog: catalog, watch: watch, unwrapper: unwrapper, lifetime: keyLifetime, now: now)
        versions = VersionStore(catalog: catalog, storage: storage, keys: keys, verifiesReads: verifiesReads)
        trackKeys = TrackKeyLookup(catalog: catalog, watch: watch)
        locators = Self.locators(watch)
        // After all others: what it keeps is made of what they keep.
        rendered = RenderedDocuments(watch: watch)
        self.watch = watch
        self.keyBaseURL = keyBaseURL
        self.tickets = tickets
        self.now = now
    }

    /// The object that a request names.
    ///
    /// - Parameter viewer: who asks, when a token or a ticket is shown: for playlists, which then carry a ticket.
    /// - Throws: `OriginError`; `CatalogError` when the catalog does not answer.
    public func object(for request: OriginRequest, viewer: Viewer? = nil) async throws -> OriginObject {
        let lookup = try await openLocator(request.presentation)
        switch request {
        case .manifest(_, let format, let encryption, let filters):
            let plan = try Self.plan(format, encryption, lookup)
            guard let number = lookup.asset.currentVersion else {
                throw OriginError(.resourceNotFound, "The asset has no media yet.")
            }
            return try await document(request, plan, lookup, number, viewer) {
                let version = try await versions.version(lookup.asset, number: number)
                let manifest = ManifestRequest(
                    presentation: request.presentation, format: format, plan: plan, viewer: viewer,
                    filterNames: filters, filters: try await self.filters(filters, lookup))
                return format.container == .smooth
                    ? try await smoothManifest(manifest, version) : try await self.manifest(manifest, version)
            }
        case .progressive(_, let tracks):
            return try await progressiveFile(tracks, lookup)
        case .smoothFragment(let reference, let time):
            return try await smoothFragment(reference, time, lookup)
        case .segment(let track, let decodeTime) where track.container == .muxedTransportStream:
            return try await muxedSegment(track, decodeTime, lookup)
        case .mediaPlaylist(let track) where track.container == .muxedTransportStream:
            let mux = try await openMux(track, lookup)
            return try await document(request, mux.video.plan, lookup, track.version, viewer) {
                try await muxedPlaylist(track, mux, viewer, lookup)
            }
        case .mediaPlaylist(let track) where track.container == .jpeg:
            let planned = try await openTrack(track, lookup)
            return try await document(request, planned.plan, lookup, track.version, nil) {
                try await imagePlaylist(track, planned, lookup)
            }
        case .sheet(let track, let number):
            return try sheet(number, try await openTrack(track, lookup))
        case .thumbnailTrack(let presentation, let filters):
            return try await thumbnailTrack(request, presentation, filters, lookup)
        case .poster: return try await poster(lookup)
        case .mediaPlaylist(let track):
            let planned = try await openTrack(track, lookup)
            return try await document(request, planned.plan, lookup, track.version, viewer) {
                try await mediaPlaylist(track, planned, viewer, lookup)
            }
        case .keyFramePlaylist(let track):
            let planned = try await openTrack(track, lookup)
            return try await document(request, planned.plan, lookup, track.version, viewer) {
                try await keyFramePlaylist(track, planned, viewer, lookup)
            }
        case .initializationSegment(let track):
            let planned = try await openTrack(track, lookup)
            return try await document(request, planned.plan, lookup, track.version, nil) {
                try await initializationSegment(track, planned)
            }
        case .segment(let track, let decodeTime) where track.container.isWebVTT:
            return try webVTTSegment(track, decodeTime, try await openTrack(track, lookup))
        case .keyFrame(let track, let decodeTime):
            return try await keyFrame(track, decodeTime, try await openTrack(track, lookup))
        case .segment(let track, let decodeTime):
            return try await segment(track, decodeTime, try await openTrack(track, lookup))
        }
    }

    /// A manifest or playlist: kept for everybody, but rendered for a viewer who shows something, and through filters, whose
    /// changes nobody tells of.
    func document(
        _ request: OriginRequest, _ plan: DeliveryPlan, _ lookup: LocatorLookup, _ version: Int, _ viewer: Viewer?,
        render: () async throws -> OriginObject
    ) async throws -> OriginObject {
        guard viewer?.showsSomething != true, !request.isFiltered(lookup) else { return try await render() }
        return try await rendered.object(name(request, plan, version), asset: lookup.asset.name, render: render)
    }

    func name(_ request: OriginRequest, _ plan: DeliveryPlan, _ version: Int) -> RenderedDocuments.Name {
        RenderedDocuments.Name(request: request, plan: plan, version: version, keyBase: keyBaseURL())
    }

    /// A locator that is open now and belongs to the asset that the URL names. Every other one is answered alike.
    func openLocator(_ presentation: PresentationReference) async throws -> LocatorLookup {
        let known = try await locators.value(of: presentation.locator) {
            try await catalog.locatorLookup(presentation.locator)
        }
        guard let lookup = known else {
            throw OriginError(.resourceNotFound, "There is no such presentation.")
        }
        try check(lookup, presentation)
        return lookup
    }

    /// The same from memory; nil when the catalog has to be asked.
    func knownLocator(_ presentation: PresentationReference) throws(OriginError) -> LocatorLookup? {
        guard let lookup = locators.known(presentation.locator) else { return nil }
        try check(lookup, presentation)
        return lookup
    }

    private func check(_ lookup: LocatorLookup, _ presentation: PresentationReference) throws(OriginError) {
        guard lookup.terms.streams(at: now()) else {
            throw OriginError(.locatorClosed, "There is no such presentation.")
        }
        guard lookup.asset.name == presentation.name else {
            throw OriginError(.resourceNotFound, "There is no such presentation.")
        }
        guard lookup.asset.takedown == nil else { throw OriginError(.takenDown, "The presentation was taken down.") }
    }

    /// Most locators that are kept, at some kilobytes each.
    private static let locatorCapacity = 10_000

    private static func locators(_ watch: CatalogWatch) -> WatchedMemory<LocatorID, LocatorLookup> {
        WatchedMemory(watch: watch, capacity: locatorCapacity) { notice in
            switch notice.subject {
            case .locator: LocatorID(notice.id).map { .one($0) } ?? .nothing
            // Any of the locators may stand under it.
            case .deliveryPolicy, .accessPolicy: .everything
            case .asset: .those { $0.asset.name == notice.id }
            case .contentKey, .authorizationPolicy, .secret, .keySeed, .revocation, .streamingEndpoint, .origin:
                .nothing
            }
        }
    }

    func openTrack(_ reference: TrackReference, _ lookup: LocatorLookup) async throws -> PlannedTrack {
        // What may not leave in any way is refused before anything is said of what there is.
        _ = try Self.plans(reference, lookup)
        // Only the version that is served now: an older one may hold what was taken down.
        guard lookup.asset.currentVersion == reference.version else {
            throw OriginError(.resourceNotFound, "The asset has another version now.")
        }
        let version = try await versions.version(lookup.asset, number: reference.version)
        guard let track = version.track(named: reference.track) else {
            throw OriginError(.trackNotFound, "There is no such track.")
        }
        guard (track.record.description.kind == .image) == (reference.container == .jpeg) else {
            throw OriginError(.trackNotFound, "There is no such track.")
        }
        let plan = try Self.plan(reference, of: track.record.description, lookup)
        return try await planned(track, version, plan)
    }

    /// A track with what protects it; never without protection unless the plan says `none`, or it is text
    /// or still pictures that the plan lets out, or a track that the policy names as one in the clear.
    func planned(_ track: OpenedTrack, _ version: OpenedVersion, _ plan: DeliveryPlan) async throws -> PlannedTrack {
        let plan = plan.plan(for: track.record.description)
        var keys: [TrackKey] = []
        if plan.encryption != .none, track.record.description.kind.isMedia {
            keys = try await trackKeys.keys(of: track, in: version, plan)
        }
        return PlannedTrack(track: track, version: version, plan: plan, keys: keys)
    }
}

extension OriginRequest {
    /// Whether filters choose what is shown.
    func isFiltered(_ lookup: LocatorLookup) -> Bool {
        switch self {
        case .manifest(_, _, _, let filters): !filters.isEmpty || !lookup.terms.locator.filters.isEmpty
        case .mediaPlaylist(let track), .keyFramePlaylist(let track):
            !track.filters.isEmpty || !lookup.terms.locator.filters.isEmpty
        case .thumbnailTrack(_, let filters): !filters.isEmpty || !lookup.terms.locator.filters.isEmpty
        case .initializationSegment, .segment, .keyFrame, .smoothFragment, .progressive, .sheet, .poster: false
        }
    }
}
