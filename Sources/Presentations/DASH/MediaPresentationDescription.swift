import Markup
import MediaModel

extension Presentation {
    /// The media presentation description (ISO/IEC 23009-1): static, one period, times of segments written out.
    ///
    /// - Throws: when there is no track, one is malformed, has no init segment, or lacks the IV of a segment.
    public func mediaPresentationDescription(
        _ profile: DASHProfile = .cmaf
    ) throws(PresentationError) -> String {
        try check()
        for track in tracks { try Self.checkForDASH(track) }
        var manifest = XMLElement("MPD")
        manifest.set("xmlns", "urn:mpeg:dash:schema:mpd:2011")
        if tracks.contains(where: \.isEnveloped) { manifest.set("xmlns:sea", SegmentEncryption.schema) }
        if tracks.contains(where: { $0.protection != nil && !$0.isEnveloped }) {
            manifest.set("xmlns:cenc", "urn:mpeg:cenc:2013")
            manifest.set("xmlns:dashif", "https://dashif.org/CPS")
            if tracks.contains(where: \.hasPlayReadyObject) {
                manifest.set("xmlns:mspr", "urn:microsoft:playready")
            }
        }
        if tracks.contains(where: { $0.description.codec.supplemental != nil }) {
            manifest.set("xmlns:scte214", "urn:scte:dash:scte214-extensions")
        }
        manifest.set("profiles", profile.profiles)
        manifest.set("type", "static")
        manifest.set("mediaPresentationDuration", Self.duration(duration))
        manifest.set("maxSegmentDuration", Self.duration(longestSegment))
        // Bandwidths are those of whole segments, so a player that holds the longest one never starves.
        manifest.set("minBufferTime", Self.duration(longestMediaSegment))
        var information = XMLElement("ProgramInformation")
        information.append(XMLElement("Title", text: name))
        manifest.append(information)
        var period = XMLElement("Period")
        period.set("id", "0")
        period.set("start", "PT0S")
        let start = start
        let sets = AdaptationSet.sets(of: self)
        period.append(sets.enumerated().map { $0.element.element(id: $0.offset, profile, start: start) })
        for (number, sheets) in shownSheets.enumerated() {
            period.append(ThumbnailSet.element(sheets, id: sets.count + number))
        }
        manifest.append(period)
        return manifest.document
    }

    private static func checkForDASH(_ track: PresentedTrack) throws(PresentationError) {
        guard track.addresses.initialization != nil || track.description.kind == .image else {
            throw track.error("DASH needs an init segment")
        }
        try track.checkVectors()
    }

    /// xs:duration of seconds.
    private static func duration(_ microseconds: UInt64) -> String { "PT\(decimalSeconds(microseconds))S" }
}
