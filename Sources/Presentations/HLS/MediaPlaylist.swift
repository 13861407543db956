import ContentKeys
import MediaModel

extension PresentedTrack {
    /// The media playlist of the track (RFC 8216, 4.3.3): the whole of it, for video on demand.
    ///
    /// - Throws: when a segment, an IV or the address of segments is missing or malformed.
    public func mediaPlaylist() throws(PresentationError) -> String {
        try check()
        // To the nearest second no segment is longer than this (4.3.3.1).
        let target = max(1, (longestSegment + 500_000) / 1_000_000)
        var text = "#EXTM3U\n#EXT-X-VERSION:\(playlistVersion)\n#EXT-X-TARGETDURATION:\(target)\n"
        text += "#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-INDEPENDENT-SEGMENTS\n"
        if let initialization = addresses.initialization {
            // Before the first key: a key covers the init segments behind it, and ours stay clear (4.3.2.5).
            var map = PlaylistAttributes()
            map.set("URI", quoted: initialization.expanded(track: description.name))
            text += map.line("EXT-X-MAP")
        }
        var lastKey = ""
        for (number, segment) in segments.enumerated() {
            let key = keyLine(segment: number)
            if key != lastKey { text += key }
            lastKey = key
            text += "#EXTINF:\(decimalSeconds(microseconds(segment.duration), digits: 3)),\n"
            text += addresses.media.expanded(track: description.name, time: segment.start) + "\n"
        }
        return text + "#EXT-X-ENDLIST\n"
    }

    /// 4 has alternate renditions for MPEG-TS; from 7 on, clients read fragmented MP4 (RFC 8216, 7).
    var playlistVersion: Int { addresses.initialization == nil ? 4 : 7 }

    /// EXT-X-KEY (4.3.2.4), one for each way to the key; empty for clear tracks.
    private func keyLine(segment: Int) -> String {
        switch protection {
        case .envelope(let envelope):
            var key = PlaylistAttributes()
            key.set("METHOD", "AES-128")
            key.set("URI", url: envelope.keyURL)
            key.set("IV", hexadecimal: envelope.vectors[segment])
            return key.line("EXT-X-KEY")
        case .common(let common): return common.keyLines
        case nil: return ""
        }
    }
}

extension CommonProtection {
    /// The key's own URL comes last: players that know no key format take the last line that there is.
    fileprivate var keyLines: String {
        playlistKeys.map(line).joined() + (identityLine ?? "")
    }

    /// SAMPLE-AES is cbcs in fragmented MP4, SAMPLE-AES-CTR is cenc and has no IV (rfc8216bis, 4.4.4.4).
    private var method: String { scheme == .cbcs ? "SAMPLE-AES" : "SAMPLE-AES-CTR" }

    private var identityLine: String? {
        guard let keyURL else { return nil }
        var key = PlaylistAttributes()
        key.set("METHOD", method)
        key.set("URI", url: keyURL)
        if scheme == .cbcs, let constantVector { key.set("IV", hexadecimal: constantVector) }
        key.set("KEYFORMAT", quoted: "identity")
        key.set("KEYFORMATVERSIONS", quoted: "1")
        return key.line("EXT-X-KEY")
    }

    private func line(_ signal: PlaylistKeySignal) -> String {
        var key = PlaylistAttributes()
        key.set("METHOD", method)
        key.set("URI", url: signal.uri)
        // Which key this is, for players that choose among tracks before they read an init segment.
        if signal.format == .widevine { key.set("KEYID", hexadecimal: keyID.bytes) }
        key.set("KEYFORMAT", quoted: signal.format.rawValue)
        key.set("KEYFORMATVERSIONS", quoted: "1")
        return key.line("EXT-X-KEY")
    }
}
