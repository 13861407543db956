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
    let keyBaseURL: @Sendable () -> String
    let tickets: (any KeyTicketing)?
    private let now: @Sendable () -> Date

    /// - Parameters:
    ///   - keyBaseURL: what players reach the key service by, without a slash at its end.
    ///   - tickets: gives viewers who show a token tickets for key URIs; nil for none.
    ///   - now: the clock; tests set it.
    public init(
        catalog: any CatalogEngine, storage: any MediaStorage, unwrapper: any KeyUnwrapper,
        keyBaseURL: @escaping @Sendable () -> String, tickets: (any KeyTicketing)? = nil,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.catalog = catalog
        keys = EncryptionKeyCache(catalog: catalog, unwrapper: unwrapper, now: now)
        versions = VersionStore(catalog: catalog, storage: storage, keys: keys)
        trackKeys = TrackKeyLookup(catalog: catalog)
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
            let version = try await versions.version(lookup.asset, number: number)
            let request = ManifestRequest(
                presentation: request.presentation, format: format, plan: plan, viewer: viewer, filterNames: filters,
                filters: try await self.filters(filters, lookup))
            return format.container == .smooth
                ? try await smoothManifest(request, version) : try await manifest(request, version)
        case .smoothFragment(let reference, let time):
            return try await smoothFragment(reference, time, lookup)
        case .mediaPlaylist(let track) where track.container == .muxedTransportStream:
            return try await muxedPlaylist(track, lookup, viewer)
        case .segment(let track, let decodeTime) where track.container == .muxedTransportStream:
            return try await muxedSegment(track, decodeTime, lookup)
        case .mediaPlaylist(let track):
            return try await mediaPlaylist(track, try await openTrack(track, lookup), viewer, lookup)
        case .keyFramePlaylist(let track):
            return try await keyFramePlaylist(track, try await openTrack(track, lookup), viewer, lookup)
        case .initializationSegment(let track):
            return try await initializationSegment(track, try await openTrack(track, lookup))
        case .segment(let track, let decodeTime):
            return try await segment(track, decodeTime, try await openTrack(track, lookup))
        }
    }

    /// A locator that is open now and belongs to the asset that the URL names. Every other one is answered alike.
    private func openLocator(_ presentation: PresentationReference) async throws -> LocatorLookup {
        guard let lookup = try await catalog.locatorLookup(presentation.locator) else {
            throw OriginError(.resourceNotFound, "There is no such presentation.")
        }
        guard lookup.terms.streams(at: now()) else {
            throw OriginError(.locatorClosed, "There is no such presentation.")
        }
        guard lookup.asset.name == presentation.name else {
            throw OriginError(.resourceNotFound, "There is no such presentation.")
        }
        return lookup
    }

    func openTrack(_ reference: TrackReference, _ lookup: LocatorLookup) async throws -> PlannedTrack {
        let plan = try Self.plan(reference, lookup)
        // Only the version that is served now: an older one may hold what was taken down.
        guard lookup.asset.currentVersion == reference.version else {
            throw OriginError(.resourceNotFound, "The asset has another version now.")
        }
        let version = try await versions.version(lookup.asset, number: reference.version)
        guard let track = version.track(named: reference.track) else {
            throw OriginError(.trackNotFound, "There is no such track.")
        }
        return try await planned(track, version, plan)
    }

    /// A track with what protects it; never without protection unless the plan says `none`.
    func planned(_ track: OpenedTrack, _ version: OpenedVersion, _ plan: DeliveryPlan) async throws -> PlannedTrack {
        var key: TrackKey?
        if plan.encryption != .none {
            key = try await trackKeys.key(
                of: track.record.description, asset: version.record.asset, version: version.record.number, plan: plan)
        }
        return PlannedTrack(track: track, version: version, plan: plan, key: key)
    }
}

/// A track under a delivery plan, with the key and number that the plan's encryption uses; nil only for `none`.
struct PlannedTrack: Sendable {
    let track: OpenedTrack
    let version: OpenedVersion
    let plan: DeliveryPlan
    let key: TrackKey?
}
