/// A file of an upload, and which of its tracks are meant.
public struct UploadInput: Sendable, Hashable {
    public enum Track: Sendable, Hashable {
        case firstVideo
        case firstAudio
        /// By `tkhd`'s track id.
        case id(UInt32)
    }

    public var path: String
    /// Nil: all video and audio.
    public var tracks: [Track]?

    /// - Returns: nil when the path has a line break or a tab, which `text` needs.
    public init?(path: String, tracks: [Track]? = nil) {
        guard !path.isEmpty, !path.utf8.contains(0x0A), !path.utf8.contains(0x09), tracks?.isEmpty != true else {
            return nil
        }
        self.path = path
        self.tracks = tracks
    }

    /// One argument of the child, and a line of a job's input: the path, and behind a tab the tracks, as `v,a,3`.
    public var text: String {
        guard let tracks else { return path }
        return path + "\t"
            + tracks.map { track in
                switch track {
                case .firstVideo: "v"
                case .firstAudio: "a"
                case .id(let id): "\(id)"
                }
            }.joined(separator: ",")
    }

    /// From `text`; nil for anything else.
    public init?(text: String) {
        let parts = text.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2 else { return nil }
        var tracks: [Track]?
        if parts.count == 2 {
            var read: [Track] = []
            for word in parts[1].split(separator: ",", omittingEmptySubsequences: false) {
                switch word {
                case "v": read.append(.firstVideo)
                case "a": read.append(.firstAudio)
                default:
                    guard let id = UInt32(word) else { return nil }
                    read.append(.id(id))
                }
            }
            tracks = read
        }
        self.init(path: parts[0], tracks: tracks)
    }
}
