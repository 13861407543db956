import Jobs
import ServiceLifecycle

/// The worker role: runs queued jobs until the server stops. A job under way is then left queued for the next worker.
struct WorkerService: Service {
    let queue: JobQueue

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await queue.run()
        }
    }
}
