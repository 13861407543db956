import MediaModel

extension PresentedTrack {
    /// Where the playlists lie that a multivariant playlist names for this track.
    public var playlistAddresses: [String] {
        let name = description.name
        let keyFrames = self.keyFrames.isEmpty ? nil : addresses.keyFramePlaylist?.expanded(track: name)
        return [addresses.playlist.expanded(track: name)] + (keyFrames.map { [$0] } ?? [])
    }

    /// Where the init segment lies; nil where there is none.
    public var initializationAddress: String? { addresses.initialization?.expanded(track: description.name) }

    /// Where the key frames lie that are objects of their own, in order.
    public var keyFrameAddresses: [String] {
        guard let address = addresses.keyFrame else { return [] }
        return keyFrames.compactMap(\.ownTime).map { address.expanded(track: description.name, time: $0) }
    }

    /// Where the segments lie, in order; none of thumbnails, of which `Presentation.shownSheets` says what is shown.
    public var segmentAddresses: [String] {
        description.kind == .image
            ? []
            : segments.map { addresses.media.expanded(track: description.name, time: $0.start) }
    }
}
