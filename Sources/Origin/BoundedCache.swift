import Synchronization

/// A cache of immutable values with a bounded number of entries; the least recently used one goes first.
final class BoundedCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct State {
        var values: [Key: (value: Value, used: UInt64)] = [:]
        var clock: UInt64 = 0
    }

    private let state = Mutex(State())
    private let maximumCount: Int

    init(maximumCount: Int) {
        self.maximumCount = maximumCount
    }

    /// The value of a key, made when it is not at hand. Two callers at once may both make it; both get equal values.
    func value(_ key: Key, make: () async throws -> Value) async rethrows -> Value {
        if let value = find(key) { return value }
        let value = try await make()
        insert(value, key)
        return value
    }

    private func find(_ key: Key) -> Value? {
        state.withLock { state in
            guard let entry = state.values[key] else { return nil }
            state.clock += 1
            state.values[key] = (entry.value, state.clock)
            return entry.value
        }
    }

    private func insert(_ value: Value, _ key: Key) {
        state.withLock { state in
            state.clock += 1
            state.values[key] = (value, state.clock)
            guard state.values.count > maximumCount else { return }
            // A quarter goes at once, so that the sort is rare.
            let oldest = state.values.sorted { $0.value.used < $1.value.used }.prefix(max(1, maximumCount / 4))
            for entry in oldest { state.values[entry.key] = nil }
        }
    }
}
