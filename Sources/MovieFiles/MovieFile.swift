import ISOBaseMedia
import MediaModel

/// An MP4 file, opened: its tracks, with their tables left in the file. Progressive (ISO/IEC 14496-12, 8.5 to 8.7),
/// fragmented (8.8), or both; `moov` anywhere, any number of `mdat`.
public struct MovieFile: Sendable {
    /// As refusals and warnings call it.
    public let name: String
    /// Video and audio, in the order of the file.
    public internal(set) var tracks: [MovieTrack]
    /// Text of kinds that are known, in the order of the file.
    public let texts: [MovieText]
    /// What is none of these, for people: `track 3 ('text')`.
    public let leftOut: [String]
    /// Where the file is not as the list of its set says, for people.
    public let notes: [String]

    /// - Parameter chosen: the tracks that are meant; nil for all video, audio and text.
    /// - Throws: `MovieError`, with the name, when the structure of the file contradicts itself, a video or audio track that
    ///   is meant is of a kind that is not served or is not there, or there is none. Text that is listed may be missing.
    public init(
        reading source: any MovieSource, name: String, chosen: [ChosenTrack]? = nil
    ) throws(MovieError) {
        self.name = name
        do throws(MovieError) {
            let layout = try MovieLayout(of: source)
            var tracks: [MovieTrack] = []
            var texts: [MovieText] = []
            var leftOut: [String] = []
            let meant = try MeantTracks(layout, chosen, in: source)
            var notes = meant.notes
            for header in meant.headers {
                guard let kind = header.kind else {
                    leftOut.append("track \(header.id) ('\(header.handler)')")
                    continue
                }
                if kind == .text, let obstacle = try TextObstacle(header, layout, in: source) {
                    switch obstacle {
                    case .form where chosen == nil: leftOut.append("track \(header.id) ('\(header.handler)')")
                    default: notes.append("track \(header.id) \(obstacle): left out")
                    }
                    continue
                }
                guard !tracks.contains(where: { $0.header.id == header.id }) else {
                    throw header.box.error(.damaged, "two tracks have the id \(header.id)")
                }
                let track = try MovieTrack(header, kind, layout, source, file: name)
                if kind == .text { texts.append(MovieText(track: track)) } else { tracks.append(track) }
            }
            // Of a file that is listed for its text only, that may be all there is, or less.
            let isForText = chosen?.allSatisfy(\.selection.isText) ?? false
            guard !tracks.isEmpty || !texts.isEmpty || isForText else {
                throw MovieError(.notMovie, "it holds neither video nor audio nor text that is read")
            }
            self.tracks = tracks
            self.texts = texts
            self.leftOut = leftOut
            self.notes = notes
        } catch {
            throw error.named(name)
        }
    }
}

/// Where the parts of a file lie.
struct MovieLayout: Sendable {
    /// `trak` boxes.
    let tracks: [BoxPlace]
    /// Units per second of edit lists.
    let timescale: UInt32
    /// Defaults of fragments by track id; nil when the movie has no `mvex`.
    let extensions: [UInt32: TrackExtendsBox]?
    /// Runs of samples by track id, in the order of the file.
    let runs: [UInt32: [TrackRun]]
    /// What `mdat` boxes hold, ascending.
    let media: [Range<UInt64>]

    /// Most boxes at the top of a file.
    private static let maximumBoxes = 1 << 20

    init(of source: any MovieSource) throws(MovieError) {
        guard source.size > 0 else { throw MovieError(.notMovie, "it is empty") }
        var walk = BoxWalk(source: source, range: 0..<source.size)
        var movie: BoxPlace?
        var fragments: [BoxPlace] = []
        var media: [Range<UInt64>] = []
        var count = 0
        while let box = try Self.next(&walk, isFirst: count == 0) {
            count += 1
            guard count <= Self.maximumBoxes else { throw box.error(.limitExceeded, "it has too many boxes") }
            switch box.type {
            case "moov":
                guard movie == nil else { throw box.error(.damaged, "a second 'moov'") }
                movie = box
            case "moof": fragments.append(box)
            case "mdat": media.append(box.payload)
            default: break
            }
        }
        guard let movie else {
            throw MovieError(count > 0 && !media.isEmpty ? .truncated : .notMovie, "it has no 'moov' box")
        }
        let children = try movie.children(in: source)
        let header = try children.only("mvhd", in: movie).read(MovieHeaderBox.self, from: source)
        guard header.timescale > 0 else { throw movie.error(.damaged, "its timescale is zero") }
        timescale = header.timescale
        tracks = children.filter { $0.type == "trak" }
        guard tracks.count <= MovieBounds.tracks else {
            throw movie.error(.limitExceeded, "it has \(tracks.count) tracks")
        }
        extensions = try Self.extensions(children, source)
        self.media = media
        var reader = FragmentReader(source: source, extensions: extensions ?? [:])
        for fragment in fragments { try reader.read(fragment) }
        runs = reader.runs
    }

    /// The first box decides whether this is a file of boxes at all.
    private static func next(_ walk: inout BoxWalk, isFirst: Bool) throws(MovieError) -> BoxPlace? {
        do throws(MovieError) {
            let box = try walk.next()
            if isFirst, let box, !firstTypes.contains(box.type) {
                throw MovieError(.notMovie, "it does not begin as an MP4 file does")
            }
            return box
        } catch {
            guard isFirst else { throw error }
            throw MovieError(.notMovie, "it does not begin as an MP4 file does", at: 0)
        }
    }

    private static let firstTypes: Set<FourCC> = [
        "ftyp", "styp", "moov", "mdat", "free", "skip", "wide", "pnot", "uuid", "sidx", "moof",
    ]

    private static func extensions(
        _ children: [BoxPlace], _ source: any MovieSource
    ) throws(MovieError) -> [UInt32: TrackExtendsBox]? {
        guard let box = children.first("mvex") else { return nil }
        var extensions: [UInt32: TrackExtendsBox] = [:]
        for child in try box.children(in: source) where child.type == "trex" {
            let defaults = try child.read(TrackExtendsBox.self, from: source)
            guard extensions.updateValue(defaults, forKey: defaults.trackID) == nil else {
                throw child.error(.damaged, "a second 'trex' for track \(defaults.trackID)")
            }
        }
        return extensions
    }
}
