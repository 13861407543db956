import CoreMetrics
import Foundation
import Synchronization

/// Writes a line for every request on a thread of its own. Whoever answers requests never waits for it: when lines come
/// faster than they can be written, some are dropped, and counted in `keyway_access_log_dropped_total`.
public final class AccessLog: Sendable {
    private struct State {
        var waiting: [AccessRecord] = []
        var isWriting = false
    }

    /// Most lines that wait.
    private static let capacity = 16_384
    /// How long the last lines may take when the server stops.
    private static let lastWait = DispatchTimeInterval.seconds(2)

    private let write: @Sendable (String) -> Void
    private let capacity: Int
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "keyway.access-log", qos: .utility)
    private let dropped = Counter(label: "keyway_access_log_dropped_total")

    /// To standard error.
    public convenience init() {
        self.init(capacity: Self.capacity) { StandardError.write($0) }
    }

    /// - Parameter write: is given whole lines, on one thread; may block.
    init(capacity: Int, write: @escaping @Sendable (String) -> Void) {
        self.capacity = capacity
        self.write = write
    }

    /// Takes a record, or drops it; never waits for the writer.
    func append(_ record: AccessRecord) {
        enum Place { case dropped, queued, first }
        let place = state.withLock { state -> Place in
            guard state.waiting.count < capacity else { return .dropped }
            state.waiting.append(record)
            if state.isWriting { return .queued }
            state.isWriting = true
            return .first
        }
        switch place {
        case .dropped: dropped.increment()
        case .queued: break
        case .first: queue.async { self.writeAll() }
        }
    }

    /// Waits a moment for what was taken to be written.
    public func flush() {
        let done = DispatchSemaphore(value: 0)
        queue.async { done.signal() }
        _ = done.wait(timeout: .now() + Self.lastWait)
    }

    private func writeAll() {
        while true {
            let records = state.withLock { state -> [AccessRecord] in
                let records = state.waiting
                state.waiting = []
                if records.isEmpty { state.isWriting = false }
                return records
            }
            guard !records.isEmpty else { return }
            for start in stride(from: 0, to: records.count, by: 256) {
                let lines = records[start..<min(start + 256, records.count)].map { $0.line + "\n" }
                write(lines.joined())
            }
        }
    }
}

/// A listener's part of the access log.
public struct ListenerAccessLog: Sendable {
    public let log: AccessLog
    public let listener: String

    public init(_ log: AccessLog, listener: String) {
        self.log = log
        self.listener = listener
    }
}
