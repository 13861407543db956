import Catalog
import CoreMetrics
import Foundation
import GRDB
import Synchronization

/// Commits decisions in groups: while one commit waits for the disk, the decisions that arrive gather for the next. Each
/// caller hears when the commit that holds its decision is durable, and nothing before.
///
/// Callers that were answered together come again together. So a commit waits a moment for as many as the last ones had: a
/// commit costs what twenty decisions cost, and a busy service would otherwise make one for every few.
///
/// When the store takes no writes (a full disk, a read-only file, a lock that is not let go), everybody is refused at once,
/// and it is tried whether the store takes a record of that again: once a second, and as soon as a lock is gone.
final class AuditCommitter: Sendable {
    private typealias Completion = @Sendable (Result<UseCount, CatalogError>) -> Void

    private struct Waiting {
        var decision: DecisionRecord
        var completion: Completion
    }

    private struct State {
        var waiting: [Waiting] = []
        var isCommitting = false
        /// How many decisions the last commits had.
        var expected = 1
        /// Whether a commit waits for as many.
        var isGathering = false
        /// Set while the store takes no writes.
        var block: AuditBlock?
    }

    /// Most decisions in one commit, so that none waits long.
    private static let maximumBatch = 1000
    /// Most decisions that may wait: beyond, the store is too slow, and more would only grow memory.
    private static let maximumWaiting = 20_000
    /// How long a commit waits for more decisions, and how many it must expect for that: one caller after the
    /// other must not be held up.
    private static let gatheringTime = DispatchTimeInterval.milliseconds(1)
    private static let fewestToExpect = 4
    /// How long a commit waits for a lock of another process: players wait with it. In milliseconds.
    static let lockTimeout = 2000
    /// The same for all other writes, which nobody waits for unless decisions stand behind them.
    static let ordinaryLockTimeout = 10_000
    /// How often a blocked store is tried.
    private static let probeInterval = DispatchTimeInterval.seconds(1)

    private let pool: DatabasePool
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "keyway.audit", qos: .userInitiated)
    private let gathered = DispatchSemaphore(value: 0)
    private let failures = Counter(label: "keyway_audit_write_failures_total")
    private let blocked = Meter(label: "keyway_audit_blocked")

    private let lockTimeout: Int
    private let ordinaryLockTimeout = Mutex(AuditCommitter.ordinaryLockTimeout)

    /// - Parameter lockTimeout: how long a commit waits for a lock of another process, in milliseconds.
    init(pool: DatabasePool, lockTimeout: Int = AuditCommitter.lockTimeout) {
        self.pool = pool
        self.lockTimeout = lockTimeout
        blocked.set(0)
    }

    /// How many decisions wait for the next commit.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Whether a commit is under way that has taken its decisions.
    var holdsABatch: Bool { state.withLock { $0.isCommitting && $0.waiting.isEmpty } }

    /// Why nothing can be written; nil while it can.
    var block: AuditBlock? { state.withLock { $0.block } }

    func record(_ decision: DecisionRecord, completion: @escaping @Sendable (Result<UseCount, CatalogError>) -> Void) {
        enum Place {
            case blocked(String)
            case refused, queued, first
            /// All that a commit waits for are there.
            case last
        }
        let place = state.withLock { state -> Place in
            if let reason = state.block?.reason {
                state.block?.refused += 1
                return .blocked(reason)
            }
            guard state.waiting.count < Self.maximumWaiting else { return .refused }
            state.waiting.append(Waiting(decision: decision, completion: completion))
            guard state.isCommitting else {
                state.isCommitting = true
                return .first
            }
            guard state.isGathering, state.waiting.count >= state.expected else { return .queued }
            state.isGathering = false
            return .last
        }
        switch place {
        case .blocked(let reason): completion(.failure(Self.blocked(reason)))
        case .refused: completion(.failure(CatalogError(.unavailable, "the audit log cannot keep up")))
        case .queued: break
        case .last: gathered.signal()
        case .first: queue.async { self.commitAll() }
        }
    }

    private func commitAll() {
        while true {
            gather()
            let batch = takeBatch()
            guard !batch.isEmpty else { return }
            settle(batch)
        }
    }

    /// Waits for as many decisions as the last commits had, not for long.
    private func gather() {
        let isGathering = state.withLock { state in
            state.isGathering =
                state.expected >= Self.fewestToExpect && !state.waiting.isEmpty && state.waiting.count < state.expected
            return state.isGathering
        }
        guard isGathering, gathered.wait(timeout: .now() + Self.gatheringTime) == .timedOut else { return }
        let isSignalled = state.withLock { state in
            defer { state.isGathering = false }
            return !state.isGathering
        }
        // The last one came at the last moment: its signal must not end the next gathering.
        if isSignalled { gathered.wait() }
    }

    private func takeBatch() -> [Waiting] {
        state.withLock { state in
            let batch = Array(state.waiting.prefix(Self.maximumBatch))
            state.waiting.removeFirst(batch.count)
            guard !batch.isEmpty else {
                state.isCommitting = false
                return batch
            }
            // A smaller one may be the rest of those that just missed the last: then they come together from now on.
            state.expected = max(batch.count, state.expected - max(state.expected / 8, 1))
            return batch
        }
    }

    /// Commits and tells everybody. What one of them does wrong must not cost the others their keys.
    private func settle(_ batch: [Waiting]) {
        do {
            let counts = try commit(batch.map(\.decision))
            for (waiting, count) in zip(batch, counts) { waiting.completion(.success(count)) }
        } catch let error as DatabaseError where !error.isOfStore && batch.count > 1 {
            settleEach(batch)
        } catch {
            let failure = CatalogError(database: error)
            if let error = error as? DatabaseError, error.isOfStore {
                block(failure, batch.count, since: error)
            } else {
                failures.increment()
            }
            for waiting in batch { waiting.completion(.failure(failure)) }
        }
    }

    /// One commit each. The store may stop taking writes in the middle: the rest is then refused as all others are.
    private func settleEach(_ batch: [Waiting]) {
        for waiting in batch {
            let reason = state.withLock { state in
                if state.block != nil { state.block?.refused += 1 }
                return state.block?.reason
            }
            if let reason {
                waiting.completion(.failure(Self.blocked(reason)))
            } else {
                settle([waiting])
            }
        }
    }

    private static func blocked(_ reason: String) -> CatalogError {
        CatalogError(.unavailable, "the audit log cannot be written: \(reason)")
    }

    /// Refuses everybody from now on, and starts trying.
    private func block(_ failure: CatalogError, _ refused: Int, since error: DatabaseError) {
        failures.increment()
        blocked.set(1)
        let rest = state.withLock { state -> [Waiting] in
            let rest = state.waiting
            state.waiting = []
            state.block = AuditBlock(since: Date(), reason: failure.reason, refused: refused + rest.count)
            return rest
        }
        for waiting in rest { waiting.completion(.failure(failure)) }
        probeLater(than: error)
    }

    private func probeLater(than error: any Error) {
        // A lock is waited for by trying.
        let isLocked = (error as? DatabaseError)?.resultCode == .SQLITE_BUSY
        queue.asyncAfter(deadline: isLocked ? .now() : .now() + Self.probeInterval) { [weak self] in self?.probe() }
    }

    /// Writes that the log could not be written: when that succeeds, it can be again.
    private func probe() {
        guard let block else { return }
        var event = AuditEvent(time: Date(), action: .auditResumed)
        event.reason = block.reason
        let seconds = Int(min(max(0, event.time.timeIntervalSince(block.since)), 1e9))
        event.detail = "not written for \(seconds) s; \(block.refused) requests were refused"
        do {
            _ = try commit([DecisionRecord(events: [event])])
        } catch {
            failures.increment()
            let reason = CatalogError(database: error).reason
            state.withLock { $0.block?.reason = reason }
            return probeLater(than: error)
        }
        state.withLock { $0.block = nil }
        blocked.set(0)
    }

    private func commit(_ decisions: [DecisionRecord]) throws -> [UseCount] {
        try pool.writeWithoutTransaction { database in
            // The connection is shared with writers that may wait longer.
            let ordinary = ordinaryLockTimeout.withLock(\.self)
            if ordinary != lockTimeout { try database.setLockTimeout(lockTimeout) }
            defer { if ordinary != lockTimeout { try? database.setLockTimeout(ordinary) } }
            var counts: [UseCount] = []
            try database.inTransaction(.immediate) {
                counts = try Self.write(decisions, database)
                return .commit
            }
            return counts
        }
    }

    /// See `AuditLog.shortenLockWaits`.
    func shortenLockWaits() throws {
        try pool.writeWithoutTransaction { database in
            try database.setLockTimeout(lockTimeout)
            ordinaryLockTimeout.withLock { $0 = lockTimeout }
        }
    }

    private static func write(_ decisions: [DecisionRecord], _ database: Database) throws -> [UseCount] {
        if decisions.contains(where: { $0.use != nil }) { try database.forgetUses(before: Date()) }
        var entries: [AuditEntry] = []
        entries.reserveCapacity(decisions.count)
        let counts = try decisions.map { decision in
            let count = try decision.use.map(database.count) ?? .none
            entries += decision.entries(after: count)
            return count
        }
        try database.append(entries)
        return counts
    }
}

extension Database {
    /// - Parameter milliseconds: how long a write waits for a lock of another process.
    fileprivate func setLockTimeout(_ milliseconds: Int) throws {
        try cachedStatement(sql: "PRAGMA busy_timeout = \(milliseconds)").execute()
    }
}

extension DatabaseError {
    /// Whether the store as a whole takes no writes, whatever is written.
    fileprivate var isOfStore: Bool {
        switch resultCode {
        case .SQLITE_BUSY, .SQLITE_FULL, .SQLITE_IOERR, .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_CORRUPT,
            .SQLITE_NOTADB, .SQLITE_PERM, .SQLITE_NOMEM, .SQLITE_PROTOCOL:
            true
        default: false
        }
    }
}
