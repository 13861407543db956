import ISOBaseMedia
import MediaModel

/// How an edit list (ISO/IEC 14496-12, 8.6.5 and 8.6.6) places a track's media on the presentation's timeline: one run
/// of it, perhaps later than the presentation begins. Tracks are stored without edit lists, so this is applied to the
/// samples' times.
struct EditedTimeline: Sendable, Hashable {
    /// Added to media time it gives presentation time, both in the track's timescale.
    var shift: Int64
    /// Presentation time before which nothing is shown; not below zero.
    var begin: Int64
    /// Presentation time from which nothing is shown.
    var end: Int64?
    /// What a time of the edit list may be off by, having been rounded to the movie's timescale.
    var tolerance: Int64

    init(_ header: MovieTrackHeader, movieTimescale: UInt32, isFragmented: Bool) throws(MovieError) {
        let scale = Scale(from: movieTimescale, to: header.timescale)
        tolerance = max(1, (Int64(header.timescale) + Int64(movieTimescale) - 1) / Int64(movieTimescale))
        shift = 0
        begin = 0
        guard let box = header.editList, !header.edits.isEmpty else { return }
        var delay: Int64 = 0
        var edits = header.edits[...]
        while let edit = edits.first, edit.isEmpty {
            delay += try Self.bounded(scale.time(edit.duration), box)
            _ = try Self.bounded(delay, box)
            edits = edits.dropFirst()
        }
        guard let edit = edits.first else {
            throw box.error(.unsupported, "the edit list of track \(header.id) shows nothing of it")
        }
        guard edits.allSatisfy({ $0.isEmpty || $0.rateIsOne }) else {
            throw box.error(.unsupported, "the edit list of track \(header.id) changes its speed")
        }
        guard edit.mediaTime >= 0 else {
            throw box.error(.damaged, "the edit list of track \(header.id) begins before its media")
        }
        shift = delay - (try Self.bounded(edit.mediaTime, box))
        begin = delay
        let duration = try Self.duration(of: edits, header, scale, tolerance, box)
        // In fragmented files the duration is of what 'moov' holds, or zero.
        if edit.duration > 0, !isFragmented {
            end = delay + (try Self.bounded(scale.time(duration), box))
        }
    }

    /// When a sample is on show first; of one that is on show when the track begins, then.
    func time(of sample: MovieSample) -> Int64 { max(sample.mediaTime + shift, begin) }

    /// Of edits that play one run of the media, in the movie's timescale: each goes on where the one before it ends, as some
    /// programs write one for each fragment or chapter. Empty ones behind it only say that nothing follows.
    private static func duration(
        of edits: ArraySlice<EditListBox.Entry>, _ header: MovieTrackHeader, _ scale: Scale, _ tolerance: Int64,
        _ box: BoxPlace
    ) throws(MovieError) -> UInt64 {
        let first = edits.first?.mediaTime ?? 0
        var duration: UInt64 = 0
        var isOver = false
        for edit in edits {
            isOver = isOver || edit.isEmpty
            guard !edit.isEmpty else { continue }
            let place = try bounded(scale.time(duration), box)
            let follows = try bounded(edit.mediaTime, box).distance(to: try bounded(first, box) + place)
            guard !isOver, Int(follows.magnitude) <= tolerance else {
                throw box.error(
                    .unsupported,
                    "the edit list of track \(header.id) plays \(edits.count { !$0.isEmpty }) parts of it that do not "
                        + "follow each other; 'keyway encode' takes such files")
            }
            let (sum, isTooLarge) = duration.addingReportingOverflow(edit.duration)
            guard !isTooLarge else { throw box.error(.damaged, "a time of its edit list is too large") }
            duration = sum
        }
        return duration
    }

    private static func bounded(_ time: Int64?, _ box: BoxPlace) throws(MovieError) -> Int64 {
        guard let time, time.magnitude < UInt64(MovieBounds.time) else {
            throw box.error(.damaged, "a time of its edit list is too large")
        }
        return time
    }
}

/// From one timescale to another, to the nearest unit.
struct Scale: Sendable {
    let from: Int128
    let to: Int128

    init(from: UInt32, to: UInt32) {
        self.from = Int128(max(from, 1))
        self.to = Int128(to)
    }

    /// Nil when it does not fit.
    func time(_ value: some BinaryInteger) -> Int64? {
        guard let value = Int128(exactly: value), value.magnitude < 1 << 64 else { return nil }
        let scaled = value * to * 2 + from
        // Rounded down, also below zero.
        let quotient = scaled / (from * 2)
        return Int64(exactly: scaled < 0 && quotient * from * 2 != scaled ? quotient - 1 : quotient)
    }
}
