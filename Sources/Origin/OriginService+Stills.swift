import Catalog
import Foundation
import MediaModel
import MediaStorage
import Policies
import Presentations

/// Still pictures go out in the clear, and only under a delivery policy that lets them out (`DeliveryPolicy.pictureRule`):
/// they are pictures of the film, and no player decrypts them.
extension OriginService {
    static let thumbnailTrackType = "text/vtt; charset=utf-8"

    /// The tracks of thumbnails of a manifest.
    func presentedThumbnails(_ request: ManifestRequest, _ version: OpenedVersion) -> [PresentedTrack] {
        let protocols: [StreamingProtocol] = [.hls, .dash]
        guard protocols.contains(request.format.streamingProtocol), request.format != .hlsTransportStreamMuxed,
            request.plan.policy.pictureRule.allows(.thumbnails)
        else { return [] }
        return thumbnails(request.presentation, request.plan, request.filterNames, version, from: .manifest)
    }

    private func thumbnails(
        _ presentation: PresentationReference, _ plan: DeliveryPlan, _ filters: [String], _ version: OpenedVersion,
        from document: Document
    ) -> [PresentedTrack] {
        // Sheets that do not lie as the format says cannot be told apart: such a track is none.
        version.tracks.filter { ThumbnailLayout($0.index) != nil }.map { track in
            let reference = Self.reference(presentation, plan, filters, version, track)
            let folder = document == .manifest ? OriginPath.folder(reference, track: "{track}") : ""
            return PresentedTrack(
                description: track.record.description, segments: PresentedTrack.segments(of: track.index),
                addresses: TrackAddresses(
                    playlist: URLTemplate(folder + OriginPath.playlist("media", filters)), initialization: nil,
                    media: URLTemplate(folder + "{number}." + SegmentContainer.jpeg.fileExtension)))
        }
    }

    private static func reference(
        _ presentation: PresentationReference, _ plan: DeliveryPlan, _ filters: [String], _ version: OpenedVersion,
        _ track: OpenedTrack
    ) -> TrackReference {
        TrackReference(
            presentation: presentation, version: version.record.number, encryption: plan.encryption, times: plan.times,
            container: .jpeg, track: track.record.description.name, filters: filters)
    }

    /// Pictures, sound and thumbnails as filters show them, for what needs no more than their times.
    private func timed(
        _ presentation: PresentationReference, _ plan: DeliveryPlan, _ selection: FilterSelection,
        _ version: OpenedVersion, from document: Document
    ) throws -> Presentation {
        let media = version.tracks.filter(\.record.description.kind.isMedia).map { track in
            PresentedTrack(
                description: track.record.description, segments: PresentedTrack.segments(of: track.index),
                addresses: TrackAddresses(playlist: "", initialization: nil, media: "{time}"))
        }
        let images = thumbnails(presentation, plan, [], version, from: document)
        return Presentation(name: presentation.name, tracks: try selection.apply(to: media + images))
    }

    /// The playlist of a track of thumbnails, for HLS.
    func imagePlaylist(
        _ reference: TrackReference, _ planned: PlannedTrack, _ lookup: LocatorLookup
    ) async throws -> OriginObject {
        // Sheets may be there for players of another protocol; their playlist is for those of HLS.
        _ = try Self.picturePlan(.thumbnails, lookup, reference.encryption, reference.times, protocols: [.hls])
        let selection = try await filters(reference.filters, lookup)
        let presentation = try timed(
            reference.presentation, planned.plan, selection, planned.version, from: .mediaPlaylist)
        guard let text = try presentation.imagePlaylist(of: reference.track) else {
            throw OriginError(
                .trackNotFound,
                "What the filters show begins within a sheet of thumbnails: thumbnails.vtt says where they are.")
        }
        return try Self.object(text, "application/vnd.apple.mpegurl", planned.version, .short)
    }

    /// Where each thumbnail is, as WebVTT.
    func thumbnailTrack(
        _ request: OriginRequest, _ presentation: PresentationReference, _ filterNames: [String],
        _ lookup: LocatorLookup
    ) async throws -> OriginObject {
        let plan = try Self.picturePlan(.thumbnails, lookup)
        let version = try await currentVersion(lookup)
        return try await document(request, plan, lookup, version.record.number, nil) {
            let selection = try await filters(filterNames, lookup)
            let shown = try timed(presentation, plan, selection, version, from: .manifest)
            guard let text = try shown.thumbnailTrack() else { throw Self.noStills("thumbnails") }
            return try Self.object(text, Self.thumbnailTrackType, version, .short)
        }
    }

    /// A sheet of thumbnails.
    ///
    /// - Parameter number: from 1.
    func sheet(_ number: Int, _ planned: PlannedTrack) throws -> OriginObject {
        guard ThumbnailLayout(planned.track.index) != nil else { throw Self.noStills("thumbnails") }
        guard (1...planned.track.index.segmentCount).contains(number) else {
            throw OriginError(.timestampNotFound, "There is no such sheet of thumbnails.")
        }
        return try still(number - 1, planned, .immutable)
    }

    /// The picture that stands for the film.
    func poster(_ lookup: LocatorLookup) async throws -> OriginObject {
        let plan = try Self.picturePlan(.poster, lookup)
        let version = try await currentVersion(lookup)
        guard let track = Self.poster(of: version) else { throw Self.noStills("poster") }
        return try still(0, PlannedTrack(track: track, version: version, plan: plan, keys: []), .revisable)
    }

    private static func poster(of version: OpenedVersion) -> OpenedTrack? {
        version.tracks.first { $0.record.description.image?.role == .poster }
    }

    private func currentVersion(_ lookup: LocatorLookup) async throws -> OpenedVersion {
        guard let number = lookup.asset.currentVersion else {
            throw OriginError(.resourceNotFound, "The asset has no media yet.")
        }
        return try await versions.version(lookup.asset, number: number)
    }

    private static func noStills(_ what: String) -> OriginError {
        OriginError(
            .trackNotFound,
            "The asset has no \(what): encode it with a preset that makes some ('keyway encode --help').")
    }

    private func still(
        _ number: Int, _ planned: PlannedTrack, _ lifetime: CacheLifetime
    ) throws -> OriginObject {
        let index = planned.track.index
        let entry = index.segment(number)
        guard entry.sampleCount == 1 else {
            throw OriginError(.storageFault, "a file of track \(index.description.name) is in pieces")
        }
        let sample = index.sample(entry.firstSample)
        let source = StillFile(
            media: planned.track.media, range: sample.offset..<(sample.offset + UInt64(sample.size)))
        try source.check(index.description.name)
        return OriginObject(
            contentType: planned.contentType, size: UInt64(sample.size),
            entityTag: try EntityTag.of(planned, segment: number, "jpeg/\(number)"),
            lastModified: planned.version.record.created, lifetime: lifetime, body: .segment(source))
    }

    /// What a package has of still pictures, besides what its manifests name.
    func stills(
        of request: ManifestRequest, _ lookup: LocatorLookup, _ version: OpenedVersion
    ) throws -> (documents: [OriginRequest], segments: [OriginRequest]) {
        var (documents, segments): ([OriginRequest], [OriginRequest]) = ([], [])
        let presentation = request.presentation
        if let plan = try? Self.picturePlan(.thumbnails, lookup) {
            let shown = try timed(presentation, plan, request.filters, version, from: .manifest)
            // WebVTT names the first of them.
            if let sheets = shown.shownSheets.first, let track = version.track(named: sheets.name) {
                let reference = Self.reference(presentation, plan, [], version, track)
                documents.append(.thumbnailTrack(presentation, filters: request.filterNames))
                segments += sheets.range.map { .sheet(reference, number: $0 + 1) }
            }
        }
        if Self.poster(of: version) != nil, (try? Self.picturePlan(.poster, lookup)) != nil {
            segments.append(.poster(presentation))
        }
        return (documents, segments)
    }
}

/// A JPEG file in the media of a track; any part of it by itself.
struct StillFile: SeekableSource {
    let media: any MediaReader
    let range: Range<UInt64>

    /// What every JPEG file begins with: the start of an image, and the first byte of a marker (ISO/IEC 10918-1, B.1.1.3).
    private static let start: [UInt8] = [0xFF, 0xD8, 0xFF]

    /// Whoever made the track says what it is: what does not begin as a picture does not leave as one.
    func check(_ track: String) throws {
        var found = [UInt8](repeating: 0, count: Self.start.count)
        guard range.count >= found.count else { throw Self.fault(track) }
        try found.withUnsafeMutableBytes { try media.read(into: $0, at: range.lowerBound) }
        guard found == Self.start else { throw Self.fault(track) }
    }

    private static func fault(_ track: String) -> OriginError {
        OriginError(.storageFault, "a file of track \(track) is no JPEG")
    }

    func begin() throws -> any SegmentMaker { try begin(at: 0) }

    func begin(at offset: UInt64) throws -> any SegmentMaker {
        StillMaker(MediaCursor(media, [min(range.lowerBound + offset, range.upperBound)..<range.upperBound]))
    }
}

private final class StillMaker: SegmentMaker {
    private var cursor: MediaCursor

    init(_ cursor: MediaCursor) {
        self.cursor = cursor
    }

    func make(into buffer: UnsafeMutableRawBufferPointer, mayWait: Bool) throws -> Int? {
        try cursor.read(into: buffer, mayWait: mayWait)
    }
}
