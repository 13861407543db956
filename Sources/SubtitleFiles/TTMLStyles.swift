import TimedText

/// What of a document's styles WebVTT can say: italics, bold and underline (TTML2, 10.2 and 10.4).
struct TTMLStyles: Sendable {
    private struct Change {
        var on: CueRun.Style = []
        var off: CueRun.Style = []

        mutating func apply(_ other: Change) {
            on = on.subtracting(other.off).union(other.on)
            off = off.subtracting(other.on).union(other.off)
        }
    }

    private var named: [String: MarkupTree] = [:]
    /// References of styles to styles that are followed.
    private static let depth = 8
    /// Most references of one element that are followed.
    private static let references = 16

    init(_ head: MarkupTree?) {
        for styling in head?.elements ?? [] where styling.isTTML("styling") {
            for style in styling.elements where style.isTTML("style") {
                guard let id = style.attribute("id", in: MarkupReader.xmlNamespace) else { continue }
                named[id] = style
            }
        }
    }

    func style(of element: MarkupTree, inheriting outer: CueRun.Style) -> CueRun.Style {
        var budget = 64
        let change = change(element, depth: 0, &budget)
        return outer.subtracting(change.off).union(change.on)
    }

    private func change(_ element: MarkupTree, depth: Int, _ budget: inout Int) -> Change {
        var change = Change()
        budget -= 1
        if depth < Self.depth, budget > 0, let references = element.attribute("style") {
            for name in references.split(whereSeparator: \.isWhitespace).prefix(Self.references) {
                if let style = named[String(name)] { change.apply(self.change(style, depth: depth + 1, &budget)) }
            }
        }
        switch element.attribute("fontStyle", in: TTMLNames.styling) {
        case "italic", "oblique": change.apply(Change(on: .italic))
        case .some: change.apply(Change(off: .italic))
        case nil: break
        }
        switch element.attribute("fontWeight", in: TTMLNames.styling) {
        case "bold": change.apply(Change(on: .bold))
        case .some: change.apply(Change(off: .bold))
        case nil: break
        }
        let decoration = element.attribute("textDecoration", in: TTMLNames.styling).map {
            $0.split(whereSeparator: \.isWhitespace)
        }
        if let decoration {
            if decoration.contains("underline") { change.apply(Change(on: .underline)) }
            if decoration.contains("none") || decoration.contains("noUnderline") {
                change.apply(Change(off: .underline))
            }
        }
        return change
    }
}
