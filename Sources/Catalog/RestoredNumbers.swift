public import Foundation

/// Where counters go on in a catalog that was restored from a backup.
///
/// What was counted after the backup is not known: numbers that were given then must not be given again, since the same IV
/// under the same key would encrypt something else. So a restored catalog counts from numbers that only the time of its
/// restoration gives, which is later than everything that was done before. Of two restorations of the same backup the later
/// one starts above all that the earlier one can have given.
public enum RestoredNumbers {
    /// 2026-01-01T00:00:00Z, in seconds since 1970: before the first release.
    static let epoch: TimeInterval = 1_767_225_600
    /// IV numbers have 32 bits: at this pace they last until 2094.
    static let numbersPerSecond: TimeInterval = 2
    /// File nonces have 63 bits: milliseconds since 1970, which have 42 until 2109, and so many of their own each.
    static let nonceBits = 21

    /// The IV numbers under one key that may have been given by a time. Nil before 2026 and after 2094.
    public static func ivNumbers(by time: Date) -> Int64? {
        let count = ((time.timeIntervalSince1970 - epoch) * numbersPerSecond).rounded(.down)
        guard count > 0, count < Double(UInt32.max) else { return nil }
        return Int64(count)
    }

    /// The first file nonce after a restoration. Nil before 2026 and after 2109.
    public static func fileNonce(restoredAt time: Date) -> Int64? {
        let milliseconds = (time.timeIntervalSince1970 * 1000).rounded(.down)
        guard time.timeIntervalSince1970 > epoch, milliseconds < Double(Int64(1) << (63 - nonceBits)) else {
            return nil
        }
        return Int64(milliseconds) << nonceBits
    }

    /// The first version number after a restoration, in seconds since 2026: caches hold what other versions were.
    public static func version(restoredAt time: Date) -> Int64 {
        Int64(max(0, time.timeIntervalSince1970 - epoch))
    }

    /// The place in the log of changes after a restoration: one that nobody who follows the log has seen.
    public static func change(restoredAt time: Date) -> Int64 {
        Int64(max(0, time.timeIntervalSince1970 * 1000))
    }
}
