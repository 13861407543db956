public import ContentKeys

/// The key-encryption keys that this process may use. Never in the database.
public protocol KEKProvider: Sendable {
    /// The version that new keys are wrapped under.
    var current: KEK { get }
    /// A version that some key is wrapped under; nil when it is not at hand.
    func kek(_ version: KEKVersion) -> KEK?
    /// As `kek`, and waits for a version that must be asked for over the network.
    func find(_ version: KEKVersion) async -> KEK?
}

extension KEKProvider {
    public func find(_ version: KEKVersion) async -> KEK? { kek(version) }
}

/// Why no KEK can be used. Never carries key material.
public struct KEKError: Error, Sendable, Hashable, CustomStringConvertible {
    public var description: String

    public init(_ description: String) {
        self.description = description
    }
}
