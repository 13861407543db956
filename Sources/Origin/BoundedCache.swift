import BoundedMemory
import Synchronization

/// A cache of immutable values with a bounded number of entries.
final class BoundedCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let values: Mutex<TwoAges<Key, Value>>

    init(maximumCount: Int) {
        values = Mutex(TwoAges(capacity: maximumCount))
    }

    /// The value at hand.
    func known(_ key: Key) -> Value? {
        values.withLock { $0.value(of: key) }
    }

    func keep(_ value: Value, as key: Key) {
        values.withLock { $0.keep(value, as: key) }
    }

    /// The value of a key, made when it is not at hand. Two callers at once may both make it; both get equal values.
    func value(_ key: Key, make: () async throws -> Value) async rethrows -> Value {
        if let value = known(key) { return value }
        let value = try await make()
        values.withLock { $0.keep(value, as: key) }
        return value
    }
}
