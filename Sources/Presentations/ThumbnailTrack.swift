import MediaModel

extension Presentation {
    /// The thumbnails as WebVTT, for players that take no others: a cue for each picture, with the sheet and the picture's
    /// place on it (Media Fragments URI 1.0, 4.2.2). Times are those of what is shown.
    ///
    /// - Returns: nil without thumbnails under what is shown.
    /// - Throws: when there is no track of pictures or sound, or one is malformed.
    public func thumbnailTrack() throws(PresentationError) -> String? {
        try check()
        guard let sheets = shownSheets.first else { return nil }
        let track = sheets.track
        guard let last = track.segments.last else { return nil }
        let layout = ThumbnailLayout(
            format: sheets.format, timescale: track.description.timescale, end: last.start + last.duration)
        var text = "WEBVTT\n"
        for number in 0..<layout.count {
            let cell = layout.cell(number)
            let from = Self.milliseconds(max(track.microseconds(cell.start), sheets.start) - sheets.start)
            let until = Self.milliseconds(
                max(min(track.microseconds(cell.end), sheets.end), sheets.start) - sheets.start)
            let isCut = track.microseconds(cell.end) > sheets.end
            guard sheets.range.contains(cell.sheet), from < until,
                !isCut || until - from >= Self.milliseconds(ShownSheets.tolerance)
            else { continue }
            text += "\n\(Self.clock(from)) --> \(Self.clock(until))\n"
            text += "\(track.sheetAddress(cell.sheet))#xywh=\(cell.x),\(cell.y),"
            text += "\(sheets.format.width),\(sheets.format.height)\n"
        }
        return text
    }

    private static func milliseconds(_ microseconds: UInt64) -> UInt64 {
        microseconds / 1000 + (microseconds % 1000 >= 500 ? 1 : 0)
    }

    /// `HH:MM:SS.mmm`.
    private static func clock(_ milliseconds: UInt64) -> String {
        let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        func digits(_ value: UInt64, _ count: Int) -> String {
            let text = "\(value)"
            return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
        }
        return "\(digits(seconds / 3600, 2)):\(digits(seconds / 60 % 60, 2)):\(digits(seconds % 60, 2))"
            + ".\(digits(rest, 3))"
    }
}
