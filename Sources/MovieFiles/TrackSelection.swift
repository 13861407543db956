import MediaModel

/// A track of a file that is meant.
public enum TrackSelection: Sendable, Hashable {
    case firstVideo
    case firstAudio
    /// By `tkhd`'s track id.
    case id(UInt32)

    /// The tracks of a file that are meant, in the order of the file.
    ///
    /// - Throws: `MovieError` when one is not there.
    static func headers(
        _ layout: MovieLayout, _ selection: [TrackSelection]?, in source: any MovieSource
    ) throws(MovieError) -> [MovieTrackHeader] {
        var headers: [MovieTrackHeader] = []
        for box in layout.tracks { headers.append(try MovieTrackHeader(box, in: source)) }
        guard let selection else { return headers }
        var chosen: Set<UInt32> = []
        for track in selection {
            guard let found = headers.first(where: track.means) else {
                throw MovieError(.unsupported, "it has no \(track.words), which the set names")
            }
            chosen.insert(found.id)
        }
        return headers.filter { chosen.contains($0.id) }
    }

    private func means(_ header: MovieTrackHeader) -> Bool {
        switch self {
        case .firstVideo: header.kind == .video
        case .firstAudio: header.kind == .audio
        case .id(let id): header.id == id
        }
    }

    private var words: String {
        switch self {
        case .firstVideo: "video track"
        case .firstAudio: "audio track"
        case .id(let id): "track \(id)"
        }
    }
}
