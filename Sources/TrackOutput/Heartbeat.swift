import Synchronization

/// Signs of life of the work, for whoever watches that it goes on.
public enum Heartbeat {
    private static let count = Atomic<UInt64>(0)
    private static let waiting = Atomic<Bool>(false)

    /// The work got a step further.
    public static func beat() { count.wrappingAdd(1, ordering: .relaxed) }

    /// How many steps so far.
    public static var steps: UInt64 { count.load(ordering: .relaxed) }

    /// Whether the work waits for the parent to read: no fault of the work.
    public static var isWaiting: Bool { waiting.load(ordering: .relaxed) }

    static func wait<Result>(_ work: () throws -> Result) rethrows -> Result {
        waiting.store(true, ordering: .relaxed)
        defer {
            waiting.store(false, ordering: .relaxed)
            beat()
        }
        return try work()
    }
}
