public import ContentKeys

/// Where key-encryption keys are held. Never in the database.
public protocol KEKProvider: Sendable {
    /// The version that new keys are wrapped under.
    var current: KEK { get }
    /// A version that some key is wrapped under; nil when it is not at hand.
    func kek(_ version: KEKVersion) -> KEK?
}

/// Why no KEK can be used. Never carries key material.
public struct KEKError: Error, Sendable, Hashable, CustomStringConvertible {
    public var description: String

    init(_ description: String) {
        self.description = description
    }
}
