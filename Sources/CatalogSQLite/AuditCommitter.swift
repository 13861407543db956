import Catalog
import Foundation
import GRDB
import Synchronization

/// Commits decisions in groups: while one commit waits for the disk, the decisions that arrive gather for the next. Each
/// caller hears when the commit that holds its decision is durable, and nothing before.
final class AuditCommitter: Sendable {
    private typealias Completion = @Sendable (Result<UseCount, CatalogError>) -> Void

    private struct Waiting {
        var decision: DecisionRecord
        var completion: Completion
    }

    private struct State {
        var waiting: [Waiting] = []
        var isCommitting = false
    }

    /// Most decisions in one commit, so that none waits long.
    private static let maximumBatch = 1000
    /// Most decisions that may wait: beyond, the store is too slow, and more would only grow memory.
    private static let maximumWaiting = 20_000

    private let pool: DatabasePool
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "keyway.audit", qos: .userInitiated)

    init(pool: DatabasePool) {
        self.pool = pool
    }

    func record(_ decision: DecisionRecord, completion: @escaping @Sendable (Result<UseCount, CatalogError>) -> Void) {
        enum Place { case refused, queued, first }
        let place = state.withLock { state -> Place in
            guard state.waiting.count < Self.maximumWaiting else { return .refused }
            state.waiting.append(Waiting(decision: decision, completion: completion))
            if state.isCommitting { return .queued }
            state.isCommitting = true
            return .first
        }
        switch place {
        case .refused: completion(.failure(CatalogError(.unavailable, "the audit log cannot keep up")))
        case .queued: break
        case .first: queue.async { self.commitAll() }
        }
    }

    private func commitAll() {
        while true {
            let batch = state.withLock { state -> [Waiting] in
                let batch = Array(state.waiting.prefix(Self.maximumBatch))
                state.waiting.removeFirst(batch.count)
                if batch.isEmpty { state.isCommitting = false }
                return batch
            }
            guard !batch.isEmpty else { return }
            do {
                let counts = try commit(batch.map(\.decision))
                for (waiting, count) in zip(batch, counts) { waiting.completion(.success(count)) }
            } catch {
                let failure = CatalogError(database: error)
                for waiting in batch { waiting.completion(.failure(failure)) }
            }
        }
    }

    private func commit(_ decisions: [DecisionRecord]) throws -> [UseCount] {
        try pool.write { database in
            if decisions.contains(where: { $0.use != nil }) { try database.forgetUses(before: Date()) }
            var events: [AuditEvent] = []
            events.reserveCapacity(decisions.count)
            let counts = try decisions.map { decision in
                let count = try decision.use.map(database.count) ?? .within
                events += count == .within ? decision.events : decision.exhausted
                return count
            }
            try database.append(events)
            return counts
        }
    }
}
