/// A file of an upload, and which of its tracks are meant.
public struct UploadInput: Sendable, Hashable {
    public var path: String
    /// Nil: all video, audio and text.
    public var tracks: [UploadedTrack]?

    /// - Returns: nil when the path has a line break or a tab, which `text` needs.
    public init?(path: String, tracks: [UploadedTrack]? = nil) {
        guard !path.isEmpty, !path.utf8.contains(0x0A), !path.utf8.contains(0x09), tracks?.isEmpty != true else {
            return nil
        }
        self.path = path
        self.tracks = tracks
    }

    /// One argument of the child, and a line of a job's input: the path, and behind a tab the tracks, as
    /// `v,a,3;language=en`.
    public var text: String {
        guard let tracks else { return path }
        return path + "\t" + tracks.map(\.text).joined(separator: ",")
    }

    /// From `text`; nil for anything else.
    public init?(text: String) {
        let parts = text.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2 else { return nil }
        var tracks: [UploadedTrack]?
        if parts.count == 2 {
            var read: [UploadedTrack] = []
            for word in parts[1].split(separator: ",", omittingEmptySubsequences: false) {
                guard let track = UploadedTrack(text: word) else { return nil }
                read.append(track)
            }
            tracks = read
        }
        self.init(path: parts[0], tracks: tracks)
    }
}
