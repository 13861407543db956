/// A run of text in one style: what WebVTT and TTML have in common.
public struct CueRun: Sendable, Hashable {
    public struct Style: OptionSet, Sendable, Hashable {
        public let rawValue: UInt8

        public init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        public static let italic = Style(rawValue: 1)
        public static let bold = Style(rawValue: 2)
        public static let underline = Style(rawValue: 4)

        /// With WebVTT's names of tags, outermost first.
        static let named: [(style: Style, tag: String)] = [(.bold, "b"), (.italic, "i"), (.underline, "u")]
    }

    /// As it is read; lines end with `\n`.
    public var text: String
    public var style: Style

    public init(_ text: String, _ style: Style = []) {
        self.text = text
        self.style = style
    }

    /// What a cue's payload shows: italics, bold and underline; all other tags are left out and what is within them stays
    /// (WebVTT, 4.2.2 and 6.4).
    public static func runs(of payload: String) -> [CueRun] {
        var reader = PayloadReader(payload)
        return reader.read()
    }

    /// The payload of a cue that shows runs. Empty lines, which would end the cue, are left out.
    public static func payload(of runs: [CueRun]) -> String {
        var lines: [[CueRun]] = [[]]
        for run in runs {
            for (number, part) in run.text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                if number > 0 { lines.append([]) }
                if !part.isEmpty { lines[lines.count - 1].append(CueRun(String(part), run.style)) }
            }
        }
        return lines.filter { line in !line.allSatisfy { $0.text.allSatisfy(\.isWhitespace) } }
            .map { $0.map(\.tagged).joined() }.joined(separator: "\n")
    }

    /// With tags around it, and what would be a tag escaped.
    private var tagged: String {
        let tags = Style.named.filter { style.contains($0.style) }.map(\.tag)
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            // Also keeps an arrow from being read as a time line.
            case ">": escaped += "&gt;"
            case "\r", "\0": escaped += " "
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return tags.map { "<\($0)>" }.joined() + escaped + tags.reversed().map { "</\($0)>" }.joined()
    }
}

private struct PayloadReader {
    private var rest: Substring.UnicodeScalarView
    private var runs: [CueRun] = []
    private var text = ""
    private var open: [CueRun.Style] = []

    init(_ payload: String) {
        rest = payload[...].unicodeScalars
    }

    mutating func read() -> [CueRun] {
        while let scalar = rest.popFirst() {
            switch scalar {
            case "<": tag(upTo(">"))
            case "&": reference()
            default: text.unicodeScalars.append(scalar)
            }
        }
        flush()
        return runs
    }

    /// What stands before a character, which is taken, too; all of it where there is none.
    private mutating func upTo(_ end: Unicode.Scalar) -> String {
        let part = rest.prefix { $0 != end }
        rest = rest.dropFirst(part.count + 1)
        return String(part)
    }

    private mutating func flush() {
        guard !text.isEmpty else { return }
        let style = open.reduce(CueRun.Style()) { $0.union($1) }
        if let last = runs.last, last.style == style {
            runs[runs.count - 1].text += text
        } else {
            runs.append(CueRun(text, style))
        }
        text = ""
    }

    private mutating func tag(_ content: String) {
        let isEnd = content.hasPrefix("/")
        let name = (isEnd ? content.dropFirst() : content[...]).prefix { $0.isLetter }
        guard let style = CueRun.Style.named.first(where: { $0.tag == name })?.style else { return }
        flush()
        if !isEnd {
            open.append(style)
        } else if let last = open.lastIndex(of: style) {
            open.remove(at: last)
        }
    }

    private static let references: [String: String] = [
        "amp": "&", "lt": "<", "gt": ">", "nbsp": "\u{A0}", "lrm": "\u{200E}", "rlm": "\u{200F}", "quot": "\"",
        "apos": "'",
    ]

    private mutating func reference() {
        let name = rest.prefix(10).prefix { $0 != ";" }
        let end = rest.dropFirst(name.count)
        guard end.first == ";", let known = Self.character(String(name)) else {
            text += "&"
            return
        }
        text += known
        rest = end.dropFirst()
    }

    private static func character(_ name: String) -> String? {
        if let known = references[name] { return known }
        guard name.hasPrefix("#") else { return nil }
        let digits = name.dropFirst()
        let value = digits.first == "x" || digits.first == "X" ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        return value.flatMap(Unicode.Scalar.init).map { String(Character($0)) }
    }
}
