public import Foundation
import Synchronization

/// The name of a request, in answers, log lines and the audit log. It starts with the time, so that a record is found by
/// it without an index of names, and ends with 64 bits that no other request's name has.
public enum RequestID {
    private static let timeLength = 9
    private static let randomLength = 13

    /// How many names this process gave, from a random start. The kernel is not asked for each: a name has to be one of its
    /// kind, not hard to guess.
    private static let count = Atomic<UInt64>(UInt64.random(in: 0...UInt64.max))

    /// A new name.
    public static func next(at now: Date = Date()) -> String {
        let milliseconds = UInt64(max(0, min(now.timeIntervalSince1970 * 1000, 1e13)))
        let random = scrambled(count.wrappingAdd(0x9E37_79B9_7F4A_7C15, ordering: .relaxed).newValue)
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

    /// Another number for every number (the last step of SplitMix64).
    private static func scrambled(_ number: UInt64) -> UInt64 {
        var number = number
        number = (number ^ (number >> 30)) &* 0xBF58_476D_1CE4_E5B9
        number = (number ^ (number >> 27)) &* 0x94D0_49BB_1331_11EB
        return number ^ (number >> 31)
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
