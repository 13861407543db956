import Markup
import MediaModel

/// An AdaptationSet of thumbnails (DASH-IF IOP 4.3, 6.2.6): sheets are addressed by number and have one duration, which
/// their pictures share equally.
enum ThumbnailSet {
    static func element(_ sheets: ShownSheets, id: Int) -> XMLElement {
        let track = sheets.track
        var element = XMLElement("AdaptationSet")
        element.set("id", id)
        element.set("contentType", "image")
        element.set("mimeType", "image/jpeg")
        element.append(template(sheets))
        var representation = XMLElement("Representation")
        representation.set("id", track.description.name)
        representation.set("bandwidth", max(1, track.peakBitrate))
        representation.set("codecs", track.description.codec.codecString)
        representation.set("width", sheets.format.sheetWidth)
        representation.set("height", sheets.format.sheetHeight)
        var layout = XMLElement("EssentialProperty")
        layout.set("schemeIdUri", "http://dashif.org/guidelines/thumbnail_tile")
        layout.set("value", "\(sheets.format.columns)x\(sheets.format.rows)")
        representation.append(layout)
        element.append(representation)
        return element
    }

    /// With a duration where the presentation begins with a sheet, as the guidelines have it; else only times written out say
    /// where in the first sheet it begins.
    private static func template(_ sheets: ShownSheets) -> XMLElement {
        let (track, format) = (sheets.track, sheets.format)
        var template = XMLElement("SegmentTemplate")
        template.set("timescale", track.description.timescale)
        if sheets.offset > 0 {
            template.set(
                "presentationTimeOffset",
                SegmentTemplate.units(sheets.start, timescale: track.description.timescale))
        } else {
            template.set("duration", format.sheetDuration)
        }
        template.set("startNumber", sheets.range.lowerBound + 1)
        template.set("media", track.addresses.media.dashTemplate)
        guard sheets.offset > 0 else { return template }
        var run = XMLElement("S")
        run.set("t", UInt64(sheets.range.lowerBound) * format.sheetDuration)
        run.set("d", format.sheetDuration)
        if sheets.range.count > 1 { run.set("r", sheets.range.count - 1) }
        var timeline = XMLElement("SegmentTimeline")
        timeline.append(run)
        template.append(timeline)
        return template
    }
}
