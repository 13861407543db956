import MediaModel

extension Presentation {
    /// The multivariant playlist of HLS version 3: no alternate renditions, every variant with its sound in its segments.
    /// Without pictures the variants are the tracks of sound.
    ///
    /// - Throws: when there is no track, or one is malformed.
    public func muxedMultivariantPlaylist() throws(PresentationError) -> String {
        try check()
        let videos = tracks(.video)
        let variants = (videos.isEmpty ? tracks(.audio) : videos).map { track in
            let sound = track.muxedSound
            var stream = PlaylistAttributes()
            stream.set("BANDWIDTH", "\(max(1, track.peakBitrate + (sound?.peakBitrate ?? 0)))")
            let codecs = [track.description.codec.codecString] + (sound.map { [$0.codec.codecString] } ?? [])
            stream.set("CODECS", quoted: codecs.joined(separator: ","))
            if let video = track.description.video { stream.set("RESOLUTION", "\(video.width)x\(video.height)") }
            return stream.line("EXT-X-STREAM-INF")
                + track.addresses.playlist.expanded(track: track.description.name) + "\n"
        }
        return "#EXTM3U\n#EXT-X-VERSION:3\n" + variants.joined()
    }
}
