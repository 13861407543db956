import Foundation
import Glibc
import Synchronization

/// Short looks at one disk: one at a time, on a thread of their own. A disk that hangs, as a network's does whose server is
/// gone, keeps that thread and no other. Whoever looked at it is told that it does not answer, and so is who looks meanwhile;
/// once it comes back, so do the looks.
///
/// What a look makes after its caller was told is nobody's: it is for what may be left as it is, and not for what publishes
/// something.
public final class DiskLooks: Sendable {
    /// So long a look may take, with those before it. A disk that slept takes ten seconds to wake.
    public static let patience = Duration.seconds(20)

    private struct State {
        var waiting: [@Sendable () -> Void] = []
        /// Whether there is a thread that does what waits.
        var isRunning = false
        var thread: pthread_t?
        /// When the look under way began.
        var began: ContinuousClock.Instant?
    }

    private let name: String
    private let patience: Duration
    private let state = Mutex(State())

    /// - Parameter name: of the disk, in words for whoever is told that it does not answer.
    public init(_ name: String, patience: Duration = DiskLooks.patience) {
        self.name = name
        self.patience = patience
    }

    /// Does the work when those before it are done. Waiting takes no thread.
    ///
    /// - Throws: what the work does; `MediaStorageError` with `unavailable` when the disk does not answer.
    public func run<Output: Sendable>(_ work: @escaping @Sendable () throws -> Output) async throws -> Output {
        try await withCheckedThrowingContinuation { continuation in
            begin(Look { continuation.resume(with: $0) }, work)
        }
    }

    /// The same for a caller that may wait on its thread, also within a look at this disk.
    func runHere<Output: Sendable>(_ work: @escaping @Sendable () throws -> Output) throws -> Output {
        try begin(work)()
    }

    /// Begins a look, so that those at several disks go on side by side.
    ///
    /// - Returns: waits for what came of it.
    func begin<Output: Sendable>(_ work: @escaping @Sendable () throws -> Output) -> () throws -> Output {
        let thread = pthread_self()
        guard state.withLock({ $0.thread != thread }) else { return work }
        let (outcome, isThere) = (Outcome<Output>(before: hanging), DispatchSemaphore(value: 0))
        begin(
            Look {
                outcome.set($0)
                isThere.signal()
            }, work)
        return {
            isThere.wait()
            return try outcome.get()
        }
    }

    private func begin<Output>(_ look: Look<Output>, _ work: @escaping @Sendable () throws -> Output) {
        let isFirst: Bool? = state.withLock { state in
            if let began = state.began, ContinuousClock.now - began >= patience { return nil }
            state.waiting.append {
                // Who was told that the disk does not answer wants nothing of it any more.
                guard !look.isOver else { return }
                look.end(Result { try work() })
            }
            defer { state.isRunning = true }
            return !state.isRunning
        }
        guard let isFirst else { return look.end(.failure(hanging)) }
        let seconds = Double(patience.components.seconds) + Double(patience.components.attoseconds) / 1e18
        DispatchQueue.global().asyncAfter(deadline: .now() + seconds) { [weak look, hanging] in
            look?.end(.failure(hanging))
        }
        if isFirst { Thread.detachNewThread { self.goOn() } }
    }

    /// Until nothing waits.
    private func goOn() {
        while let look = next() { look() }
    }

    private func next() -> (@Sendable () -> Void)? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                (state.isRunning, state.thread, state.began) = (false, nil, nil)
                return nil
            }
            (state.thread, state.began) = (pthread_self(), .now)
            return state.waiting.removeFirst()
        }
    }

    private var hanging: MediaStorageError {
        let seconds = max(1, patience.components.seconds)
        return MediaStorageError(
            .unavailable, "\(name) does not answer: a look at it has not come back for \(seconds) seconds")
    }

    /// One look: it ends once, with what came of it or with what its caller was told before.
    private final class Look<Output: Sendable>: Sendable {
        private let handler: Mutex<(@Sendable (Result<Output, any Error>) -> Void)?>

        init(_ handler: @escaping @Sendable (Result<Output, any Error>) -> Void) {
            self.handler = Mutex(handler)
        }

        var isOver: Bool { handler.withLock { $0 == nil } }

        func end(_ result: Result<Output, any Error>) {
            let handler = handler.withLock { handler in
                defer { handler = nil }
                return handler
            }
            handler?(result)
        }
    }

    private final class Outcome<Output: Sendable>: Sendable {
        private let result: Mutex<Result<Output, any Error>>

        /// - Parameter error: what came of it until something did.
        init(before error: any Error) {
            result = Mutex(.failure(error))
        }

        func set(_ result: Result<Output, any Error>) { self.result.withLock { $0 = result } }

        func get() throws -> Output { try result.withLock { $0 }.get() }
    }
}
