import Catalog
import Foundation
import Policies
import Synchronization

/// Decisions on their way to the thread that commits them.
///
/// Callers that were answered together come again together: the thread waits a moment for them (`DecisionCallers`).
final class DecisionQueue: Sendable {
    /// What became of a decision that was to be added.
    enum Addition {
        case added
        /// The store takes no writes, for this reason.
        case blocked(String)
        /// More than may wait.
        case refused
    }

    fileprivate struct State {
        /// All but the last are full.
        var batches: [DecisionBatch] = []
        var count = 0
        var callers = DecisionCallers()
        /// Whether what was taken is not settled yet.
        var isCommitting = false
        /// How many were taken; nil when their callers are counted.
        var uncounted: Int?
        /// For what the thread is to be woken.
        var awaited = Awaited.nothing
        /// Whether it has waited for those that were expected.
        var hasGathered = false
        var isClosed = false
        /// What must stay until all is settled.
        var keeper: (any AnyObject & Sendable)?
        /// Set while the store takes no writes.
        var block: AuditBlock?
    }

    fileprivate enum Awaited { case nothing, first, expected }

    fileprivate enum Turn {
        case take(DecisionBatch)
        /// Those whom a commit answers come again, or others come.
        case gather(isAnswering: Bool)
        case sleep
        case end
    }

    /// Most decisions in one commit, so that none waits long.
    private static let maximumBatch = DecisionCallers.most
    /// Most decisions that may wait: beyond, the store is too slow, and more would only grow memory.
    private static let maximumWaiting = 20_000

    /// How long a commit waits for more decisions.
    private let gatheringTime: DispatchTimeInterval
    /// The same after a commit, when its callers have yet to be answered: whoever comes first may wait for the rest of it.
    private let answeringTime: DispatchTimeInterval

    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)

    init(
        gatheringTime: DispatchTimeInterval = .milliseconds(1), answeringTime: DispatchTimeInterval = .milliseconds(2)
    ) {
        self.gatheringTime = gatheringTime
        self.answeringTime = answeringTime
    }

    /// How many decisions wait for the next commit.
    var waitingCount: Int { state.withLock(\.count) }

    /// Whether a commit is under way that has taken its decisions, and no other waits.
    var holdsABatch: Bool { state.withLock { $0.isCommitting && $0.count == 0 } }

    /// Why nothing can be written; nil while it can.
    var block: AuditBlock? { state.withLock { $0.block } }

    /// - Parameter keeper: what is held on to until all is settled.
    func add(
        _ decision: DecisionRecord, at place: (any CompletionPlace)?, keeping keeper: any AnyObject & Sendable,
        _ completion: @escaping DecisionBatch.Completion
    ) -> Addition {
        let (addition, wakes) = state.withLock { state -> (Addition, Bool) in
            if let reason = state.block?.reason {
                state.block?.refused += 1
                return (.blocked(reason), false)
            }
            guard state.count < Self.maximumWaiting else { return (.refused, false) }
            if state.batches.last.map({ $0.count >= Self.maximumBatch }) ?? true {
                state.batches.append(DecisionBatch())
            }
            state.batches[state.batches.count - 1].add(decision, at: place, completion)
            state.count += 1
            if state.keeper == nil { state.keeper = keeper }
            return (.added, state.wakes)
        }
        if wakes { wake.signal() }
        return addition
    }

    /// Waits for decisions, and for most of those that came again lately, though not for long.
    ///
    /// - Returns: nil when no more come.
    func next() -> DecisionBatch? {
        while true {
            switch turn() {
            case .take(let batch): return batch
            case .end: return nil
            case .sleep: wake.wait()
            case .gather(let isAnswering): gather(isAnswering ? answeringTime : gatheringTime)
            }
        }
    }

    /// Lets go of what was kept, if there is nothing left to settle: nobody else may hold it, so not under the lock.
    private func turn() -> Turn {
        let (turn, keeper) = state.withLock { state in
            let turn = state.turn()
            guard case .sleep = turn else { return (turn, (any AnyObject & Sendable)?.none) }
            defer { state.keeper = nil }
            return (turn, state.keeper)
        }
        withExtendedLifetime(keeper) {}
        return turn
    }

    private func gather(_ time: DispatchTimeInterval) {
        let hasTimedOut = wake.wait(timeout: .now() + time) == .timedOut
        let isSignalled = state.withLock { state in
            defer { state.awaited = .nothing }
            state.hasGathered = true
            return hasTimedOut && state.awaited == .nothing
        }
        // The last one came at the last moment: its signal must not end the next gathering.
        if isSignalled { wake.wait() }
    }

    /// To be told before anybody hears of it whose decisions were committed: they may come again at once.
    func hasCommitted() {
        state.withLock { $0.countCallers() }
    }

    /// The thread ends when it has committed what waits.
    func close() {
        let wakes = state.withLock { state in
            state.isClosed = true
            defer { state.awaited = .nothing }
            return state.awaited != .nothing
        }
        if wakes { wake.signal() }
    }

    /// Refuses everybody from now on.
    ///
    /// - Parameter refused: how many were already.
    /// - Returns: those that wait.
    func block(_ reason: String, refused: Int) -> [DecisionBatch] {
        state.withLock { state in
            let rest = state.batches
            state.block = AuditBlock(since: Date(), reason: reason, refused: refused + state.count)
            state.batches = []
            state.count = 0
            return rest
        }
    }

    /// The reason, when everybody is refused: then one more was.
    func countRefused() -> String? {
        state.withLock { state in
            state.block?.refused += 1
            return state.block?.reason
        }
    }

    func stayBlocked(_ reason: String) {
        state.withLock { $0.block?.reason = reason }
    }

    func unblock() {
        state.withLock { $0.block = nil }
    }
}

extension DecisionQueue.State {
    /// Whether what was added is what the thread waits for; it is asked once.
    fileprivate var wakes: Bool {
        mutating get {
            guard awaited == .first || awaited == .expected && count >= callers.awaited else { return false }
            awaited = .nothing
            return true
        }
    }

    /// What the thread does next.
    fileprivate mutating func turn() -> DecisionQueue.Turn {
        let isAfterCommit = isCommitting
        isCommitting = false
        let isExpecting = callers.areExpected && count < callers.awaited && !hasGathered && !isClosed
        if isExpecting {
            // After a commit at once, before anybody comes: else the first would have to wake the thread.
            awaited = .expected
            return .gather(isAnswering: isAfterCommit && (count == 0 || callers.areTogether))
        }
        hasGathered = false
        guard count > 0 else {
            if isClosed { return .end }
            awaited = .first
            return .sleep
        }
        return .take(take())
    }

    /// Once for a commit, also where its decisions had to be committed one by one.
    fileprivate mutating func countCallers() {
        guard let decisions = uncounted else { return }
        uncounted = nil
        callers.committed(decisions, waiting: count)
    }

    private mutating func take() -> DecisionBatch {
        let batch = batches.removeFirst()
        count -= batch.count
        isCommitting = true
        uncounted = batch.count
        if batches.isEmpty {
            var next = DecisionBatch()
            next.reserve(as: batch)
            batches.append(next)
        }
        return batch
    }
}
