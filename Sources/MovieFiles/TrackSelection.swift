public import MediaModel

/// A track of a file that is meant.
public enum TrackSelection: Sendable, Hashable {
    case firstVideo
    case firstAudio
    case firstText
    /// By `tkhd`'s track id.
    case id(UInt32)
    /// By the same, meant as text.
    case text(id: UInt32)

    /// Whether it is meant as text, which a set can do without.
    public var isText: Bool {
        switch self {
        case .firstText, .text: true
        case .firstVideo, .firstAudio, .id: false
        }
    }

    func means(_ header: MovieTrackHeader) -> Bool {
        switch self {
        case .firstVideo: header.kind == .video
        case .firstAudio: header.kind == .audio
        case .firstText: header.kind == .text
        case .id(let id): header.id == id
        case .text(let id): header.id == id && header.kind == .text
        }
    }

    var words: String {
        switch self {
        case .firstVideo: "video track"
        case .firstAudio: "audio track"
        case .firstText: "text track"
        case .id(let id): "track \(id)"
        case .text(let id): "text track \(id)"
        }
    }
}

/// What the list of a set says of a track. It counts before what the track's file says.
public struct TrackStatement: Sendable, Hashable {
    /// RFC 5646, or ISO 639-2.
    public var language: String?
    /// A name for people.
    public var label: String?
    /// Where it is sound.
    public var audioRole: AudioRole?
    /// Where it is text.
    public var textRole: TextFormat.Role?

    public init(
        language: String? = nil, label: String? = nil, audioRole: AudioRole? = nil, textRole: TextFormat.Role? = nil
    ) {
        self.language = language
        self.label = label
        self.audioRole = audioRole
        self.textRole = textRole
    }
}

/// A track that the list of a set names, and what it says of it.
public struct ChosenTrack: Sendable, Hashable {
    public var selection: TrackSelection
    public var statement: TrackStatement

    public init(_ selection: TrackSelection, _ statement: TrackStatement = TrackStatement()) {
        self.selection = selection
        self.statement = statement
    }
}

/// The tracks of a file that are meant, with what the list of a set says of them.
struct MeantTracks {
    /// In the order of the file.
    private(set) var headers: [MovieTrackHeader] = []
    /// What an operator should know.
    private(set) var notes: [String] = []

    /// - Parameter chosen: nil for all tracks.
    /// - Throws: `MovieError` when one is not there that is not text.
    init(_ layout: MovieLayout, _ chosen: [ChosenTrack]?, in source: any MovieSource) throws(MovieError) {
        for box in layout.tracks { headers.append(try MovieTrackHeader(box, in: source)) }
        guard let chosen else { return }
        var statements: [Int: TrackStatement] = [:]
        for track in chosen {
            guard let index = headers.firstIndex(where: track.selection.means) else {
                let words = "it has no \(track.selection.words), which the set names"
                guard track.selection.isText else { throw MovieError(.unsupported, words) }
                notes.append("\(words): left out")
                continue
            }
            // A track that is listed twice is what it was first listed as.
            if statements[index] == nil { statements[index] = track.statement }
        }
        var meant: [MovieTrackHeader] = []
        for (index, header) in headers.enumerated() {
            guard let statement = statements[index] else { continue }
            var header = header
            if let note = header.apply(statement) { notes.append(note) }
            meant.append(header)
        }
        headers = meant
    }
}
