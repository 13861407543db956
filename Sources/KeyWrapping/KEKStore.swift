public import ContentKeys

/// An engine that holds KEK versions: files, the environment, a transit engine.
public protocol KEKStore: Sendable {
    var kind: KEKProviderKind { get }
    /// Where a version is, for messages: a path or a variable's name.
    func place(of version: KEKVersion) -> String
    /// Whether something lies in that place. Says nothing of whether it is the right key.
    func holds(_ version: KEKVersion) -> Bool
    /// - Throws: `KEKError` that says what is wrong, where, and what to do.
    func load(_ version: KEKVersion) async throws -> KEK
    /// Whether `load` asks over a network.
    var waits: Bool { get }
    /// As `load`, on the calling thread; nil when the store would have to wait.
    func loadNow(_ version: KEKVersion) throws -> KEK?
    /// Makes a version durably, or takes the one that another process made just before.
    ///
    /// - Throws: `KEKError`, also when the store cannot make versions; it then says how the operator does.
    func create(_ version: KEKVersion) async throws -> KEK
    /// Puts a version aside that nothing needs any more, without destroying it.
    ///
    /// - Returns: what was done or is to be done, for the operator.
    func retire(_ version: KEKVersion) throws -> String
}
