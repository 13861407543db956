public import Foundation

/// Refusals of the current minute, by address and in all. Bounded: when too many addresses are counted, only the whole
/// is.
public struct RefusalCounts: Sendable {
    public static let perAddress = 10
    public static let inAll = 120
    public static let window: TimeInterval = 60
    private static let maximumAddresses = 10_000

    private var start = Date.distantPast
    private var all = 0
    private var counts: [String: Int] = [:]

    public init() {}

    /// Counts a refusal. Gives the seconds to wait when there were too many already.
    public mutating func add(_ address: String, at now: Date) -> Int? {
        if now.timeIntervalSince(start) >= Self.window || now < start {
            start = now
            all = 0
            counts = [:]
        }
        let count = counts[address] ?? 0
        guard count < Self.perAddress, all < Self.inAll else {
            return max(1, Int((Self.window - now.timeIntervalSince(start)).rounded(.up)))
        }
        all += 1
        if counts.count < Self.maximumAddresses || counts[address] != nil { counts[address] = count + 1 }
        return nil
    }
}
