import ISOBaseMedia
import MediaModel

/// How an edit list (ISO/IEC 14496-12, 8.6.5 and 8.6.6) places a track's media on the presentation's timeline: one run
/// of it, perhaps later than the presentation begins. Tracks are stored without edit lists, so this is applied to the
/// samples' times.
struct EditedTimeline: Sendable, Hashable {
    /// Added to media time it gives presentation time, both in the track's timescale. What then lies before zero is not
    /// shown.
    var shift: Int64
    /// Presentation time from which nothing is shown.
    var end: Int64?
    /// What a time of the edit list may be off by, having been rounded to the movie's timescale.
    var tolerance: Int64

    init(_ header: MovieTrackHeader, movieTimescale: UInt32, isFragmented: Bool) throws(MovieError) {
        let scale = Scale(from: movieTimescale, to: header.timescale)
        tolerance = max(1, (Int64(header.timescale) + Int64(movieTimescale) - 1) / Int64(movieTimescale))
        shift = 0
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
        // A last edit that is empty only says that nothing follows.
        guard edits.dropFirst().allSatisfy(\.isEmpty) else {
            throw box.error(
                .unsupported,
                "the edit list of track \(header.id) plays \(edits.count { !$0.isEmpty }) parts of it; one is possible")
        }
        guard edit.rateIsOne else {
            throw box.error(.unsupported, "the edit list of track \(header.id) changes its speed")
        }
        guard edit.mediaTime >= 0 else {
            throw box.error(.damaged, "the edit list of track \(header.id) begins before its media")
        }
        shift = delay - (try Self.bounded(edit.mediaTime, box))
        // In fragmented files the duration is of what 'moov' holds, or zero.
        if edit.duration > 0, !isFragmented {
            end = delay + (try Self.bounded(scale.time(edit.duration), box))
        }
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
