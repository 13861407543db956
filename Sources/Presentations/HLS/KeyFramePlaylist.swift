import MediaModel

extension PresentedTrack {
    /// The I-frame playlist of the track (RFC 8216, 4.3.3.6): key frames as byte ranges of its segments, for scrubbing and
    /// fast play, or as objects of their own where they have times for that. Under AES-128 the ranges count in the clear segment, whose bytes keep their places; players widen them to
    /// blocks (6.3.6), and the whole resource is one chain, as 6.2.3 asks.
    ///
    /// - Throws: when there is no key frame, or what `mediaPlaylist` throws for.
    public func keyFramePlaylist() throws(PresentationError) -> String {
        try check()
        try checkVectors()
        try checkKeyFrames()
        let durations = keyFrameDurations
        let target = max(1, ((durations.max() ?? 0) + 500_000) / 1_000_000)
        var text = "#EXTM3U\n#EXT-X-VERSION:\(playlistVersion)\n#EXT-X-TARGETDURATION:\(target)\n"
        text += "#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-I-FRAMES-ONLY\n"
        text += initializationLine
        var lastKey = ""
        for (frame, duration) in zip(keyFrames, durations) {
            let key = keyLine(segment: frame.segment)
            if key != lastKey { text += key }
            lastKey = key
            text += "#EXTINF:\(decimalSeconds(duration, digits: 3)),\n"
            if let time = frame.ownTime, let address = addresses.keyFrame {
                text += address.expanded(track: description.name, time: time) + "\n"
                continue
            }
            text += "#EXT-X-BYTERANGE:\(frame.bytes.count)@\(frame.bytes.lowerBound)\n"
            text += addresses.media.expanded(track: description.name, time: segments[frame.segment].start) + "\n"
        }
        return text + "#EXT-X-ENDLIST\n"
    }

    /// EXT-X-I-FRAME-STREAM-INF (4.3.4.3); empty without key frames or an address for their playlist.
    var keyFrameVariant: String {
        guard let address = addresses.keyFramePlaylist, let video = description.video, !keyFrames.isEmpty else {
            return ""
        }
        let durations = keyFrameDurations
        let bits = keyFrames.map { $0.bitCount * 1_000_000 }
        let peak = zip(bits, durations).map { ($0 + $1 - 1) / $1 }.max() ?? 0
        let average = bits.reduce(0, +) / max(1, durations.reduce(0, +))
        var stream = PlaylistAttributes()
        stream.set("BANDWIDTH", "\(max(1, peak))")
        stream.set("AVERAGE-BANDWIDTH", "\(max(1, average))")
        stream.set("CODECS", quoted: description.codec.codecString)
        stream.setPicture(of: description)
        stream.set("RESOLUTION", "\(video.width)x\(video.height)")
        stream.set("URI", quoted: address.expanded(track: description.name))
        return stream.line("EXT-X-I-FRAME-STREAM-INF")
    }
}
