public import BoundedMemory
public import Synchronization

/// What was read from the catalog, kept in memory while a `CatalogWatch` hears of every change.
///
/// Right by construction: a value is used only while the watch is fresh, a change lets go what it touches, and what was read
/// before a change is not kept after it. What is not there is not kept.
public final class WatchedMemory<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    /// What a change makes wrong.
    public enum Effect: Sendable {
        case nothing
        case one(Key)
        case those(@Sendable (Value) -> Bool)
        case everything
    }

    @usableFromInline struct State {
        @usableFromInline var values: TwoAges<Key, Value>
        /// Counts the changes that made something wrong, also what is being read just now.
        var generation = 0
    }

    @usableFromInline let watch: CatalogWatch
    private let effect: @Sendable (CatalogNotice) -> Effect
    @usableFromInline let state: Mutex<State>

    /// - Parameters:
    ///   - capacity: most values that are kept.
    ///   - effect: what of the values a change makes wrong. Called for every change, so it must be quick.
    public init(watch: CatalogWatch, capacity: Int, effect: @escaping @Sendable (CatalogNotice) -> Effect) {
        self.watch = watch
        self.effect = effect
        state = Mutex(State(values: TwoAges(capacity: capacity)))
        watch.listen { [weak self] in self?.hear($0) }
    }

    /// The value at hand; nil when the catalog has to be asked.
    @inlinable public func known(_ key: Key) -> Value? {
        guard watch.isFresh else { return nil }
        return state.withLock { $0.values.value(of: key) }
    }

    /// The value at hand, or what is read now.
    public func value(of key: Key, read: () throws -> Value?) rethrows -> Value? {
        if let known = known(key) { return known }
        let generation = generation
        guard let value = try read() else { return nil }
        keep(value, as: key, generation: generation)
        return value
    }

    /// The value at hand, or what is read now.
    public func value(of key: Key, read: () async throws -> Value?) async rethrows -> Value? {
        if let known = known(key) { return known }
        let generation = generation
        guard let value = try await read() else { return nil }
        keep(value, as: key, generation: generation)
        return value
    }

    /// The value at hand, or what is made now.
    ///
    /// What it is made of comes from other memories under the same watch: they must be older than this one, so that they
    /// hear of each change before it.
    /// - Parameter isKept: whether the value is worth its memory.
    public func value(
        of key: Key, isKept: (Value) -> Bool, make: () async throws -> Value
    ) async rethrows -> Value {
        if let known = known(key) { return known }
        let generation = generation
        let value = try await make()
        if isKept(value) { keep(value, as: key, generation: generation) }
        return value
    }

    /// Counts the changes that made something wrong; nil while the watch has not heard of everything.
    public var freshGeneration: Int? { watch.isFresh ? generation : nil }

    private var generation: Int { state.withLock { $0.generation } }

    private func keep(_ value: Value, as key: Key, generation: Int) {
        state.withLock { state in
            guard state.generation == generation else { return }
            state.values.keep(value, as: key)
        }
    }

    private func hear(_ notices: [CatalogNotice]?) {
        state.withLock { state in
            guard let notices else {
                state.values.forgetAll()
                state.generation += 1
                return
            }
            for notice in notices {
                switch effect(notice) {
                case .nothing: continue
                case .one(let key): state.values.forget(key)
                case .those(let isWrong): state.values.forget(where: isWrong)
                case .everything: state.values.forgetAll()
                }
                state.generation += 1
            }
        }
    }
}
