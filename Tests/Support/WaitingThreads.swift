import Foundation
package import Testing

/// Threads for tests that wait: for programs, servers and times. Swift's own pool has a thread for each processor, so that on two
/// of them two waiting tests would keep every other from running.
package final class WaitingThreads: TaskExecutor, @unchecked Sendable {
    // Sendable: `jobs` is touched with the condition locked only.
    package static let shared = WaitingThreads(6)

    private let condition = NSCondition()
    private var jobs: [UnownedJob] = []

    /// - Parameter count: how many run at once. Enough that there is always something to do on a small machine, and not so many
    ///   that what waits for an answer has its turn too late.
    init(_ count: Int) {
        for _ in 0..<count {
            let thread = Thread { [unowned self] in run() }
            thread.stackSize = 1 << 23
            thread.start()
        }
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        condition.withLock { jobs.append(job) }
        condition.signal()
    }

    private func run() -> Never {
        while true {
            condition.lock()
            while jobs.isEmpty { condition.wait() }
            let job = jobs.removeFirst()
            condition.unlock()
            job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }
}

/// Runs each test of a suite on `WaitingThreads`.
package struct Waiting: SuiteTrait, TestTrait, TestScoping {
    package let isRecursive = true

    package func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(WaitingThreads.shared) { try await function() }
    }
}

extension Trait where Self == Waiting {
    /// The tests wait for programs, servers or times: they run on threads of their own.
    package static var waiting: Waiting { Waiting() }
}
