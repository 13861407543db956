import Foundation
import Policies
import Synchronization

/// The reads by signed URL that stand in the audit log already: a player or a download asks for a file in thousands of ranges, and
/// a minute of them is one event.
final class AuditedReads: Sendable {
    /// One file by one locator, from one place.
    struct Read: Hashable, Sendable {
        var locator: String
        var file: String
        /// Of IPv6 a network: whoever has one has as many addresses as he likes.
        var site: IPAddress?
    }

    /// In seconds.
    static let window: TimeInterval = 60
    /// Most that are remembered; beyond them each request is an event.
    static let capacity = 10_000

    private let state = Mutex((start: Date.distantPast, reads: Set<Read>()))

    /// Whether a read is to be written down before any byte of it leaves.
    func isNew(_ read: Read, at now: Date) -> Bool {
        state.withLock { state in
            if now.timeIntervalSince(state.start) >= Self.window || now < state.start { state = (now, []) }
            return !state.reads.contains(read)
        }
    }

    /// To be called once it is written down: of several at once, which are written down each, none goes out before its own is.
    func note(_ read: Read) {
        state.withLock { state in
            if state.reads.count < Self.capacity { state.reads.insert(read) }
        }
    }
}
