/// OpenSSL refused an operation, or an argument has the wrong size. Never carries key material.
public struct CryptographyError: Error, Sendable, Hashable, CustomStringConvertible {
    public var operation: String
    public var description: String { "cryptographic operation failed: \(operation)" }

    public init(_ operation: String) {
        self.operation = operation
    }
}
