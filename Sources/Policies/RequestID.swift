public import Foundation

/// The name of a request, in answers, log lines and the audit log. It starts with the time, so that a record is found by
/// it without an index of names, and ends with 64 random bits.
public enum RequestID {
    private static let timeLength = 9
    private static let randomLength = 13

    /// A new name.
    public static func next(at now: Date = Date()) -> String {
        var generator = SystemRandomNumberGenerator()
        let milliseconds = UInt64(max(0, min(now.timeIntervalSince1970 * 1000, 1e13)))
        return padded(milliseconds, timeLength) + padded(generator.next(), randomLength)
    }

    /// When a request got its name; nil for what is no name.
    public static func time(of name: String) -> Date? {
        guard name.utf8.count == timeLength + randomLength,
            let milliseconds = UInt64(name.prefix(timeLength), radix: 36)
        else { return nil }
        return Date(timeIntervalSince1970: Double(milliseconds) / 1000)
    }

    private static func padded(_ number: UInt64, _ length: Int) -> String {
        let digits = String(number, radix: 36)
        return String(repeating: "0", count: max(0, length - digits.utf8.count)) + digits
    }
}
