import MediaModel
public import TimedText

/// A TTML document (W3C TTML2; IMSC 1, text profile): what of it can be cut into segments, and its cues in WebVTT's terms.
public struct TTMLFile: Sendable, Hashable {
    /// Of the root; nil when it has none.
    public let language: String?
    public let markup: TimedMarkup
    /// The plain part of it: text, times, line breaks, italics, bold and underline.
    public let cues: [Cue]

    /// Of the root's tag and the head, in bytes: they stand in every segment.
    static let maximumOpening = 32 << 10

    /// - Throws: `SubtitleError` with the line.
    public init(_ bytes: [UInt8]) throws(SubtitleError) {
        guard bytes.count <= TextBounds.fileSize else {
            throw SubtitleError(.limitExceeded, "it has more than \(TextBounds.fileSize) bytes")
        }
        let root = TTMLNames.current(try MarkupReader.read(bytes))
        guard root.isTTML("tt") else {
            throw SubtitleError(.notSubtitles, line: root.line, "the root is not 'tt' of TTML")
        }
        let tag = root.attribute("lang", in: MarkupReader.xmlNamespace)
        language = tag.flatMap { LanguageTag.isTag($0) ? $0 : nil }
        let head = root.elements.first { $0.isTTML("head") }
        let body = root.elements.first { $0.isTTML("body") }
        var reading = TTMLReading(clock: try TTMLClock(root), styles: TTMLStyles(head))
        if let body { try reading.read(body: body, preserves: root.preservesSpace(otherwise: false)) }
        markup = TimedMarkup(
            opening: Self.opening(root, head), body: body?.attributeText(keepsName: false) ?? "",
            divisions: reading.divisions, paragraphs: reading.paragraphs)
        cues = reading.cues
        guard markup.opening.utf8.count <= Self.maximumOpening else {
            throw SubtitleError(.limitExceeded, "its head has more than \(Self.maximumOpening) bytes")
        }
    }

    private static func opening(_ root: MarkupTree, _ head: MarkupTree?) -> String {
        let declarations = TTMLNames.prefixes.filter { $0.prefix != "xml" }.map { namespace, prefix in
            " xmlns\(prefix.isEmpty ? "" : ":\(prefix)")=\"\(namespace)\""
        }.joined()
        let lang = root.attribute("lang", in: MarkupReader.xmlNamespace) == nil ? " xml:lang=\"\"" : ""
        return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<tt" + declarations + lang
            + root.attributeText(keepsName: true) + ">" + (head?.written(keepsName: true) ?? "")
    }
}

extension MarkupTree {
    func preservesSpace(otherwise inherited: Bool) -> Bool {
        attribute("space", in: MarkupReader.xmlNamespace).map { $0 == "preserve" } ?? inherited
    }
}

/// Goes over the body of a document.
private struct TTMLReading {
    let clock: TTMLClock
    let styles: TTMLStyles
    private(set) var divisions: [String] = []
    private(set) var paragraphs: [TimedMarkup.Paragraph] = []
    private(set) var cues: [Cue] = []
    private var size = 0
    /// What is within paragraphs, so far.
    private var nodeCount = 0
    /// Most steps that putting one paragraph's content together may take: all of it for each time at which it changes.
    private static let steps = 10_000_000

    init(clock: TTMLClock, styles: TTMLStyles) {
        self.clock = clock
        self.styles = styles
    }

    /// What an element has from those around it.
    private struct Context {
        var time: Range<UInt64>
        var style: CueRun.Style
        var preserves: Bool
        var divisions: [Int] = []
    }

    mutating func read(body: MarkupTree, preserves: Bool) throws(SubtitleError) {
        let whole = Context(time: 0..<TextBounds.duration, style: [], preserves: preserves)
        try readChildren(of: body, try inner(body, whole))
    }

    private mutating func readChildren(of element: MarkupTree, _ context: Context) throws(SubtitleError) {
        for child in element.elements {
            guard child.name.local != "image", child.attribute("backgroundImage", in: TTMLNames.smpte) == nil else {
                throw SubtitleError(.unsupported, line: child.line, "subtitles that are images are not taken")
            }
            if child.isTTML("div") {
                var inner = try inner(child, context)
                inner.divisions.append(divisions.count)
                divisions.append(child.attributeText(keepsName: false))
                try readChildren(of: child, inner)
            } else if child.isTTML("p") {
                try read(paragraph: child, context)
            }
        }
    }

    private func inner(_ element: MarkupTree, _ context: Context) throws(SubtitleError) -> Context {
        var context = context
        context.time = try time(of: element, within: context.time)
        context.style = styles.style(of: element, inheriting: context.style)
        context.preserves = element.preservesSpace(otherwise: context.preserves)
        return context
    }

    /// In parallel containers, begin and end count from the beginning of the element around (TTML2, 12.2).
    private func time(of element: MarkupTree, within outer: Range<UInt64>) throws(SubtitleError) -> Range<UInt64> {
        guard element.attribute("timeContainer") ?? "par" == "par" else {
            throw SubtitleError(
                .unsupported, line: element.line, "elements that follow each other in time: timeContainer")
        }
        func value(_ name: String) throws(SubtitleError) -> UInt64? {
            guard let text = element.attribute(name) else { return nil }
            guard let value = clock.milliseconds(text) else {
                throw SubtitleError(
                    .damaged, line: element.line, "'\(name)' is not a time expression, or lies beyond 100 hours")
            }
            return value
        }
        let begin = min(outer.lowerBound + (try value("begin") ?? 0), outer.upperBound)
        var end = outer.upperBound
        if let given = try value("end") {
            guard outer.lowerBound + given >= begin || begin == outer.upperBound else {
                throw SubtitleError(.damaged, line: element.line, "an element ends before it begins")
            }
            end = min(end, outer.lowerBound + given)
        }
        if let duration = try value("dur") { end = min(end, begin + duration) }
        return begin..<max(begin, end)
    }

    private mutating func read(paragraph: MarkupTree, _ outer: Context) throws(SubtitleError) {
        let context = try inner(paragraph, outer)
        guard !context.time.isEmpty else { return }
        var changes: Set<UInt64> = [context.time.lowerBound, context.time.upperBound]
        let before = nodeCount
        let content = try timed(paragraph, context, &changes)
        let times = changes.sorted()
        guard times.count * (nodeCount - before) <= Self.steps else {
            throw SubtitleError(.limitExceeded, line: paragraph.line, "a paragraph changes too often for its length")
        }
        let attributes = paragraph.attributeText(keepsName: false)
        for (start, end) in zip(times, times.dropFirst()) {
            var text = RunBuilder()
            var written = ""
            for node in content { node.write(at: start, &text, &written) }
            let payload = CueRun.payload(of: text.runs)
            // White space counts as well: it takes its time, too.
            size += written.utf8.count + payload.utf8.count
            guard paragraphs.count < TextBounds.cues, size <= TextBounds.trackSize else {
                throw SubtitleError(
                    .limitExceeded, line: paragraph.line,
                    "it has more than \(TextBounds.cues) paragraphs, or too much text within them")
            }
            guard !payload.isEmpty else { continue }
            paragraphs.append(
                TimedMarkup.Paragraph(
                    start: start, end: end, attributes: attributes, content: written, divisions: context.divisions))
            cues.append(Cue(start: start, end: end, payload: payload))
        }
    }

    /// What is within a paragraph, with the times of all of it.
    private mutating func timed(
        _ element: MarkupTree, _ context: Context, _ changes: inout Set<UInt64>
    ) throws(SubtitleError) -> [TimedNode] {
        var nodes: [TimedNode] = []
        nodeCount += element.nodes.count
        for node in element.nodes {
            switch node {
            case .text(let text):
                nodes.append(.text(text, context.style, preserves: context.preserves))
            case .element(let child) where child.isTTML("br"): nodes.append(.lineBreak)
            case .element(let child) where child.isTTML("span"):
                let inner = try inner(child, context)
                if inner.time != context.time {
                    changes.formUnion([inner.time.lowerBound, inner.time.upperBound])
                    guard changes.count <= 10_000 else {
                        throw SubtitleError(.limitExceeded, line: child.line, "a paragraph changes too often")
                    }
                }
                nodes.append(
                    .span(inner.time, child.attributeText(keepsName: false), try timed(child, inner, &changes)))
            case .element: break
            }
        }
        return nodes
    }
}

/// What a paragraph holds.
private enum TimedNode {
    case text(String, CueRun.Style, preserves: Bool)
    case lineBreak
    case span(Range<UInt64>, String, [TimedNode])

    /// Adds what is on show at a time.
    func write(at time: UInt64, _ text: inout RunBuilder, _ written: inout String) {
        switch self {
        case .text(let content, let style, let preserves):
            text.append(content, style, preserves: preserves)
            written += TimedMarkup.escaped(content)
        case .lineBreak:
            text.lineBreak()
            written += "<br/>"
        case .span(let range, let attributes, let nodes):
            guard range.contains(time) else { return }
            written += "<span\(attributes)>"
            for node in nodes { node.write(at: time, &text, &written) }
            written += "</span>"
        }
    }
}

/// Puts runs together, with white space as `xml:space` has it.
private struct RunBuilder {
    private(set) var runs: [CueRun] = []
    private var isAtLineStart = true
    /// The style of white space that is owed; nil for none.
    private var owed: CueRun.Style?

    mutating func append(_ text: String, _ style: CueRun.Style, preserves: Bool) {
        guard !preserves else {
            payOff()
            add(text, style)
            isAtLineStart = false
            return
        }
        var collapsed = ""
        for scalar in text.unicodeScalars {
            if scalar == " " || scalar == "\t" || scalar == "\n" || scalar == "\r" {
                if !isAtLineStart, owed == nil {
                    add(collapsed, style)
                    collapsed = ""
                    owed = style
                }
                continue
            }
            payOff()
            isAtLineStart = false
            collapsed.unicodeScalars.append(scalar)
        }
        add(collapsed, style)
    }

    mutating func lineBreak() {
        add("\n", runs.last?.style ?? [])
        isAtLineStart = true
        owed = nil
    }

    private mutating func payOff() {
        if let owed { add(" ", owed) }
        owed = nil
    }

    private mutating func add(_ text: String, _ style: CueRun.Style) {
        guard !text.isEmpty else { return }
        if runs.last?.style == style { runs[runs.count - 1].text += text } else { runs.append(CueRun(text, style)) }
    }
}
