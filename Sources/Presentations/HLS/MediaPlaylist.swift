import ContentKeys
import MediaModel

extension PresentedTrack {
    /// The media playlist of the track (RFC 8216, 4.3.3): the whole of it, for video on demand.
    ///
    /// - Throws: when a segment, an IV or the address of segments is missing or malformed.
    public func mediaPlaylist() throws(PresentationError) -> String {
        try check()
        try checkVectors()
        // To the nearest second no segment is longer than this (4.3.3.1).
        let target = max(1, (longestSegment + 500_000) / 1_000_000)
        // Fractions of seconds came with 3, SAMPLE-AES with 5; from 7 on, clients read fragmented MP4 (RFC 8216, 7).
        let version = addresses.initialization == nil ? (hasEncryptedSamples ? 5 : 3) : 7
        var text = "#EXTM3U\n#EXT-X-VERSION:\(version)\n#EXT-X-TARGETDURATION:\(target)\n"
        text += "#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n"
        text += Self.independence(of: [self])
        text += initializationLine
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

    /// EXT-X-INDEPENDENT-SEGMENTS (4.3.5.1), which in a multivariant playlist speaks of all that it names; empty where a
    /// segment needs another one.
    static func independence(of tracks: [PresentedTrack]) -> String {
        tracks.contains(where: \.hasOpenSegments) ? "" : "#EXT-X-INDEPENDENT-SEGMENTS\n"
    }

    /// 4 has alternate renditions for MPEG-TS, 5 the key formats of SAMPLE-AES; from 7 on, clients read fragmented MP4
    /// (RFC 8216, 7).
    var playlistVersion: Int { addresses.initialization == nil ? (hasEncryptedSamples ? 5 : 4) : 7 }

    private var hasEncryptedSamples: Bool {
        if case .common = protection { true } else { false }
    }

    private func vector(ofSegment number: Int) -> [UInt8]? {
        guard case .envelope(let envelope) = protection, envelope.vectors.indices.contains(number) else { return nil }
        return envelope.vectors[number]
    }

    /// EXT-X-MAP; empty for MPEG-TS. Before the first key: a key covers the init segments behind it, and ours stay clear
    /// (4.3.2.5).
    var initializationLine: String {
        guard let initialization = addresses.initialization else { return "" }
        var map = PlaylistAttributes()
        map.set("URI", quoted: initialization.expanded(track: description.name))
        return map.line("EXT-X-MAP")
    }

    /// EXT-X-KEY (4.3.2.4), one for each way to the key; empty for clear tracks, and for a clear lead, which no key comes
    /// before.
    func keyLine(segment: Int) -> String {
        guard let protection = protection(ofSegment: segment) else { return "" }
        let vector: [UInt8]? =
            switch protection {
            case .envelope: vector(ofSegment: segment)
            case .common(let common): common.constantVector
            }
        return protection.waysToTheKey.map { $0.line("EXT-X-KEY", vector: vector) }.joined()
    }
}
