/// The contract's durations.
public enum DurationText {
    private static let units: [(letter: Character, seconds: Int)] = [("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)]

    /// Seconds of `60s`, `5m`, `12h`, `30d`; nil for any other text and for more than a million of a unit.
    public static func seconds(_ text: String) -> Int? {
        let digits = text.dropLast()
        guard let unit = units.first(where: { $0.letter == text.last }), (1...7).contains(digits.utf8.count),
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int(digits), count <= 1_000_000
        else { return nil }
        return count * unit.seconds
    }

    /// The shortest text of a number of seconds.
    public static func text(_ seconds: Int) -> String {
        let unit = units.first { seconds != 0 && seconds.isMultiple(of: $0.seconds) }
        return unit.map { "\(seconds / $0.seconds)\($0.letter)" } ?? "\(seconds)s"
    }
}
