import MediaModel

extension Presentation {
    /// The multivariant ("master") playlist (RFC 8216, 4.3.4): every video track with every group of audio tracks, or
    /// the audio tracks by themselves.
    ///
    /// - Throws: when there is no track, or one is malformed.
    public func multivariantPlaylist() throws(PresentationError) -> String {
        try check()
        let version = tracks.map(\.playlistVersion).max() ?? 4
        var text = "#EXTM3U\n#EXT-X-VERSION:\(version)\n"
        text += PresentedTrack.independence(of: tracks) + sessionKeys
        let videos = tracks(.video)
        let audios = tracks(.audio)
        let subtitles = SubtitleGroup(tracks(.text))
        text += subtitles?.lines() ?? ""
        guard !videos.isEmpty else {
            return text + audios.map { Self.variant($0, audio: nil, subtitles) }.joined()
        }
        let groups = AudioGroup.groups(audios)
        text += groups.map { $0.lines() }.joined()
        if groups.isEmpty { text += videos.map { Self.variant($0, audio: nil, subtitles) }.joined() }
        for group in groups { text += videos.map { Self.variant($0, audio: group, subtitles) }.joined() }
        return text + videos.map(\.keyFrameVariant).joined() + imageStreams
    }

    /// EXT-X-SESSION-KEY (4.3.4.5): every way to a key that a media playlist names, once, so that players can fetch keys
    /// before they read the first of them.
    private var sessionKeys: String {
        var seen: Set<WayToTheKey> = []
        return tracks.flatMap { $0.protections.flatMap(\.waysToTheKey) }.filter { seen.insert($0).inserted }
            .prefix(Self.mostSessionKeys).map { $0.line("EXT-X-SESSION-KEY", vector: nil) }.joined()
    }

    /// Players fetch all of them before they begin: keys of later periods can wait.
    private static let mostSessionKeys = 64

    /// EXT-X-STREAM-INF (4.3.4.2) and its URL. The rates are those of everything that plays at once.
    private static func variant(
        _ track: PresentedTrack, audio: AudioGroup?, _ subtitles: SubtitleGroup?
    ) -> String {
        var stream = PlaylistAttributes()
        stream.set("BANDWIDTH", "\(max(1, track.peakBitrate + (audio?.peakBitrate ?? 0)))")
        stream.set("AVERAGE-BANDWIDTH", "\(max(1, track.averageBitrate + (audio?.averageBitrate ?? 0)))")
        let codecs = [track.description.codec.codecString] + (audio?.codecStrings ?? [])
        stream.set("CODECS", quoted: codecs.joined(separator: ","))
        stream.setPicture(of: track.description)
        if let video = track.description.video {
            stream.set("RESOLUTION", "\(video.width)x\(video.height)")
            stream.set("FRAME-RATE", frameRate(video))
        }
        if let audio { stream.set("AUDIO", quoted: audio.id) }
        if subtitles != nil { stream.set("SUBTITLES", quoted: SubtitleGroup.id) }
        return stream.line("EXT-X-STREAM-INF")
            + track.addresses.playlist.expanded(track: track.description.name) + "\n"
    }

    /// Rounded to three decimal places, as 4.3.4.2 wants it.
    private static func frameRate(_ video: VideoFormat) -> String {
        let denominator = max(1, video.frameRateDenominator)
        let thousandths = (video.frameRateNumerator * 1000 + denominator / 2) / denominator
        return "\(thousandths / 1000).\(String(1000 + thousandths % 1000).dropFirst())"
    }
}

extension PlaylistAttributes {
    /// What players need to know of pictures before they show any: the same in EXT-X-STREAM-INF and EXT-X-I-FRAME-STREAM-INF,
    /// which has all of its attributes but four (rfc8216bis, 4.4.6.3).
    mutating func setPicture(of track: TrackDescription) {
        if let supplemental = track.codec.supplemental {
            set("SUPPLEMENTAL-CODECS", quoted: "\(supplemental.codecString)/\(supplemental.brand)")
        }
        // Absent, it is SDR for players (rfc8216bis, 4.4.6.2).
        if let colour = track.video?.colour { set("VIDEO-RANGE", colour.range.rawValue) }
    }
}
