import MediaModel

/// The sheets of thumbnails that lie under what a presentation shows.
public struct ShownSheets: Sendable {
    let track: PresentedTrack
    let format: ImageFormat
    /// Which sheets, counted from 0.
    public let range: Range<Int>
    /// Where the presentation begins, in microseconds of the film: with a picture, where one begins a moment later.
    let start: UInt64
    /// Where it ends, likewise.
    let end: UInt64
    /// How much of the first sheet lies before the presentation, in microseconds.
    let offset: UInt64

    /// Segments of sound begin and end with its frames, a moment before those of the pictures and after them, in
    /// microseconds. Nobody looks for a place as short as that.
    static let tolerance: UInt64 = 100_000

    /// Nil where there is nothing to list.
    ///
    /// - Parameters:
    ///   - start: of the presentation, in microseconds of the film.
    ///   - end: likewise.
    init?(_ track: PresentedTrack, from start: UInt64, to end: UInt64) {
        guard let format = track.description.image, format.role == .thumbnails, start < end else { return nil }
        let start = Self.nearestPicture(to: start, track, format)
        let shown = track.segments.indices.filter { number in
            let segment = track.segments[number]
            let (from, until) = (
                track.microseconds(segment.start), track.microseconds(segment.start + segment.duration)
            )
            return until > start && until - start > Self.tolerance && end > from && end - from > Self.tolerance
        }
        guard let first = shown.first, let last = shown.last else { return nil }
        self.track = track
        self.format = format
        self.start = start
        self.end = end
        range = first..<(last + 1)
        let begins = track.microseconds(track.segments[first].start)
        offset = start > begins ? start - begins : 0
    }

    /// Of the track of thumbnails.
    public var name: String { track.description.name }

    /// Whether HLS lists them: its image playlists cannot begin within a sheet.
    public var isListed: Bool { offset == 0 }

    /// Where they lie, in order.
    public var addresses: [String] { range.map(track.sheetAddress) }

    /// Where their playlist lies.
    public var playlistAddress: String { track.addresses.playlist.expanded(track: name) }

    private static func nearestPicture(to start: UInt64, _ track: PresentedTrack, _ format: ImageFormat) -> UInt64 {
        let (interval, scale) = (UInt128(max(format.interval, 1)), UInt128(track.description.timescale))
        let number = (UInt128(start) + UInt128(tolerance)) * scale / 1_000_000 / interval
        return max(start, track.microseconds(UInt64(clamping: number * interval)))
    }

    /// From one picture to the next, in microseconds.
    var interval: UInt64 { track.microseconds(UInt64(format.interval)) }

    /// How much of the presentation a sheet covers, in microseconds.
    func shownDuration(_ number: Int) -> UInt64 {
        let segment = track.segments[number]
        let from = max(start, track.microseconds(segment.start))
        let until = min(end, track.microseconds(segment.start + segment.duration))
        return until > from ? until - from : 0
    }
}

extension PresentedTrack {
    /// Where a sheet lies. Numbers in addresses count from 1, as they usually do in DASH.
    func sheetAddress(_ number: Int) -> String {
        addresses.media.expanded(track: description.name, number: number + 1)
    }
}

extension Presentation {
    /// Of each track of thumbnails.
    public var shownSheets: [ShownSheets] {
        let (start, length) = (start, duration)
        return tracks(.image).compactMap { ShownSheets($0, from: start, to: start + length) }
    }

    /// The tracks of thumbnails that HLS lists.
    var listedSheets: [ShownSheets] { shownSheets.filter(\.isListed) }
}
