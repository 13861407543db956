import Synchronization

/// Work that many ask for at the same moment and that is done once: whoever comes while it is under way waits for it. What
/// came of it is not kept; whoever wants that asks a cache first.
final class SharedWork<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let running = Mutex<[Key: Task<Value, any Error>]>([:])

    /// What the work comes to, or why it failed, which those who wait are told as well. It goes on when they leave.
    func value(_ key: Key, make: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let task = running.withLock { running in
            if let task = running[key] { return task }
            let task = Task {
                // Waits until the task stands there.
                defer { self.running.withLock { $0[key] = nil } }
                return try await make()
            }
            running[key] = task
            return task
        }
        return try await task.value
    }
}
