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
        let random = generator.next()
        return String(unsafeUninitializedCapacity: timeLength + randomLength) { text in
            write(milliseconds, into: text, 0..<timeLength)
            write(random, into: text, timeLength..<timeLength + randomLength)
            return timeLength + randomLength
        }
    }

    /// When a request got its name; nil for what is no name.
    public static func time(of name: String) -> Date? {
        guard name.utf8.count == timeLength + randomLength,
            let milliseconds = UInt64(name.prefix(timeLength), radix: 36)
        else { return nil }
        return Date(timeIntervalSince1970: Double(milliseconds) / 1000)
    }

    /// The number's last digits to the base 36, with zeros before it.
    private static func write(_ number: UInt64, into text: UnsafeMutableBufferPointer<UInt8>, _ place: Range<Int>) {
        var rest = number
        for position in place.reversed() {
            let digit = UInt8(rest % 36)
            text[position] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit
            rest /= 36
        }
    }
}
