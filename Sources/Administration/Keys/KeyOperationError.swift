/// Why an operation on a key was not done. Codes are stable; no text holds key material.
public struct KeyOperationError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable, Codable {
        /// There is no key, seed or asset of that name.
        case missing
        /// A value that was given does not fit.
        case invalid
        /// Something needs the key.
        case inUse
        /// The key is not in a state in which this can be done.
        case wrongState
        /// The operator may not.
        case notPermitted
    }

    public var code: Code
    public var reason: String
    public var description: String { reason }

    public init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }
}
