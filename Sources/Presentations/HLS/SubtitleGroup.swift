import MediaModel

/// The group of subtitles (RFC 8216, 4.3.4.1): all text tracks of a presentation; every variant names it.
struct SubtitleGroup {
    static let id = "text"

    private let tracks: [PresentedTrack]

    /// Nil without any.
    init?(_ tracks: [PresentedTrack]) {
        guard !tracks.isEmpty else { return nil }
        self.tracks = tracks
    }

    /// EXT-X-MEDIA for each track, each with a name of its own. None is on unless the viewer's preferences say so.
    func lines() -> String {
        var names: Set<String> = []
        return tracks.map { track in
            var name = track.shownLabel ?? track.description.language + Self.suffix(track.description.text?.role)
            if !names.insert(name).inserted { name += " (\(track.description.name))" }
            names.insert(name)
            return line(track, name: name)
        }.joined()
    }

    private static func suffix(_ role: TextFormat.Role?) -> String {
        switch role {
        case .caption: " (captions)"
        case .forced: " (forced)"
        case .subtitle, nil: ""
        }
    }

    private func line(_ track: PresentedTrack, name: String) -> String {
        let role = track.description.text?.role
        var media = PlaylistAttributes()
        media.set("TYPE", "SUBTITLES")
        media.set("GROUP-ID", quoted: Self.id)
        media.set("NAME", quoted: name)
        if let language = track.languageTag { media.set("LANGUAGE", quoted: language) }
        media.set("DEFAULT", "NO")
        media.set("AUTOSELECT", "YES")
        media.set("FORCED", role == .forced ? "YES" : "NO")
        if role == .caption {
            media.set(
                "CHARACTERISTICS",
                quoted: "public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound")
        }
        media.set("URI", quoted: track.addresses.playlist.expanded(track: track.description.name))
        return media.line("EXT-X-MEDIA")
    }
}
