import EncoderProtocol

/// Why a job ended in error: a stable code, and a message that names the input and the cause.
public struct JobFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// The encoder's own codes are `EncoderFailureCode`s; these are the supervisor's.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// The child ended without saying how it went.
        case encoderCrashed
        /// The child sent something that is not in the protocol, or contradicts itself.
        case encoderProtocol
        case encoderMissing
        /// The wall time or the output's size is used up.
        case limitExceeded
        case storageFailed
        case catalogFailed
        /// Another job made the asset meanwhile.
        case assetExists
        /// An original may not be used yet, or not at all.
        case originalNotReady
        /// The worker died with the job, too often.
        case workerLost
    }

    public let code: String
    public let message: String
    public var description: String { message }

    init(_ code: Code, _ message: String) {
        self.code = code.rawValue
        self.message = message
    }

    init(encoder code: EncoderFailureCode, _ message: String) {
        self.code = code.rawValue
        self.message = message
    }
}
