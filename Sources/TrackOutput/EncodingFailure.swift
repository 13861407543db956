public import EncoderProtocol

/// Why the child's work stopped.
public struct EncodingFailure: Error, Sendable {
    public var code: EncoderFailureCode
    /// The cause, for people; the caller adds the file's name.
    public var message: String

    public init(_ code: EncoderFailureCode, _ message: String) {
        self.code = code
        self.message = message
    }
}
