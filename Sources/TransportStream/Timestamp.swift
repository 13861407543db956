/// What others need to know of the clock of MPEG-TS segments.
public enum TransportStreamClock {
    /// The time, in units of 90 kHz, at which a presentation's time is zero.
    public static let zero = UInt64(Timestamp.base)
}

/// Times of the 90 kHz clock (ISO/IEC 13818-1, 2.4.3.7), 33 bits, which wrap after 26.5 hours.
enum Timestamp {
    static let mask: UInt64 = 0x1_FFFF_FFFF
    static let hertz: Int64 = 90_000

    /// What every track of every asset adds to its times: reordering and the clock's lead reach before time zero, and
    /// the tracks of an asset must stay in step.
    static let base: Int64 = 10 * hertz
    /// How far the clock reference runs ahead of decoding: a decoder has this long to receive a sample.
    static let clockLead: Int64 = hertz / 2

    /// A time of a track, rounded down, with the base added.
    ///
    /// - Parameters:
    ///   - time: between -2^63/2 and 2^63/2, as a validated index guarantees.
    ///   - timescale: units per second, not zero.
    static func of(_ time: Int64, timescale: UInt32) -> UInt64 {
        let scale = Int64(timescale)
        var (seconds, rest) = time.quotientAndRemainder(dividingBy: scale)
        if rest < 0 {
            seconds -= 1
            rest += scale
        }
        // Wrapping is right: 2^33 divides 2^64.
        return UInt64(bitPattern: seconds &* hertz &+ rest * hertz / scale &+ base) & mask
    }
}
