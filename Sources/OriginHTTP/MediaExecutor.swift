import NIOCore
import NIOPosix

/// Threads for reading and encrypting media, so that this work takes neither the event loops nor the shared pool.
public final class MediaExecutor: TaskExecutor {
    private let pool: NIOThreadPool

    public init(threadCount: Int) {
        pool = NIOThreadPool(numberOfThreads: threadCount)
        pool.start()
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        pool.submit { [self] _ in
            // Jobs run also when the pool stops: a task must end, and ends soon since its connection is gone.
            job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }

    /// Does something that may wait; its result comes on the event loop.
    func run<Result: Sendable>(
        on loop: any EventLoop, _ body: @escaping @Sendable () throws -> Result
    ) -> EventLoopFuture<Result> {
        pool.runIfActive(eventLoop: loop, body)
    }

    /// Ends the threads. No task may prefer the executor any more.
    public func shutDown() async throws {
        try await pool.shutdownGracefully()
    }
}
