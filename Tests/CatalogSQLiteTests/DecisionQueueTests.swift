import Catalog
import Foundation
import Policies
import Synchronization
import TestSupport
import Testing

@testable import CatalogSQLite

/// For whom the thread that commits waits. In these tests it would wait for minutes: it goes on because enough came, or not at
/// all.
@Suite(.waiting, .timeLimit(.minutes(5))) struct DecisionQueueTests {
    private final class Keeper: Sendable {}

    private let queue = DecisionQueue(gatheringTime: .seconds(600), answeringTime: .seconds(600))

    private func add(_ number: Int) {
        for _ in 0..<number {
            let event = AuditEvent(time: Fixture.now, action: .keyGranted)
            let addition = queue.add(DecisionRecord(events: [event]), at: nil, keeping: Keeper()) { _ in }
            guard case .added = addition else {
                Issue.record("not added")
                return
            }
        }
    }

    /// The thread that commits.
    private final class Committer: Sendable {
        private let batches = Mutex<[Int]>([])

        /// How many decisions each commit had.
        var commits: [Int] { batches.withLock { $0 } }

        /// Takes what comes next, on a thread of its own.
        func take(from queue: DecisionQueue) {
            Thread.detachNewThread { [self] in
                guard let batch = queue.next() else { return }
                batches.withLock { $0.append(batch.count) }
            }
        }
    }

    private func until(_ holds: () -> Bool) async throws {
        for _ in 0..<6000 where !holds() { try await Task.sleep(for: .milliseconds(10)) }
        try #require(holds())
    }

    /// - Parameter callers: so many were answered together before.
    @Test(arguments: [(4, 4), (47, 47), (64, 56), (100, 88)])
    func aCommitHasThoseThatComeTogetherButTheLast(callers: Int, awaited: Int) async throws {
        let committer = Committer()
        add(callers)
        committer.take(from: queue)
        try await until { committer.commits == [callers] }
        queue.hasCommitted()
        committer.take(from: queue)
        add(awaited - 1)
        try await Task.sleep(for: .milliseconds(50))
        #expect(committer.commits == [callers])
        add(1)
        try await until { committer.commits == [callers, awaited] }
        // The last of them come while the disk has that commit, and the others when they are answered.
        add(callers - awaited)
        queue.hasCommitted()
        committer.take(from: queue)
        add(awaited - (callers - awaited) - 1)
        try await Task.sleep(for: .milliseconds(50))
        #expect(committer.commits == [callers, awaited])
        add(1)
        try await until { committer.commits == [callers, awaited, awaited] }
    }

    /// What waits is more than a commit takes.
    @Test func aFullCommitWaitsForNobody() async throws {
        let committer = Committer()
        add(2500)
        for commits in [[1000], [1000, 1000], [1000, 1000, 500]] {
            committer.take(from: queue)
            if commits.count == 3 {
                try await Task.sleep(for: .milliseconds(50))
                #expect(committer.commits == [1000, 1000])
                add(375)
                try await until { committer.commits == [1000, 1000, 875] }
            } else {
                try await until { committer.commits == commits }
            }
            queue.hasCommitted()
        }
    }

    @Test func oneCallerIsNotHeldUp() async throws {
        let committer = Committer()
        for number in 1...20 {
            committer.take(from: queue)
            add(1)
            try await until { committer.commits.count == number }
            queue.hasCommitted()
        }
        #expect(committer.commits.allSatisfy { $0 == 1 })
    }

    @Test func theEndWaitsForNobody() async throws {
        let committer = Committer()
        add(64)
        committer.take(from: queue)
        try await until { committer.commits == [64] }
        queue.hasCommitted()
        committer.take(from: queue)
        add(3)
        queue.close()
        try await until { committer.commits == [64, 3] }
    }
}
