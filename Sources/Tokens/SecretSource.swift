/// Gives the named secrets that verify HMACs. They are held wrapped under the KEK; who implements this unwraps them.
public protocol SecretSource: Sendable {
    /// Calls `body` with a secret's bytes, which must not leave the call; nil when there is no such secret, or when it
    /// cannot be unwrapped.
    func withSecret<Result, Failure: Error>(
        named name: String, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result?

    /// Another number after every change of a secret, so that what was verified under one is not remembered beyond it;
    /// nil while changes may go unheard.
    var generation: Int? { get }
}

extension SecretSource {
    public var generation: Int? { nil }
}

/// A source without secrets: for policies that verify with public keys only.
public struct NoSecrets: SecretSource {
    public init() {}

    public func withSecret<Result, Failure: Error>(
        named name: String, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        nil
    }
}
