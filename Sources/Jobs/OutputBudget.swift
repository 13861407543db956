import Synchronization

/// How many bytes encoders may still send for one encode: all of its pieces together, however many there are.
final class OutputBudget: Sendable {
    private let limit: UInt64
    private let taken = Mutex<UInt64>(0)

    /// - Parameter limit: in bytes.
    init(_ limit: UInt64) {
        self.limit = limit
    }

    /// - Throws: `JobFailure` with `limitExceeded` when no more than that is left.
    func take(_ count: UInt64) throws {
        let isWithin = taken.withLock { taken in
            let sum = taken.addingReportingOverflow(count)
            taken = sum.overflow ? .max : sum.partialValue
            return taken <= limit
        }
        guard isWithin else { throw JobFailure(.limitExceeded, "the encode is larger than \(limit) bytes") }
    }

    /// What was taken for something that is thrown away.
    func giveBack(_ count: UInt64) {
        taken.withLock { $0 -= min($0, count) }
    }
}
