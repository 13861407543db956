import MediaModel

/// Where a film begins whose edit lists begin between two key frames: at one of the two, since decoding begins at a key
/// frame. All of its tracks are moved together, so that sound, text and pictures keep their offsets.
public struct FilmStart: Sendable {
    /// Which of the two.
    public enum KeyFrame: Sendable {
        /// The one before: what was cut off there is shown.
        case earlier
        /// The next: what lies between is lost.
        case later
    }

    /// Added to every presentation time: units of `timescale`.
    private let move: Int64
    private let timescale: UInt32
    /// The video tracks that were cut between two key frames: one of them is shown from where the edit list begins.
    private let cut: Set<String>

    /// What an operator should know; nil when the film begins where its files say.
    public let warning: String?

    /// In milliseconds, to be added to the times of what is not in the files, as subtitles beside them.
    public var milliseconds: Int64 { Scale(from: timescale, to: 1000).time(move) ?? 0 }

    /// - Parameter keyFrame: nil to begin where the files say.
    /// - Throws: `MovieError` when tables contradict each other, or no key frame follows.
    public init(of files: [MovieFile], at keyFrame: KeyFrame?) throws(MovieError) {
        var farthest: (move: Int64, timescale: UInt32) = (0, 1)
        var found: Set<String> = []
        for track in files.flatMap(\.tracks) where track.kind == .video && keyFrame != nil {
            guard let cut = try KeyFramesAroundCut(track) else { continue }
            found.insert(Self.name(of: track))
            let move = try keyFrame == .earlier ? -cut.before : -cut.next(track)
            if Self.isFarther(move, track.timescale, than: farthest) { farthest = (move, track.timescale) }
        }
        (move, timescale) = farthest
        cut = found
        warning = move == 0 ? nil : Self.words(move, timescale)
    }

    /// The file, all of its video and audio moved.
    ///
    /// - Throws: `MovieError` when a time would be too large.
    public func applied(to file: MovieFile) throws(MovieError) -> MovieFile {
        guard move != 0 else { return file }
        var file = file
        for index in file.tracks.indices {
            let isCut = cut.contains(Self.name(of: file.tracks[index]))
            try file.tracks[index].move(by: move, timescale, keepsBeginning: isCut)
        }
        return file
    }

    private static func name(of track: MovieTrack) -> String { "\(track.id) \(track.file)" }

    private static func isFarther(
        _ move: Int64, _ timescale: UInt32, than other: (move: Int64, timescale: UInt32)
    ) -> Bool {
        Int128(move.magnitude) * Int128(other.timescale) > Int128(other.move.magnitude) * Int128(timescale)
    }

    private static func words(_ move: Int64, _ timescale: UInt32) -> String {
        let milliseconds = Int128(move.magnitude) * 1000 / Int128(max(timescale, 1))
        let seconds = "\(milliseconds / 1000).\(String(Int(milliseconds % 1000) + 1000).dropFirst()) s"
        return move > 0
            ? "the film begins \(seconds) before the place where its edit list begins, at a key frame: what is cut off there is shown"
            : "the film begins \(seconds) behind the place where its edit list begins, at a key frame: what lies between is left out"
    }
}

/// The key frames on both sides of the place where a track's edit list begins, in the track's timescale from there.
private struct KeyFramesAroundCut {
    /// Not above zero.
    var before: Int64
    /// Above zero; nil when none follows.
    var after: Int64?

    /// Nil when the list begins at a key frame, or the track does not begin with one, which is refused elsewhere.
    init?(_ track: MovieTrack) throws(MovieError) {
        var key: Int64?
        var isBetween = false
        var cursor = SampleCursor(track)
        while let sample = try cursor.next() {
            let time = sample.mediaTime + track.timeline.shift - track.timeline.begin
            if sample.isSync, time <= 0 {
                key = time
                after = nil
                isBetween = false
            } else if time <= 0 {
                isBetween = true
            } else if sample.isSync {
                after = min(after ?? time, time)
            }
        }
        guard isBetween, let key else { return nil }
        before = key
    }

    func next(_ track: MovieTrack) throws(MovieError) -> Int64 {
        guard let after else {
            throw track.error(
                .unsupported, "its edit list begins behind its last key frame; 'keyway encode' takes such files")
        }
        return after
    }
}

extension MovieTrack {
    /// Presents it so much later, or earlier.
    fileprivate mutating func move(by move: Int64, _ unit: UInt32, keepsBeginning: Bool) throws(MovieError) {
        guard let own = Scale(from: unit, to: timescale).time(move), own.magnitude < UInt64(MovieBounds.time) else {
            throw error(.damaged, "the cut lies too far from the next key frame")
        }
        timeline.shift += own
        timeline.end? += own
        // Moved later, it shows what was cut off; moved earlier, a cut track's next key frame lies where it began.
        if !keepsBeginning { timeline.begin = max(0, timeline.begin + min(own, 0)) }
    }
}
