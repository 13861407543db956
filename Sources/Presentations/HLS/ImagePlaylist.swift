import MediaModel

extension Presentation {
    /// The playlist of a track of thumbnails (the community's "Image Media Playlists" 1.1): sheets with `EXT-X-TILES`, which
    /// says how pictures lie on them.
    ///
    /// - Returns: nil where the presentation begins within a sheet: the playlist could not say so.
    /// - Throws: when there is no track of pictures or sound, or one is malformed.
    public func imagePlaylist(of name: String) throws(PresentationError) -> String? {
        try check()
        guard let sheets = listedSheets.first(where: { $0.track.description.name == name }) else { return nil }
        let durations = sheets.range.map(sheets.shownDuration)
        let target = max(1, ((durations.max() ?? 0) + 500_000) / 1_000_000)
        var text = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:\(target)\n"
        text += "#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-IMAGES-ONLY\n"
        for (number, duration) in zip(sheets.range, durations) {
            text += "#EXTINF:\(decimalSeconds(duration, digits: 3)),\n"
            var tiles = PlaylistAttributes()
            tiles.set("RESOLUTION", "\(sheets.format.width)x\(sheets.format.height)")
            tiles.set("LAYOUT", "\(sheets.format.columns)x\(sheets.format.rows)")
            tiles.set("DURATION", decimalSeconds(sheets.interval, digits: 3))
            text += tiles.line("EXT-X-TILES")
            text += sheets.track.sheetAddress(number) + "\n"
        }
        return text + "#EXT-X-ENDLIST\n"
    }

    /// EXT-X-IMAGE-STREAM-INF for each track of thumbnails; players that do not know it pass over it.
    var imageStreams: String {
        listedSheets.map { sheets in
            var stream = PlaylistAttributes()
            stream.set("BANDWIDTH", "\(max(1, sheets.track.peakBitrate))")
            stream.set("RESOLUTION", "\(sheets.format.width)x\(sheets.format.height)")
            stream.set("CODECS", quoted: sheets.track.description.codec.codecString)
            stream.set("URI", quoted: sheets.playlistAddress)
            return stream.line("EXT-X-IMAGE-STREAM-INF")
        }.joined()
    }
}
