/// A file of an upload, and which of its tracks are meant.
public struct UploadInput: Sendable, Hashable {
    public var path: String
    /// Nil: all video, audio and text.
    public var tracks: [UploadedTrack]?
    /// What becomes of a film that was cut between key frames; the first of an upload's files that says more than `refuse`
    /// speaks for all.
    public var cut = CutRule.refuse

    /// - Returns: nil when the path has a line break or a tab, which `text` needs.
    public init?(path: String, tracks: [UploadedTrack]? = nil) {
        guard !path.isEmpty, !path.utf8.contains(0x0A), !path.utf8.contains(0x09), tracks?.isEmpty != true else {
            return nil
        }
        self.path = path
        self.tracks = tracks
    }

    /// One argument of the child, and a line of a job's input: the path, behind a tab the tracks, as
    /// `v,a,3;language=en`, and behind another the rule for cuts. What says nothing is left out.
    public var text: String {
        let tracks = (tracks ?? []).map(\.text).joined(separator: ",")
        if cut != .refuse { return "\(path)\t\(tracks)\t\(cut.rawValue)" }
        return tracks.isEmpty ? path : "\(path)\t\(tracks)"
    }

    /// From `text`; nil for anything else.
    public init?(text: String) {
        let parts = text.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 3 else { return nil }
        var tracks: [UploadedTrack]?
        if parts.count > 1, !parts[1].isEmpty || parts.count == 2 {
            var read: [UploadedTrack] = []
            for word in parts[1].split(separator: ",", omittingEmptySubsequences: false) {
                guard let track = UploadedTrack(text: word) else { return nil }
                read.append(track)
            }
            tracks = read
        }
        self.init(path: parts[0], tracks: tracks)
        if parts.count == 3 {
            guard let rule = CutRule(rawValue: parts[2]), rule != .refuse else { return nil }
            cut = rule
        }
    }
}
