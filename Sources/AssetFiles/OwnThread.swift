import Foundation
import Synchronization

/// Work that waits for disks and sockets: on a thread of its own, so that what others do on the shared ones goes on. How
/// many there are at once is the caller's to bound.
public enum OwnThread {
    /// - Parameter work: looks at the flag as it goes on.
    public static func run<Output: Sendable>(
        _ work: @escaping @Sendable (_ stop: StopFlag) throws -> Output
    ) async throws -> Output {
        let stop = StopFlag()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                Thread.detachNewThread { continuation.resume(with: Result { try work(stop) }) }
            }
        } onCancel: {
            stop.set()
        }
    }
}

/// Whether work on another thread shall end.
public final class StopFlag: Sendable {
    private let isSet = Atomic<Bool>(false)

    public init() {}

    public func set() { isSet.store(true, ordering: .relaxed) }

    /// - Throws: `CancellationError` once it is set.
    public func check() throws {
        if isSet.load(ordering: .relaxed) { throw CancellationError() }
    }
}
