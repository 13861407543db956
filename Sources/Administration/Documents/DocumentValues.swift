public import Foundation
import Policies

/// Values with a syntax of their own.
extension DocumentNode {
    /// One of the texts of an enumeration. `unavailable` are texts that the contract knows and this version does not
    /// serve: they are refused, never accepted and ignored.
    func choice<Choice: RawRepresentable & CaseIterable>(
        _ type: Choice.Type, _ field: String, unavailable: [String] = []
    ) -> Choice? where Choice.RawValue == String {
        guard let text = text(field, limit: 256) else { return nil }
        if let value = Choice(rawValue: text) { return value }
        let names = Choice.allCases.map(\.rawValue)
        if unavailable.contains(text) {
            report("'\(field)': '\(text)' is not available in this version (there is \(names.joined(separator: ", ")))")
        } else {
            report("'\(field)' knows no \(text.quoted)\(NearestName.advice(text, among: names))")
        }
        return nil
    }

    /// A list of choices without repetition.
    func choices<Choice: RawRepresentable & CaseIterable & Hashable>(
        _ type: Choice.Type, _ field: String, unavailable: [String] = []
    ) -> Set<Choice>? where Choice.RawValue == String {
        guard let items = list(field) else { return nil }
        var values: Set<Choice> = []
        for item in items {
            guard let value = item.choice(type, field, unavailable: unavailable) else { continue }
            if !values.insert(value).inserted { item.report("'\(field)' names '\(value.rawValue)' twice") }
        }
        return values
    }

    /// A name of a document, a secret or an option: it may become a part of URLs.
    func name(_ field: String) -> String? {
        guard let text = text(field) else { return nil }
        let allowed = text.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                || [0x2D, 0x2E, 0x5F].contains($0)
        }
        guard allowed, text.utf8.count <= 128, text.utf8.first != 0x2E else {
            report("'\(field)' is 1 to 128 of letters, digits, '.', '_' and '-', and does not start with '.'")
            return nil
        }
        return text
    }

    /// A decimal number within a range.
    func number(_ field: String, in range: ClosedRange<Int>) -> Int? {
        guard let text = scalarText, (1...18).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = Int(text), range.contains(value)
        else {
            report("'\(field)' is a number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return value
    }

    /// A duration in seconds within a range, written with one unit: `60s`, `5m`, `12h`, `30d`.
    func duration(_ field: String, in range: ClosedRange<Int>) -> Int? {
        guard let text = scalarText, let seconds = DurationText.seconds(text) else {
            report("'\(field)' is a duration: 60s, 5m, 12h or 30d")
            return nil
        }
        guard range.contains(seconds) else {
            let (low, high) = (DurationText.text(range.lowerBound), DurationText.text(range.upperBound))
            report("'\(field)' lies between \(low) and \(high)")
            return nil
        }
        return seconds
    }
}

extension DocumentNode {
    /// `true` or `false`.
    func flag(_ field: String) -> Bool? {
        switch scalarText {
        case "true": return true
        case "false": return false
        default:
            report("'\(field)' is true or false")
            return nil
        }
    }

    /// A time in RFC 3339, whole seconds: `2026-11-21T00:00:00Z`.
    func time(_ field: String) -> Date? {
        guard let text = scalarText, text.utf8.count <= 40, let time = TimeText.date(text) else {
            report("'\(field)' is a time in RFC 3339: 2026-11-21T00:00:00Z")
            return nil
        }
        return time
    }
}

/// The contract's times.
public enum TimeText {
    /// RFC 3339 with whole seconds, in any zone; nil for any other text.
    public static func date(_ text: String) -> Date? {
        ISO8601DateFormatter().date(from: text)
    }
}

extension Date {
    /// RFC 3339 in UTC, whole seconds.
    var documentText: String { ISO8601DateFormatter().string(from: self) }
}
