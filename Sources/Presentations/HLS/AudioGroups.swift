import MediaModel

/// A group of alternate audio renditions (RFC 8216, 4.3.4.1.1): each language under each label once, as far as there is one
/// in one codec and one layout. All groups have the same members, or a player that has chosen one could not change to a
/// language of another: what a group lacks is there as it is elsewhere. Tracks that differ in bit rate only go to different
/// groups.
struct AudioGroup {
    let id: String
    let tracks: [PresentedTrack]

    static func groups(_ tracks: [PresentedTrack]) -> [AudioGroup] {
        var kinds: [Kind] = []
        for track in tracks where !kinds.contains(Kind(track)) { kinds.append(Kind(track)) }
        var sets: [[PresentedTrack]] = []
        for set in kinds.flatMap({ kind in ranked(tracks.filter { Kind($0) == kind }) }) {
            let whole = completed(set, of: tracks)
            let names = Set(whole.map(\.description.name))
            if !sets.contains(where: { Set($0.map(\.description.name)) == names }) { sets.append(whole) }
        }
        return sets.enumerated().map { AudioGroup(id: "audio-\($0.offset)", tracks: $0.element) }
    }

    /// What players choose a group by.
    private struct Kind: Equatable {
        let codecString: String
        let channels: String?

        init(_ track: PresentedTrack) {
            codecString = track.description.codec.codecString
            channels = track.description.audio.map(AudioGroup.channels)
        }
    }

    /// The first of each language and label, then the second of each, and so on.
    private static func ranked(_ tracks: [PresentedTrack]) -> [[PresentedTrack]] {
        var ranks: [[PresentedTrack]] = []
        var seen: [[String?]: Int] = [:]
        for track in tracks {
            let rank = seen[key(of: track), default: 0]
            seen[key(of: track)] = rank + 1
            if rank == ranks.count { ranks.append([]) }
            ranks[rank].append(track)
        }
        return ranks
    }

    /// A group with each language, label and role that there is, in their order; of the same codec where one is.
    private static func completed(_ set: [PresentedTrack], of tracks: [PresentedTrack]) -> [PresentedTrack] {
        var keys: [[String?]] = []
        for track in tracks where !keys.contains(key(of: track)) { keys.append(key(of: track)) }
        let codec = set.first?.description.codec.codecString
        return keys.compactMap { wanted in
            if let own = set.first(where: { key(of: $0) == wanted }) { return own }
            let others = tracks.filter { key(of: $0) == wanted }
            return others.first { $0.description.codec.codecString == codec } ?? others.first
        }
    }

    private static func key(of track: PresentedTrack) -> [String?] {
        [track.description.language, track.label, track.description.audioRole?.rawValue]
    }

    /// Of all members, each once.
    var codecStrings: [String] {
        tracks.map(\.description.codec.codecString).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
    var peakBitrate: Int { tracks.map(\.peakBitrate).max() ?? 0 }
    var averageBitrate: Int { tracks.map(\.averageBitrate).max() ?? 0 }

    /// EXT-X-MEDIA for each track. Names must differ within a group, and be those of the same members of other groups; at
    /// most one is the default.
    func lines() -> String {
        let chosen = tracks.firstIndex(where: \.isDefault) ?? 0
        var names: Set<String> = []
        return tracks.enumerated().map { number, track in
            var name = track.shownLabel ?? track.description.language + Self.suffix(of: track)
            if names.contains(name) { name += " (\(track.description.language))" }
            if !names.insert(name).inserted { name += " (\(number + 1))" }
            names.insert(name)
            return line(track, name: name, isChosen: number == chosen)
        }.joined()
    }

    private func line(_ track: PresentedTrack, name: String, isChosen: Bool) -> String {
        var media = PlaylistAttributes()
        media.set("TYPE", "AUDIO")
        media.set("GROUP-ID", quoted: id)
        media.set("NAME", quoted: name)
        if let language = track.languageTag { media.set("LANGUAGE", quoted: language) }
        media.set("DEFAULT", isChosen ? "YES" : "NO")
        media.set("AUTOSELECT", "YES")
        if track.description.audioRole == .description {
            media.set("CHARACTERISTICS", quoted: "public.accessibility.describes-video")
        }
        if let audio = track.description.audio { media.set("CHANNELS", quoted: Self.channels(audio)) }
        media.set("URI", quoted: track.addresses.playlist.expanded(track: track.description.name))
        return media.line("EXT-X-MEDIA")
    }

    private static func suffix(of track: PresentedTrack) -> String {
        track.description.audioRole.map { " (\($0.rawValue))" } ?? ""
    }

    /// How many channels, or for joint object coding how many objects (rfc8216bis, 4.4.6.1).
    static func channels(_ audio: AudioFormat) -> String {
        audio.objectComplexity.map { "\($0)/JOC" } ?? "\(audio.channelCount)"
    }
}
