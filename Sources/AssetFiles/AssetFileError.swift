/// Why something was not done with an asset's files. Names files, never contents.
public struct AssetFileError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// The request cannot be read, or contradicts itself.
        case malformed
        case missing
        case exists
        /// Bytes that do not come where the upload goes on.
        case wrongOffset
        /// A checksum of some bytes is not theirs; they were not kept.
        case wrongChecksum
        /// More bytes than were said, or than a file may have.
        case tooLarge
        /// The originals of the installation take as much as they may.
        case quotaExceeded
        /// Somebody else is writing it.
        case busy
        /// What it takes is not at hand now.
        case unavailable
        /// It may not be used yet, or not at all.
        case notReady
        /// The upload is over.
        case complete
        /// What is stored is not what was written.
        case damaged
    }

    public var code: Code
    public var reason: String
    public var description: String { reason }

    public init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }
}
