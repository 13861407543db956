public import Foundation

/// Where media lies: a port that knows files of asset versions, and nothing of formats.
///
/// A version is written into a staging folder and becomes visible whole, by one step, when it is complete. What is visible
/// never changes.
public protocol MediaStorage: Sendable {
    /// A folder for a version that is being made; nothing in it can be read through `open`.
    func stage() throws -> any StagedVersion
    /// Opens a file of a version for ranged reads.
    func open(_ file: StoredFile) throws -> any MediaReader
    /// Reads a whole small file, mapped where the engine can.
    ///
    /// - Throws: `MediaStorageError` when it is longer than `limit` bytes.
    func contents(of file: StoredFile, limit: Int) throws -> Data
    /// Removes what processes that died left in staging, and version folders that `isKnown` does not know. To be called
    /// by the only writer.
    func removeLeftovers(isKnown: (_ asset: String, _ version: Int) -> Bool) throws
}

/// A version that is being written.
public protocol StagedVersion: AnyObject, Sendable {
    /// Starts a file. Its bytes are durable after `commit`.
    func create(_ name: String) throws -> any MediaWriter
    /// Makes all files visible as this version, durably, in one step.
    ///
    /// - Throws: `MediaStorageError` when the version exists: what is there is never replaced.
    func commit(asset: String, version: Int) throws
    /// Removes everything. Harmless after `commit`.
    func discard()
}

/// Appends to one file. Owned by one task.
public protocol MediaWriter: AnyObject {
    func append(_ bytes: UnsafeRawBufferPointer) throws
    /// Ends the file and makes it durable.
    func close() throws
}

/// Reads ranges of one file. Safe to use from several tasks at once.
public protocol MediaReader: Sendable {
    /// In bytes.
    var size: UInt64 { get }
    /// Fills the buffer with the bytes from `offset` on; all of it or an error.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws
    /// The same where the bytes are at hand, so that reading them waits for no disk.
    ///
    /// - Returns: false when they are not; the buffer then holds nothing of use.
    func readAtHand(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws -> Bool
}

extension MediaReader {
    /// For engines that cannot tell.
    public func readAtHand(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws -> Bool { false }

    /// Appends the bytes of a range.
    public func append(_ range: Range<UInt64>, to bytes: inout [UInt8]) throws {
        guard range.upperBound <= size, let count = Int(exactly: range.upperBound - range.lowerBound) else {
            throw MediaStorageError(.outOfRange, "a read of \(range) in a file of \(size) bytes")
        }
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: count))
        try bytes.withUnsafeMutableBytes { buffer in
            try read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[start...]), at: range.lowerBound)
        }
    }
}

/// Names one file of one version.
public struct StoredFile: Sendable, Hashable, CustomStringConvertible {
    public var asset: String
    public var version: Int
    public var name: String

    public init(asset: String, version: Int, name: String) {
        self.asset = asset
        self.version = version
        self.name = name
    }

    public var description: String { "file '\(name)' of version \(version) of '\(asset)'" }
}

/// Why storage refused. Names files, never contents.
public struct MediaStorageError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable {
        case exists
        case missing
        case outOfRange
        case tooLarge
        case nameNotAllowed
        case wrongKeyType
        /// What is stored is not what was written.
        case damaged
        case inputOutput
    }

    public var code: Code
    public var reason: String
    public var description: String { "media storage: \(reason)" }

    public init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }
}
