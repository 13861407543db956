/// How a delivery policy divides the time of a presentation: what leaves in the clear at its start, and how long each key
/// lasts. A segment is treated as a whole, by the time at which it starts, in every track alike.
public struct ProtectionTimes: Sendable, Hashable, Codable {
    /// The longest clear lead, in seconds.
    public static let longestLead = 600
    /// The shortest and the longest crypto period, in seconds.
    public static let periods = 1...86_400

    /// In seconds: segments that start before this time leave in the clear; 0 for none.
    public var clearLead: Int
    /// In seconds: every period of this length has keys of its own; nil for one key from the start to the end.
    public var cryptoPeriod: Int?

    public init(clearLead: Int = 0, cryptoPeriod: Int? = nil) {
        self.clearLead = clearLead
        self.cryptoPeriod = cryptoPeriod
    }

    /// Everything is encrypted, under one key a label.
    public static let whole = ProtectionTimes()

    /// Whether a segment leaves in the clear.
    ///
    /// - Parameters:
    ///   - start: decode time of its first sample.
    ///   - timescale: what `start` counts in, per second.
    public func isClear(start: UInt64, timescale: UInt32) -> Bool {
        // Rounded up, it is below a number of seconds exactly when the time is.
        timescale > 0 && start / UInt64(timescale) < UInt64(clamping: clearLead)
    }

    /// Which period's key encrypts a segment, counted from 0.
    public func period(start: UInt64, timescale: UInt32) -> Int {
        guard let cryptoPeriod, cryptoPeriod > 0, timescale > 0 else { return 0 }
        return Int(clamping: start / UInt64(timescale) / UInt64(cryptoPeriod))
    }

    /// How many periods a track can have, by its length: at least one.
    public func periodCount(duration: UInt64, timescale: UInt32) -> Int {
        duration > 0 ? min(period(start: duration - 1, timescale: timescale), Int.max - 1) + 1 : 1
    }

    /// The most periods of one presentation. A licence names no more keys than that; whole segments have theirs one by one.
    public static func mostPeriods(under encryption: DeliveryEncryption) -> Int {
        encryption == .envelope ? 1000 : 64
    }
}
