public import Policies

/// Gives the keys that issuers publish.
public protocol KeySetSource: Sendable {
    /// The set as it was read last; nil when it is not at hand. Does not wait.
    func keySet(at location: KeySetLocation) -> PublishedKeySet?

    /// Reads sets anew, each unless that was tried a moment ago. Bounded in time.
    ///
    /// - Returns: whether one of them may be another than a moment ago.
    @discardableResult
    func renew(_ locations: [KeySetLocation]) async -> Bool

    /// Another number after every change of a set.
    var generation: Int { get }
}

/// A source without sets.
public struct NoKeySets: KeySetSource {
    public init() {}

    public func keySet(at location: KeySetLocation) -> PublishedKeySet? { nil }
    public func renew(_ locations: [KeySetLocation]) async -> Bool { false }
    public var generation: Int { 0 }
}
