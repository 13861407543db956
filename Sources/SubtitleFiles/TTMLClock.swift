import TimedText

/// How a document counts its times (TTML2, 12.3 and 7.2).
struct TTMLClock: Sendable, Hashable {
    /// Frames in `frameSeconds` seconds.
    private var frameCount: Int128 = 30
    private var frameSeconds: Int128 = 1
    private var subFrames: Int128 = 1
    private var ticks: Int128 = 1

    init(_ root: MarkupTree) throws(SubtitleError) {
        func number(_ name: String) throws(SubtitleError) -> Int128? {
            guard let text = root.attribute(name, in: TTMLNames.parameter) else { return nil }
            guard let value = Self.number(text[...], upTo: 1_000_000_000), value > 0 else {
                throw SubtitleError(.damaged, line: root.line, "ttp:\(name) is not a positive number")
            }
            return value
        }
        let base = root.attribute("timeBase", in: TTMLNames.parameter) ?? "media"
        guard base == "media" else {
            throw SubtitleError(
                .unsupported, line: root.line, "times that count by a clock or a time code are not taken: ttp:timeBase")
        }
        let rate = try number("frameRate")
        if let rate { frameCount = rate }
        if let text = root.attribute("frameRateMultiplier", in: TTMLNames.parameter) {
            let parts = text.split { $0 == " " || $0 == ":" }.compactMap { Self.number($0, upTo: 1_000_000) }
            guard (1...2).contains(parts.count), let times = parts.first, times > 0, let over = parts.last, over > 0
            else { throw SubtitleError(.damaged, line: root.line, "ttp:frameRateMultiplier is not a fraction") }
            frameCount *= times
            if parts.count == 2 { frameSeconds = over }
        }
        if let value = try number("subFrameRate") { subFrames = value }
        ticks = try number("tickRate") ?? (rate == nil ? 1 : max(1, frameCount * subFrames / frameSeconds))
    }

    private static func number(_ text: Substring, upTo limit: Int128) -> Int128? {
        guard (1...18).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let value = Int128(text), value <= limit
        else { return nil }
        return value
    }

    /// Digits with a fraction or without, in billionths.
    private static func decimal(_ text: Substring) -> Int128? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let whole = number(parts[0], upTo: 1_000_000_000_000) else { return nil }
        guard parts.count == 2 else { return whole * 1_000_000_000 }
        guard !parts[1].isEmpty, parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        let digits = parts[1].prefix(9)
        let fraction = Int128(digits + String(repeating: "0", count: 9 - digits.utf8.count)) ?? 0
        return whole * 1_000_000_000 + fraction
    }

    /// A time expression in milliseconds, to the nearest; nil for what is none, or lies beyond what is taken.
    func milliseconds(_ text: String) -> UInt64? {
        guard let billionths = text.contains(":") ? clockTime(text) : offsetTime(text) else { return nil }
        let time = (billionths + 500_000) / 1_000_000
        return time <= Int128(TextBounds.duration) ? UInt64(exactly: time) : nil
    }

    /// `HH:MM:SS`, with a fraction, or frames and perhaps sub-frames behind it.
    private func clockTime(_ text: String) -> Int128? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (3...4).contains(parts.count), parts[0].utf8.count >= 2, parts[1].utf8.count == 2,
            let hours = Self.number(parts[0], upTo: 1_000_000), let minutes = Self.number(parts[1], upTo: 59),
            let seconds = Self.decimal(parts[2]), seconds < 61_000_000_000
        else { return nil }
        var time = (hours * 60 + minutes) * 60_000_000_000 + seconds
        if parts.count == 4 {
            let counted = parts[3].split(separator: ".", omittingEmptySubsequences: false)
            guard !parts[2].contains("."), (1...2).contains(counted.count),
                let frame = Self.number(counted[0], upTo: 100_000)
            else { return nil }
            var count = frame * subFrames
            if counted.count == 2 {
                guard let part = Self.number(counted[1], upTo: 100_000) else { return nil }
                count += part
            }
            time += count * 1_000_000_000 * frameSeconds / (frameCount * subFrames)
        }
        return time
    }

    private func offsetTime(_ text: String) -> Int128? {
        let metric = text.reversed().prefix { $0.isLetter }.reversed()
        guard let value = Self.decimal(text.dropLast(metric.count)) else { return nil }
        switch String(metric) {
        case "h": return value * 3600
        case "m": return value * 60
        case "s": return value
        case "ms": return value / 1000
        case "f": return value * frameSeconds / frameCount
        case "t": return value / ticks
        default: return nil
        }
    }
}
