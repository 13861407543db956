import Foundation
import Synchronization

/// Looks at several disks that callers of Swift's shared pool want, such as for which account something new goes to: on
/// threads that may wait, a few for the whole process. `DiskLooks` bounds how long each disk is waited for, and is what looks at
/// one alone go through.
public enum DiskLook {
    private static let threads = BlockingThreads(count: 4)

    /// Does the work there.
    public static func run<Output: Sendable>(_ work: @Sendable () throws -> Output) async throws -> Output {
        try await withTaskExecutorPreference(threads) { try work() }
    }
}

/// Work of minutes that reads and writes whole files, such as a backup, and what publishes or removes something and so may not
/// be left behind by a caller that was told that the disk does not answer: on a thread of its own, so that the threads of
/// Swift's shared pool go on answering, and those of other looks.
public enum LongDiskWork {
    /// Does the work there, between what it awaits.
    public static func run<Output: Sendable>(_ work: () async throws -> Output) async throws -> Output {
        try await withTaskExecutorPreference(BlockingThreads(count: 1)) { try await work() }
    }

    /// The same for work that awaits nothing.
    public static func run<Output: Sendable>(blocking work: @Sendable () throws -> Output) async throws -> Output {
        try await withTaskExecutorPreference(BlockingThreads(count: 1)) { try work() }
    }
}

/// A few threads for work that waits for the disk or reads whole files, so that it does not take those of Swift's shared
/// pool, of which there is one for each processor. As many pieces of work run at once as there are threads; others wait.
final class BlockingThreads: TaskExecutor {
    /// What threads and executor share, so that the threads end when the executor is gone.
    private final class Work: Sendable {
        private let jobs = Mutex<(waiting: [UnownedJob], next: Int, isOver: Bool)>(([], 0, false))
        private static let forgottenAtOnce = 1024
        private let available = DispatchSemaphore(value: 0)

        func add(_ job: UnownedJob) {
            jobs.withLock { $0.waiting.append(job) }
            available.signal()
        }

        func end(threads: Int) {
            jobs.withLock { $0.isOver = true }
            for _ in 0..<threads { available.signal() }
        }

        /// Waits for one; nil at the end.
        func take() -> UnownedJob? {
            available.wait()
            return jobs.withLock { jobs in
                guard jobs.next < jobs.waiting.count else { return nil }
                defer {
                    jobs.next += 1
                    if jobs.next == jobs.waiting.count || jobs.next == Self.forgottenAtOnce {
                        jobs.waiting.removeFirst(jobs.next)
                        jobs.next = 0
                    }
                }
                return jobs.waiting[jobs.next]
            }
        }
    }

    /// What these threads are known by, in their dictionaries.
    static let mark = "keyway-files"

    private let work = Work()
    private let count: Int
    private let isStarted = Mutex(false)

    init(count: Int) {
        self.count = count
    }

    deinit {
        work.end(threads: count)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        start()
        work.add(UnownedJob(job))
    }

    /// The threads come to be with the first piece of work: most processes never have one.
    private func start() {
        let isFirst = isStarted.withLock { isStarted in
            defer { isStarted = true }
            return !isStarted
        }
        guard isFirst else { return }
        // A piece of work holds its executor itself: a thread only needs it while it runs one.
        for _ in 0..<count {
            let thread = Thread { [work, executor = Weak(self)] in
                // A name may come too early to be the thread's own.
                Thread.current.threadDictionary[Self.mark] = true
                while let job = work.take() {
                    guard let executor = executor.value else { return }
                    job.runSynchronously(on: executor.asUnownedTaskExecutor())
                }
            }
            thread.start()
        }
    }

    private final class Weak: Sendable {
        private weak let executor: BlockingThreads?
        var value: BlockingThreads? { executor }
        init(_ executor: BlockingThreads) { self.executor = executor }
    }
}
