/// A TTML document ready to be cut into segments: paragraphs that are shown for a time, with nothing timed within them.
public struct TimedMarkup: Sendable, Hashable {
    /// A paragraph as it is written.
    public struct Paragraph: Sendable, Hashable {
        /// In milliseconds of the presentation.
        public var start: UInt64
        public var end: UInt64
        /// Attributes without times, as written: ` region="r1"`.
        public var attributes: String
        /// Between the tags, as written.
        public var content: String
        /// The `div` elements around it, by number in `divisions`, outermost first.
        public var divisions: [Int]

        public init(start: UInt64, end: UInt64, attributes: String, content: String, divisions: [Int]) {
            self.start = start
            self.end = end
            self.attributes = attributes
            self.content = content
            self.divisions = divisions
        }
    }

    /// Everything before the body: the root's tag and the head.
    public var opening: String
    /// Attributes of the body without times.
    public var body: String
    /// Attributes of each `div` without times.
    public var divisions: [String]
    public var paragraphs: [Paragraph]

    public init(opening: String, body: String, divisions: [String], paragraphs: [Paragraph]) {
        self.opening = opening
        self.body = body
        self.divisions = divisions
        self.paragraphs = paragraphs
    }

    /// A document for cues of WebVTT: text, line breaks, italics, bold and underline, at the bottom of the picture.
    public init(_ cues: [Cue], language: String) {
        let language = language == "und" ? "" : Self.escaped(language)
        opening = """
            <?xml version="1.0" encoding="UTF-8"?>
            <tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttp="http://www.w3.org/ns/ttml#parameter" \
            xmlns:tts="http://www.w3.org/ns/ttml#styling" \
            ttp:profile="http://www.w3.org/ns/ttml/profile/imsc1/text" xml:lang="\(language)">\
            <head><styling><style xml:id="s" tts:fontFamily="proportionalSansSerif" tts:fontSize="100%" \
            tts:lineHeight="normal" tts:color="white" tts:textAlign="center"/></styling>\
            <layout><region xml:id="r" tts:origin="10% 10%" tts:extent="80% 80%" tts:displayAlign="after"/></layout>\
            </head>
            """
        body = " style=\"s\" region=\"r\""
        divisions = [""]
        paragraphs = cues.map { cue in
            Paragraph(
                start: cue.start, end: cue.end, attributes: "",
                content: CueRun.runs(of: cue.payload).map(Self.markup).joined(), divisions: [0])
        }
    }

    private static func markup(of run: CueRun) -> String {
        let text = run.text.split(separator: "\n", omittingEmptySubsequences: false).map { escaped(String($0)) }
            .joined(separator: "<br/>")
        let styles = [
            (CueRun.Style.italic, "tts:fontStyle=\"italic\""), (.bold, "tts:fontWeight=\"bold\""),
            (.underline, "tts:textDecoration=\"underline\""),
        ].filter { run.style.contains($0.0) }.map(\.1)
        return styles.isEmpty ? text : "<span \(styles.joined(separator: " "))>\(text)</span>"
    }

    /// Text as XML has it; characters that XML 1.0 does not have (2.2) become U+FFFD.
    public static func escaped(_ text: String) -> String {
        var output = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": output += "&amp;"
            case "<": output += "&lt;"
            case ">": output += "&gt;"
            case "\"": output += "&quot;"
            case "\t": output += "&#9;"
            case "\n": output += "&#10;"
            case "\r": output += "&#13;"
            case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: output += "\u{FFFD}"
            default: output.unicodeScalars.append(scalar)
            }
        }
        return output
    }

    /// The segments of an `stpp` track: one document each, with every paragraph that it shows a part of and its whole time.
    ///
    /// - Parameter end: of the presentation, in milliseconds.
    /// - Throws: `TextLimit`.
    public func samples(until end: UInt64) throws(TextLimit) -> [[CueSegments.Sample]] {
        let boundaries = CueSegments.boundaries(until: end)
        let ordered = paragraphs.enumerated().filter { $0.element.start < end && $0.element.start < $0.element.end }
            .sorted { ($0.element.start, $0.offset) < ($1.element.start, $1.offset) }.map(\.element)
        var next = 0
        var shown: [Paragraph] = []
        var total = 0
        var segments: [[CueSegments.Sample]] = []
        for (begin, finish) in zip(boundaries, boundaries.dropFirst()) {
            shown.removeAll { $0.end <= begin }
            while next < ordered.count, ordered[next].start < finish {
                shown.append(ordered[next])
                next += 1
            }
            let size = shown.reduce(opening.utf8.count) { $0 + $1.content.utf8.count + $1.attributes.utf8.count }
            guard size <= TextBounds.segmentSize else { throw TextLimit.segmentSize(at: begin) }
            let bytes = Array(document(shown).utf8)
            guard bytes.count <= TextBounds.segmentSize else { throw TextLimit.segmentSize(at: begin) }
            total += bytes.count
            guard total <= TextBounds.trackSize else { throw TextLimit.trackSize }
            segments.append([CueSegments.Sample(duration: UInt32(clamping: finish - begin), bytes: bytes)])
        }
        return segments
    }

    private func document(_ paragraphs: [Paragraph]) -> String {
        var text = opening + "<body\(body)>"
        var open: [Int] = []
        for paragraph in paragraphs {
            if paragraph.divisions != open {
                text += String(repeating: "</div>", count: open.count)
                text += paragraph.divisions.map { "<div\(divisions.indices.contains($0) ? divisions[$0] : "")>" }
                    .joined()
                open = paragraph.divisions
            }
            text += MarkupTimes.opening(start: paragraph.start, end: paragraph.end)
            text += "\(paragraph.attributes)>\(paragraph.content)</p>"
        }
        return text + String(repeating: "</div>", count: open.count) + "</body></tt>"
    }
}

/// Where the times stand in documents of `TimedMarkup`. Nothing else in them begins as these tags do, since text and
/// attributes have no `<`.
public enum MarkupTimes {
    static func opening(start: UInt64, end: UInt64) -> String {
        "<p begin=\"\(CueTime.text(start))\" end=\"\(CueTime.text(end))\""
    }

    /// Makes all times of a document count from a later time on, in place: as fragments of Smooth Streaming have it.
    ///
    /// - Parameter start: what shall be zero, in milliseconds. Times before it become zero.
    public static func rebase(_ document: inout [UInt8], to start: UInt64) {
        let tag = Array("<p begin=\"".utf8)
        let between = Array("\" end=\"".utf8)
        var position = 0
        while position + tag.count + 2 * CueTime.length + between.count <= document.count {
            guard document[position] == tag[0], document[position..<(position + tag.count)].elementsEqual(tag) else {
                position += 1
                continue
            }
            let begin = position + tag.count
            let end = begin + CueTime.length + between.count
            for place in [begin, end] {
                guard let time = CueTime.milliseconds(document[place..<(place + CueTime.length)]) else { continue }
                document.replaceSubrange(
                    place..<(place + CueTime.length), with: Array(CueTime.text(time > start ? time - start : 0).utf8))
            }
            position = end + CueTime.length
        }
    }
}
