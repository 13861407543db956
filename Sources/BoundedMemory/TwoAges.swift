/// A bounded memory of what may be asked for again, in two ages: when the younger is full it becomes the elder, and what
/// the elder held is forgotten, unless it was asked for since. Bounded without a list to keep in order.
///
/// A value without a lock: whoever holds it guards it, and says when an entry is wrong. What is asked for with each request
/// is inlinable: specialized where it is used, it costs a third.
public struct TwoAges<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    @usableFromInline var younger: [Key: Value] = [:]
    @usableFromInline var elder: [Key: Value] = [:]
    @usableFromInline let capacity: Int

    /// - Parameter capacity: how many entries of both ages are kept at most; 2 at least.
    public init(capacity: Int) {
        self.capacity = max(capacity / 2, 1)
    }

    /// How many entries are kept, those that stand in both ages twice.
    public var count: Int { younger.count + elder.count }

    /// The entry of a key, which is young again by this.
    @inlinable public mutating func value(of key: Key) -> Value? {
        if let value = younger[key] { return value }
        guard let value = elder[key] else { return nil }
        keep(value, as: key)
        return value
    }

    /// Keeps an entry in place of any other of its key.
    @inlinable public mutating func keep(_ value: Value, as key: Key) {
        if younger.count >= capacity, younger[key] == nil { age() }
        younger[key] = value
    }

    public mutating func forget(_ key: Key) {
        younger[key] = nil
        elder[key] = nil
    }

    /// Looks at every entry: for changes that are rare.
    public mutating func forget(where isWrong: (Value) -> Bool) {
        for (key, value) in younger where isWrong(value) { younger[key] = nil }
        for (key, value) in elder where isWrong(value) { elder[key] = nil }
    }

    public mutating func forgetAll() {
        Self.release(younger)
        Self.release(elder)
        (younger, elder) = ([:], [:])
    }

    @usableFromInline mutating func age() {
        Self.release(elder)
        elder = younger
        // As many will come, and growing step by step would hold up some of them.
        younger = Dictionary(minimumCapacity: capacity)
    }

    /// Thousands of entries take milliseconds to go: not those of a request.
    private static func release(_ entries: [Key: Value]) {
        guard entries.count >= 500 else { return }
        Task.detached(priority: .utility) { withExtendedLifetime(entries) {} }
    }
}
