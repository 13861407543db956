public import TimedText

/// A WebVTT file (W3C, 4). Read strictly: what a browser would skip is damage here, so that nothing is lost unseen.
public struct WebVTTFile: Sendable, Hashable {
    /// `WEBVTT`, and behind an empty line each the blocks of styles and regions.
    public private(set) var header = "WEBVTT"
    public private(set) var cues: [Cue] = []
    /// Cues that are never on show.
    public private(set) var emptyCues = 0

    /// Of the header, in bytes: it stands in every segment.
    static let maximumHeader = 32 << 10

    /// - Throws: `SubtitleError` with the line.
    public init(_ bytes: [UInt8]) throws(SubtitleError) {
        let lines = try Self.lines(bytes)
        guard let first = lines.first, first == "WEBVTT" || first.hasPrefix("WEBVTT ") || first.hasPrefix("WEBVTT\t")
        else { throw SubtitleError(.notSubtitles, line: 1, "a WebVTT file begins with the word WEBVTT") }
        var position = 1
        try readHeader(lines, &position)
        while position < lines.count {
            guard !lines[position].isEmpty else {
                position += 1
                continue
            }
            try readBlock(lines, &position)
        }
        guard header.utf8.count <= Self.maximumHeader else {
            throw SubtitleError(.limitExceeded, "its styles and regions have more than \(Self.maximumHeader) bytes")
        }
    }

    private static func lines(_ bytes: [UInt8]) throws(SubtitleError) -> [String] {
        guard bytes.count <= TextBounds.fileSize else {
            throw SubtitleError(.limitExceeded, "it has more than \(TextBounds.fileSize) bytes")
        }
        let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
        var lines: [String] = []
        var start = text.startIndex
        func line(_ end: Int) throws(SubtitleError) -> String {
            guard let line = String(validating: text[start..<end], as: UTF8.self), !line.utf8.contains(0) else {
                throw SubtitleError(.damaged, line: lines.count + 1, "it is not text in UTF-8")
            }
            return line
        }
        var index = text.startIndex
        while index < text.endIndex {
            guard text[index] == 0x0A || text[index] == 0x0D else {
                index += 1
                continue
            }
            lines.append(try line(index))
            if text[index] == 0x0D, index + 1 < text.endIndex, text[index + 1] == 0x0A { index += 1 }
            index += 1
            start = index
        }
        lines.append(try line(text.endIndex))
        return lines
    }

    /// Up to the first empty line there may be anything that is no cue: metadata of others.
    private func readHeader(_ lines: [String], _ position: inout Int) throws(SubtitleError) {
        while position < lines.count, !lines[position].isEmpty {
            guard !lines[position].contains("-->") else {
                throw SubtitleError(.damaged, line: position + 1, "no empty line stands before the first cue")
            }
            position += 1
        }
    }

    private mutating func readBlock(_ lines: [String], _ position: inout Int) throws(SubtitleError) {
        let start = position
        var end = start
        while end < lines.count, !lines[end].isEmpty { end += 1 }
        position = end
        let word = lines[start].prefix { $0 != " " && $0 != "\t" }
        switch word {
        case "NOTE" where !lines[start].contains("-->"): return
        case "STYLE" where word.count == trimmed(lines[start]).count,
            "REGION" where word.count == trimmed(lines[start]).count:
            guard cues.isEmpty else {
                throw SubtitleError(.damaged, line: start + 1, "styles and regions stand before the first cue")
            }
            guard !lines[start..<end].contains(where: { $0.contains("-->") }) else {
                throw SubtitleError(.damaged, line: start + 1, "an arrow stands in a block of styles or regions")
            }
            header += "\n\n" + lines[start..<end].joined(separator: "\n")
        default: try readCue(lines, start..<end)
        }
    }

    private mutating func readCue(_ lines: [String], _ range: Range<Int>) throws(SubtitleError) {
        var times = range.lowerBound
        var identifier = ""
        if !lines[times].contains("-->") {
            identifier = String(lines[times].prefix(256))
            times += 1
        }
        guard times < range.upperBound, lines[times].contains("-->") else {
            throw SubtitleError(.damaged, line: range.lowerBound + 1, "a cue has no line with its times")
        }
        let (start, end, settings) = try Self.times(lines[times], line: times + 1)
        let text = lines[(times + 1)..<range.upperBound]
        if let arrow = text.firstIndex(where: { $0.contains("-->") }) {
            throw SubtitleError(.damaged, line: arrow + 1, "an arrow stands in the text of a cue")
        }
        guard end >= start else { throw SubtitleError(.damaged, line: times + 1, "a cue ends before it begins") }
        guard end > start, !text.isEmpty else {
            emptyCues += 1
            return
        }
        guard cues.count < TextBounds.cues else {
            throw SubtitleError(.limitExceeded, line: times + 1, "it has more than \(TextBounds.cues) cues")
        }
        cues.append(
            Cue(
                start: start, end: end, identifier: identifier, settings: settings,
                payload: text.joined(separator: "\n")))
    }

    private static func times(
        _ text: String, line: Int
    ) throws(SubtitleError) -> (start: UInt64, end: UInt64, settings: String) {
        guard let arrow = text.firstRange(of: "-->") else {
            throw SubtitleError(.damaged, line: line, "a cue has no times")
        }
        let before = trimmed(text[..<arrow.lowerBound])
        let after = trimmed(text[arrow.upperBound...])
        let endText = after.prefix { $0 != " " && $0 != "\t" }
        guard let start = time(before), let end = time(endText) else {
            throw SubtitleError(
                .damaged, line: line, "a time of a cue is not of the form HH:MM:SS.mmm, or lies beyond 100 hours")
        }
        return (start, end, String(trimmed(after.dropFirst(endText.count)).prefix(512)))
    }

    /// `MM:SS.mmm`, with two or more digits of hours before it or not (W3C, 3.1).
    private static func time(_ text: Substring) -> UInt64? {
        let parts = text.utf8.split(separator: 0x3A, omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), let last = parts.last else { return nil }
        let seconds = last.split(separator: 0x2E, omittingEmptySubsequences: false)
        func number(_ digits: Substring.UTF8View.SubSequence, _ counts: ClosedRange<Int>) -> UInt64? {
            guard counts.contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            return digits.reduce(0) { $0 * 10 + UInt64($1 - 0x30) }
        }
        guard seconds.count == 2, let whole = number(seconds[0], 2...2), let rest = number(seconds[1], 3...3),
            let minutes = number(parts[parts.count - 2], 2...2),
            let hours = parts.count == 3 ? number(parts[0], 2...6) : 0, whole < 60, minutes < 60
        else { return nil }
        let time = ((hours * 60 + minutes) * 60 + whole) * 1000 + rest
        return time <= TextBounds.duration ? time : nil
    }

    private static func trimmed(_ text: some StringProtocol) -> Substring {
        var text = Substring(text)
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }

    private func trimmed(_ text: String) -> Substring { Self.trimmed(text) }
}
