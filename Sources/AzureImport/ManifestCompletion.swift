import MediaModel

extension ServerManifest {
    /// Takes over from the client manifest what this one does not say: languages, names and what tracks are for. Where
    /// both say something, this one counts.
    ///
    /// - Returns: where they contradict each other, and what of the client manifest has no counterpart here.
    public mutating func complete(from client: ClientManifest) -> [String] {
        var completion = ManifestCompletion(client, sources.flatMap(\.tracks))
        for file in sources.indices {
            for track in sources[file].tracks.indices {
                completion.complete(&sources[file].tracks[track], of: sources[file].file)
            }
        }
        return client.notes + completion.notes + completion.unused
    }
}

/// Finds the stream of each track. Owned by one call.
private struct ManifestCompletion {
    private let streams: [ClientManifest.Stream]
    private let tracks: [ListedTrack]
    private var used: Set<Int> = []
    private(set) var notes: [String] = []

    init(_ client: ClientManifest, _ tracks: [ListedTrack]) {
        streams = client.streams
        self.tracks = tracks
    }

    mutating func complete(_ track: inout ListedTrack, of file: String) {
        guard let index = stream(of: track) else { return }
        used.insert(index)
        let stream = streams[index]
        if let own = track.language, let other = stream.language, !LanguageTag.agree(own, other) {
            notes.append(
                "\(stream.position): the language of its \(stream.words) is '\(other)', and '\(own)' in the server "
                    + "manifest ('\(file)'), which counts")
        }
        track.language = track.language ?? stream.language
        guard track.kind != .video else { return }
        track.label = track.label ?? TrackName.label(stream.name)
        if let own = track.role, let other = stream.role, own != other {
            notes.append(
                "\(stream.position): Subtype '\(stream.subtype ?? "")' of its \(stream.words) is not what the server "
                    + "manifest says of '\(file)', which counts")
        }
        track.role = track.role ?? stream.role
    }

    /// By name; without one that is there, by a language that only one has; else the one of its kind.
    private func stream(of track: ListedTrack) -> Int? {
        let all = streams.indices.filter { streams[$0].kind == track.kind }
        if let name = track.trackName, let index = all.first(where: { streams[$0].name == name }) { return index }
        if track.kind != .video, let language = track.language {
            let same = all.filter { streams[$0].language.map { LanguageTag.agree($0, language) } ?? false }
            if same.count == 1, tracks.count(where: { isSpoken(track.kind, language, $0) }) == 1 { return same.first }
        }
        let isOnlyOne = track.kind == .video || tracks.count { $0.kind == track.kind } == 1
        return all.count == 1 && isOnlyOne ? all.first : nil
    }

    private func isSpoken(_ kind: ListedTrack.Kind, _ language: String, _ track: ListedTrack) -> Bool {
        track.kind == kind && track.language.map { LanguageTag.agree($0, language) } ?? false
    }

    /// Streams of sound and text that no track was found for. Some are in the client manifest only, as captions of
    /// Expression Encoder can be.
    var unused: [String] {
        streams.indices.filter { streams[$0].kind != .video && !used.contains($0) }.map { index in
            let stream = streams[index]
            return ListedTrack.Role.isForShow(subtype: stream.subtype)
                ? "\(stream.position): no entry of the server manifest is its \(stream.words): passed over"
                : "\(stream.position): its \(stream.words) is data ('\(stream.subtype ?? "")'): passed over"
        }
    }
}
