/// Text that is shown for a time, in the terms of WebVTT (W3C, 3.1).
public struct Cue: Sendable, Hashable {
    /// When it appears, in milliseconds of the presentation.
    public var start: UInt64
    /// When it goes, in milliseconds; later than `start`.
    public var end: UInt64
    /// Any text without a line break; mostly empty.
    public var identifier: String
    /// Where it stands, as WebVTT writes it: `line:0 align:start`; mostly empty.
    public var settings: String
    /// With WebVTT's tags and escapes; lines end with `\n`, and none is empty.
    public var payload: String

    public init(start: UInt64, end: UInt64, identifier: String = "", settings: String = "", payload: String) {
        self.start = start
        self.end = end
        self.identifier = identifier
        self.settings = settings
        self.payload = payload
    }
}

/// Bounds of text tracks. What is beyond is refused.
public enum TextBounds {
    /// Of a file, and of all samples of a text track in a movie file, in bytes.
    public static let fileSize = 16 << 20
    public static let cues = 50_000
    /// Cues that are on show at the same time.
    public static let simultaneous = 64
    /// Of one segment of a text track, in bytes.
    public static let segmentSize = 1 << 20
    /// Of a whole track as it is stored, in bytes: a cue, and the head of a document, stand in each segment that shows it.
    public static let trackSize = 64 << 20
    /// In milliseconds: hours have two digits.
    public static let duration: UInt64 = 100 * 3_600_000 - 1
}

/// A time as WebVTT and TTML both write it: `HH:MM:SS.mmm`, twelve characters.
public enum CueTime {
    /// How many characters a time has.
    public static let length = 12

    /// - Parameter time: in milliseconds; what two digits of hours cannot say is cut off.
    public static func text(_ time: UInt64) -> String {
        let time = min(time, TextBounds.duration)
        func padded(_ value: UInt64, _ count: Int) -> String {
            let digits = "\(value)"
            return String(repeating: "0", count: max(0, count - digits.utf8.count)) + digits
        }
        return padded(time / 3_600_000, 2) + ":" + padded(time / 60_000 % 60, 2) + ":" + padded(time / 1000 % 60, 2)
            + "." + padded(time % 1000, 3)
    }

    /// A time of exactly that form; nil for anything else.
    public static func milliseconds(_ text: some Collection<UInt8>) -> UInt64? {
        let bytes = Array(text)
        guard bytes.count == length, bytes[2] == 0x3A, bytes[5] == 0x3A, bytes[8] == 0x2E else { return nil }
        func number(_ range: Range<Int>) -> UInt64? {
            bytes[range].reduce(UInt64?(0)) { value, byte in
                guard let value, (0x30...0x39).contains(byte) else { return nil }
                return value * 10 + UInt64(byte - 0x30)
            }
        }
        guard let hours = number(0..<2), let minutes = number(3..<5), let seconds = number(6..<8),
            let rest = number(9..<12), minutes < 60, seconds < 60
        else { return nil }
        return ((hours * 60 + minutes) * 60 + seconds) * 1000 + rest
    }
}
