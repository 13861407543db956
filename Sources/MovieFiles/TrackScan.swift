import MediaModel

/// Where a segment of a track may start, or starts.
struct SegmentStart: Sendable, Hashable {
    /// Number of the sample that a decoder begins with, in decode order from 0.
    var sample: Int
    /// The earliest presentation time from there on, in the track's timescale.
    var time: Int64
}

/// What one pass over the tables of a track shows, its edit list applied.
struct TrackScan: Sendable {
    /// Of the samples that are kept: number of the first, in decode order from 0.
    var firstSample = 0
    var sampleCount = 0
    var byteCount: UInt64 = 0
    /// Presentation times, in the track's timescale.
    var start: Int64 = .max
    var end: Int64 = 0
    /// Video: where segments may start. The first is the start of the track.
    var starts: [SegmentStart] = []
    /// Video: pictures are shown before the key frame that they follow in decode order.
    var hasOpenGroups = false
    /// Samples that the edit list hides at the end and that others need.
    var shownBeyondEnd = 0
    var extents = MediaExtents()

    /// A run of samples from one key frame to the next.
    private struct Group {
        var sample: Int
        var time: Int64
        var earliest: Int64
        /// The latest presentation time of all samples before it.
        var latestBefore: Int64
    }

    private var groups: [Group] = []
    private var latest: Int64 = .min
    private var latestDuration: Int64 = 0
    /// Where the first picture lies that would have to be decoded and not be shown.
    private var hidden: UInt64?

    /// - Throws: when the tables contradict each other, or the edit list asks for what cannot be done without encoding.
    init(_ track: MovieTrack) throws(MovieError) {
        let kept = try Self.keptEnd(track)
        var cursor = SampleCursor(track)
        var number = 0
        while let sample = try cursor.next() {
            defer { number += 1 }
            extents.add(sample)
            guard number < kept else { continue }
            let time = sample.mediaTime + track.timeline.shift
            switch track.kind {
            case .video: try takePicture(sample, number, time, track)
            case .audio, .text, .image: try takeSound(sample, number, time, track)
            }
            if let end = track.timeline.end, time >= end { shownBeyondEnd += 1 }
        }
        guard sampleCount > 0 else {
            throw track.error(.unsupported, "its edit list shows nothing of it")
        }
        if let hidden {
            throw track.error(
                .unsupported,
                "its edit list begins between two key frames: 'keyway asset upload --cut earlier' begins at the one before, "
                    + "'--cut later' at the next, and 'keyway encode' exactly there",
                at: hidden)
        }
        setEnd(track)
        findStarts()
    }

    /// The number behind the last sample that is shown; what the edit list cuts off at the end may begin before it, where
    /// others need it.
    private static func keptEnd(_ track: MovieTrack) throws(MovieError) -> Int {
        guard let end = track.timeline.end else { return .max }
        var cursor = SampleCursor(track)
        var kept = 0
        while let sample = try cursor.next() {
            if sample.mediaTime + track.timeline.shift < end { kept = cursor.count }
        }
        return kept
    }

    private mutating func take(_ sample: MovieSample, at time: Int64) {
        sampleCount += 1
        byteCount += UInt64(sample.size)
        start = min(start, time)
        if time > latest {
            latest = time
            latestDuration = Int64(sample.duration)
        }
    }

    /// Drops what was taken so far: the track starts here.
    private mutating func restart(at number: Int) {
        firstSample = number
        sampleCount = 0
        byteCount = 0
        start = .max
        latest = .min
        shownBeyondEnd = 0
        groups = []
        hidden = nil
    }

    private mutating func takePicture(
        _ sample: MovieSample, _ number: Int, _ time: Int64, _ track: MovieTrack
    ) throws(MovieError) {
        let begin = track.timeline.begin
        // A key frame that is on show when the track begins: nothing before it is needed.
        if sample.isSync, time <= begin { restart(at: number) }
        if sampleCount == 0 {
            guard sample.isSync else {
                throw track.error(.unsupported, "it does not begin with a key frame", at: sample.offset)
            }
        } else if time <= begin, hidden == nil {
            // Not wrong if a key frame follows that is shown there or before.
            hidden = sample.offset
        }
        // Of the first picture only what is left of its time is shown.
        let time = max(time, begin)
        if sample.isSync {
            groups.append(Group(sample: number, time: time, earliest: time, latestBefore: latest))
        } else {
            groups[groups.count - 1].earliest = min(groups[groups.count - 1].earliest, time)
        }
        take(sample, at: time)
    }

    private mutating func takeSound(
        _ sample: MovieSample, _ number: Int, _ time: Int64, _ track: MovieTrack
    ) throws(MovieError) {
        // What begins before the track is left out, as the encoder leaves out its priming.
        let begin = track.timeline.begin
        if time < begin - track.timeline.tolerance {
            restart(at: number + 1)
            return
        }
        guard max(time, begin) > latest else {
            throw track.error(.damaged, "sample \(number + 1) is not later than the one before it", at: sample.offset)
        }
        take(sample, at: max(time, begin))
    }

    private mutating func setEnd(_ track: MovieTrack) {
        // Some writers leave out how long the last sample lasts.
        let usual = sampleCount > 1 ? (latest - start) / Int64(sampleCount - 1) : 1
        end = latest + max(latestDuration > 0 ? latestDuration : usual, 1)
        if let cut = track.timeline.end, cut > latest { end = min(end, cut) }
    }

    /// Segments may start where everything that follows is shown later than everything before.
    private mutating func findStarts() {
        var earliest = Int64.max
        for group in groups.reversed() {
            earliest = min(earliest, group.earliest)
            guard earliest > group.latestBefore else { continue }
            starts.append(SegmentStart(sample: group.sample, time: earliest))
            if earliest < group.time { hasOpenGroups = true }
        }
        starts.reverse()
        groups = []
    }
}

extension MovieTrack {
    /// A refusal that names the track.
    func error(_ code: MovieError.Code, _ reason: String, at offset: UInt64? = nil) -> MovieError {
        var error = MovieError(code, "track \(id): \(reason)", path: table.box.path, at: offset)
        error.file = file
        return error
    }

    /// A time of the track in seconds, for people.
    func seconds(_ time: Int64) -> String {
        let thousandths = Int128(time) * 1000 / Int128(timescale)
        let rest = thousandths % 1000
        return "\(thousandths / 1000).\(String(Int(rest.magnitude) + 1000).dropFirst()) s"
    }
}
