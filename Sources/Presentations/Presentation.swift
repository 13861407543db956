import MediaModel

/// What is played: the tracks of one asset version with their protection and addresses. Manifests are made from this
/// value alone; which tracks it holds and where they lie is the caller's choice.
public struct Presentation: Sendable {
    /// A name for people; any text, escaped where it is written.
    public var name: String
    /// In the order in which manifests name them; players begin with the first where nothing else decides.
    public var tracks: [PresentedTrack]

    /// Manifests check the tracks when they are made.
    public init(name: String, tracks: [PresentedTrack]) {
        self.name = name
        self.tracks = tracks
    }

    func tracks(_ kind: TrackKind) -> [PresentedTrack] {
        tracks.filter { $0.description.kind == kind }
    }

    /// The first reason why no manifest can be made, if any.
    func check() throws(PresentationError) {
        guard !media.isEmpty else { throw PresentationError("the presentation has no track of pictures or sound") }
        guard Set(tracks.map(\.description.name)).count == tracks.count else {
            throw PresentationError("two tracks have one name")
        }
        for track in tracks { try track.check() }
    }

    /// Pictures and sound: where text and thumbnails begin and end says nothing of the presentation.
    private var media: [PresentedTrack] { tracks.filter(\.description.kind.isMedia) }

    /// When the first segment of all tracks begins, in microseconds: zero, unless a part of the presentation is shown.
    var start: UInt64 {
        media.compactMap { track in track.segments.first.map { track.microseconds($0.start) } }.min() ?? 0
    }

    /// From the start to the end of the longest track, in microseconds.
    var duration: UInt64 { (media.map(\.duration).max() ?? 0) - start }

    /// The longest segment of pictures or sound, in microseconds.
    var longestMediaSegment: UInt64 { media.map(\.longestSegment).max() ?? 0 }

    /// The longest segment of all tracks, in microseconds.
    var longestSegment: UInt64 { tracks.map(\.longestSegment).max() ?? 0 }
}

/// Why no manifest can be made of a presentation.
public struct PresentationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// For the operator.
    public let reason: String

    /// One line for the operator.
    public var description: String { "presentation: \(reason)" }

    init(_ reason: String) {
        self.reason = reason
    }
}
