public import MediaModel

/// One track of the asset that a set of files becomes.
public struct UploadTrack: Sendable {
    /// Bit rates are those of the samples; the peak is not known yet and as the average.
    public internal(set) var description: TrackDescription
    /// The name of the file it comes from.
    public var file: String { source.file }
    /// Of all samples, in bytes.
    public var byteCount: UInt64 { scan.byteCount }
    let source: MovieTrack
    let scan: TrackScan
    let starts: [SegmentStart]

    /// Where it ends, in milliseconds.
    public var end: UInt64 {
        UInt64(clamping: (Int128(scan.end) * 1000 + Int128(description.timescale) - 1) / Int128(description.timescale))
    }

    /// Reads it from its start.
    public func segments() -> SegmentReader { SegmentReader(self) }
}

/// How files become one asset: which tracks, where their segments start, and what an operator should know.
public struct UploadPlan: Sendable {
    /// Video from the largest to the smallest, then audio in the order of the files.
    public private(set) var tracks: [UploadTrack] = []
    public private(set) var warnings: [String] = []

    private typealias Scanned = ScannedTrack

    /// - Throws: `MovieError` when the tables of a file contradict each other, or the renditions do not fit together.
    public init(_ files: [MovieFile]) throws(MovieError) {
        var scanned: [Scanned] = []
        for file in files {
            scanned += try Self.scan(file)
            warnings += file.notes.map { "\(file.name): \($0)" }
            for track in file.leftOut {
                warnings.append("\(file.name): \(track) is neither video nor audio nor text that is read: left out")
            }
        }
        let different = try withoutRepetitions(scanned)
        var videos = different.filter { $0.track.kind == .video }
        videos.sort { ($0.height, $0.averageBitrate) > ($1.height, $1.averageBitrate) }
        let alignment = try SegmentAlignment(videos.map { SegmentAlignment.Rendition(track: $0.track, scan: $0.scan) })
        let starts = try alignment.starts()
        for (video, starts) in zip(videos, starts) {
            note(video, starts)
            try append(video, starts)
        }
        let boundaries = tracks.first.map { Boundaries(following: $0) } ?? Boundaries()
        for sound in different where sound.track.kind == .audio {
            try append(sound, boundaries.starts(of: sound.track, sound.scan))
        }
    }

    private static func scan(_ file: MovieFile) throws(MovieError) -> [Scanned] {
        var scanned: [Scanned] = []
        for track in file.tracks {
            do throws(MovieError) {
                scanned.append(Scanned(track: track, scan: try TrackScan(track)))
            } catch {
                throw error.named(file.name)
            }
        }
        do throws(MovieError) {
            try MediaExtents.check(scanned.map(\.scan.extents), within: file.tracks.first?.media ?? [])
        } catch {
            throw error.named(file.name)
        }
        // They have served.
        for index in scanned.indices { scanned[index].scan.extents = MediaExtents() }
        return scanned
    }

    private mutating func withoutRepetitions(_ scanned: [Scanned]) throws(MovieError) -> [Scanned] {
        var kept: [Scanned] = []
        for candidate in scanned {
            var original: Scanned?
            for other in kept where original == nil {
                if try Self.isSame(candidate, other) { original = other }
            }
            guard let original else {
                kept.append(candidate)
                continue
            }
            warnings.append(
                "\(candidate.track.file): track \(candidate.track.id) (\(candidate.track.kind.rawValue)) is the same as "
                    + "track \(original.track.id) of \(original.track.file): kept once")
        }
        return kept
    }

    /// Whether two tracks have the same samples at the same times, byte by byte.
    private static func isSame(_ one: Scanned, _ other: Scanned) throws(MovieError) -> Bool {
        guard one.track.codec == other.track.codec, one.track.language == other.track.language,
            one.track.timescale == other.track.timescale, one.scan.sampleCount == other.scan.sampleCount,
            one.scan.byteCount == other.scan.byteCount, one.scan.start == other.scan.start,
            one.scan.end == other.scan.end
        else { return false }
        var (left, right) = (KeptSamples(one.track, one.scan), KeptSamples(other.track, other.scan))
        while let a = try left.next(), let b = try right.next() {
            guard a.time == b.time, a.sample.size == b.sample.size, a.sample.isSync == b.sample.isSync,
                try one.track.bytes(of: a.sample) == other.track.bytes(of: b.sample)
            else { return false }
        }
        return true
    }

    private mutating func note(_ video: Scanned, _ starts: [SegmentStart]) {
        let limit = SegmentAlignment.targetDuration * SegmentAlignment.longestInTargets * Int64(video.track.timescale)
        let ends = starts.dropFirst().map(\.time) + [video.scan.end]
        let longest = zip(starts, ends).map { $1 - $0.time }.max() ?? 0
        if longest > limit {
            warnings.append(
                "\(video.track.file): key frames are up to \(video.track.seconds(longest)) apart, and so are segments")
        }
        if video.scan.hasOpenGroups {
            warnings.append(
                "\(video.track.file): groups of pictures are open: after a seek some players show damaged pictures")
        }
        if video.track.header.degrees == nil {
            warnings.append("\(video.track.file): its matrix does more than turn the picture: left out")
        } else if video.rotation != nil {
            warnings.append("\(video.track.file): pictures are turned in MP4 segments only: MPEG-TS cannot say it")
        }
        if video.scan.shownBeyondEnd > 0 {
            warnings.append(
                "\(video.track.file): pictures that its edit list hides at the end are shown, since others need them "
                    + "(\(video.scan.shownBeyondEnd))")
        }
    }

    private mutating func append(_ scanned: Scanned, _ starts: [SegmentStart]) throws(MovieError) {
        var description = scanned.description
        let names = Set(tracks.map(\.description.name))
        var name = description.name
        var number = 2
        while names.contains(name) {
            name = "\(description.name)-\(number)"
            number += 1
        }
        description.name = name
        if let defect = description.defect { throw scanned.track.error(.unsupported, defect) }
        tracks.append(UploadTrack(description: description, source: scanned.track, scan: scanned.scan, starts: starts))
    }
}

extension MovieTrack {
    func bytes(of sample: MovieSample) throws(MovieError) -> [UInt8] {
        try source.read(sample.offset..<(sample.offset + UInt64(sample.size)))
    }
}

/// Goes through the samples that are kept of a track, with their presentation times.
struct KeptSamples {
    private var cursor: SampleCursor
    private let scan: TrackScan
    private let timeline: EditedTimeline

    init(_ track: MovieTrack, _ scan: TrackScan) {
        cursor = SampleCursor(track)
        self.scan = scan
        timeline = track.timeline
    }

    mutating func next() throws(MovieError) -> (number: Int, time: Int64, sample: MovieSample)? {
        while cursor.count < scan.firstSample { _ = try cursor.next() }
        guard cursor.count < scan.firstSample + scan.sampleCount, let sample = try cursor.next() else { return nil }
        return (cursor.count - 1, timeline.time(of: sample), sample)
    }
}
