import Catalog
import CoreMetrics
import Foundation
import GRDB
import Synchronization

/// Commits decisions in groups: while one commit waits for the disk, the decisions that arrive gather for the next. Each
/// caller hears when the commit that holds its decision is durable, and nothing before.
///
/// When the store takes no writes (a full disk, a read-only file, a lock that is not let go), everybody is refused at once,
/// and it is tried whether the store takes a record of that again: once a second, and as soon as a lock is gone.
final class AuditCommitter: Sendable {
    /// How long a commit waits for a lock of another process: players wait with it. In milliseconds.
    static let lockTimeout = 2000
    /// The same for all other writes, which nobody waits for unless decisions stand behind them.
    static let ordinaryLockTimeout = 10_000
    /// How often a blocked store is tried.
    private static let probeInterval = DispatchTimeInterval.seconds(1)

    private let pool: DatabasePool
    private let queue = DecisionQueue()
    private let hasThread = Mutex(false)
    private let probes = DispatchQueue(label: "keyway.audit.probe", qos: .userInitiated)
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

    deinit {
        queue.close()
    }

    /// How many decisions wait for the next commit.
    var waitingCount: Int { queue.waitingCount }

    /// Whether a commit is under way that has taken its decisions.
    var holdsABatch: Bool { queue.holdsABatch }

    /// Why nothing can be written; nil while it can.
    var block: AuditBlock? { queue.block }

    func record(
        _ decision: DecisionRecord, at place: (any CompletionPlace)?,
        completion: @escaping @Sendable (Result<UseCount, CatalogError>) -> Void
    ) {
        switch queue.add(decision, at: place, keeping: self, completion) {
        case .added: startThread()
        case .blocked(let reason): completion(.failure(Self.blocked(reason)))
        case .refused: completion(.failure(CatalogError(.unavailable, "the audit log cannot keep up")))
        }
    }

    /// One thread for all commits, so that what one has in its caches the next finds there. It ends with the committer.
    private func startThread() {
        let isFirst = hasThread.withLock { hasThread in
            defer { hasThread = true }
            return !hasThread
        }
        guard isFirst else { return }
        let thread = Thread { [weak self, queue] in
            // The queue holds the committer as long as there is anything to settle.
            while let batch = queue.next() { self?.settle(batch) }
        }
        thread.name = "keyway.audit"
        thread.start()
    }

    /// Commits and tells everybody. What one of them does wrong must not cost the others their keys.
    private func settle(_ batch: DecisionBatch) {
        do {
            let counts = try commit(batch)
            queue.hasCommitted()
            for (group, counts) in zip(batch.groups, counts) { Self.tell(group, counts) }
        } catch let error as DatabaseError where !error.isOfStore && batch.count > 1 {
            settleEach(batch)
        } catch {
            let failure = CatalogError(database: error)
            if let error = error as? DatabaseError, error.isOfStore {
                block(failure, batch.count, since: error)
            } else {
                failures.increment()
            }
            Self.tell(batch, failure)
        }
    }

    /// One commit each. The store may stop taking writes in the middle: the rest is then refused as all others are.
    private func settleEach(_ batch: DecisionBatch) {
        for group in batch.groups {
            for member in group.members {
                let one = batch.alone(member, at: group.place)
                if let reason = queue.countRefused() {
                    Self.tell(one, Self.blocked(reason))
                } else {
                    settle(one)
                }
            }
        }
    }

    /// All of one place hear of it in one go.
    ///
    /// - Parameter counts: of each; empty when nothing was to be counted.
    private static func tell(_ group: DecisionBatch.Group, _ counts: [UseCount]) {
        run(at: group.place) {
            for index in group.members.indices {
                group.members[index].completion(.success(counts.isEmpty ? .none : counts[index]))
            }
        }
    }

    private static func tell(_ batch: DecisionBatch, _ failure: CatalogError) {
        for group in batch.groups {
            run(at: group.place) {
                for member in group.members { member.completion(.failure(failure)) }
            }
        }
    }

    private static func run(at place: (any CompletionPlace)?, _ work: @escaping @Sendable () -> Void) {
        if let place { place.run(work) } else { work() }
    }

    private static func blocked(_ reason: String) -> CatalogError {
        CatalogError(.unavailable, "the audit log cannot be written: \(reason)")
    }

    /// Refuses everybody from now on, and starts trying.
    private func block(_ failure: CatalogError, _ refused: Int, since error: DatabaseError) {
        failures.increment()
        blocked.set(1)
        for batch in queue.block(failure.reason, refused: refused) { Self.tell(batch, failure) }
        probeLater(than: error)
    }

    private func probeLater(than error: any Error) {
        // A lock is waited for by trying.
        let isLocked = (error as? DatabaseError)?.resultCode == .SQLITE_BUSY
        probes.asyncAfter(deadline: isLocked ? .now() : .now() + Self.probeInterval) { [weak self] in self?.probe() }
    }

    /// Writes that the log could not be written: when that succeeds, it can be again.
    private func probe() {
        guard let block else { return }
        var event = AuditEvent(time: Date(), action: .auditResumed)
        event.reason = block.reason
        let seconds = Int(min(max(0, event.time.timeIntervalSince(block.since)), 1e9))
        event.detail = "not written for \(seconds) s; \(block.refused) requests were refused"
        do {
            try transaction { try $0.append(event) }
        } catch {
            failures.increment()
            queue.stayBlocked(CatalogError(database: error).reason)
            return probeLater(than: error)
        }
        // In this order: the next commit may be blocked at once.
        blocked.set(0)
        queue.unblock()
    }

    /// The counts of the uses of each group's members: none where nothing was to be counted.
    private func commit(_ batch: DecisionBatch) throws -> [[UseCount]] {
        guard batch.counts else {
            try transaction { try $0.append(batch.lines) }
            return batch.groups.map { _ in [] }
        }
        return try transaction { database in
            try database.forgetUses(before: Date())
            var lines = batch.lines
            let counts = try batch.groups.map { group in
                try group.members.map { member -> UseCount in
                    guard let decision = member.counted else { return .none }
                    let count = try decision.use.map(database.count) ?? .none
                    lines.append(decision.entries(after: count))
                    return count
                }
            }
            try database.append(lines)
            return counts
        }
    }

    private func transaction<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try pool.writeWithoutTransaction { database in
            // The connection is shared with writers that may wait longer.
            let ordinary = ordinaryLockTimeout.withLock(\.self)
            if ordinary != lockTimeout { try database.setLockTimeout(lockTimeout) }
            defer { if ordinary != lockTimeout { try? database.setLockTimeout(ordinary) } }
            return try database.immediately(body)
        }
    }

    /// See `AuditLog.shortenLockWaits`.
    func shortenLockWaits() throws {
        try pool.writeWithoutTransaction { database in
            try database.setLockTimeout(lockTimeout)
            ordinaryLockTimeout.withLock { $0 = lockTimeout }
        }
    }
}

extension Database {
    /// A transaction that takes the write lock at its begin. Its own statements are made once; GRDB's would be made again for
    /// every commit.
    fileprivate func immediately<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try cachedStatement(sql: "BEGIN IMMEDIATE TRANSACTION").execute()
        do {
            let value = try body(self)
            try cachedStatement(sql: "COMMIT TRANSACTION").execute()
            return value
        } catch {
            try? rollback()
            throw error
        }
    }

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
