/// Where a package goes. Its files become visible together.
public protocol PackageDestination: Sendable {
    /// Starts a file. Files may be written by several tasks at once.
    ///
    /// - Parameter path: relative, with slashes.
    func create(_ path: String) throws -> any PackageFile
    /// Makes all files visible, durably.
    func commit() throws
    /// Removes everything. Harmless after `commit`.
    func discard()
}

/// A file that is being written. Owned by one task.
public protocol PackageFile: AnyObject {
    func append(_ bytes: UnsafeRawBufferPointer) throws
    func close() throws
}

/// Why a package could not be written.
public struct PackagingError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        case cannotCreate
        case inputOutput
        /// What was made is not what was planned.
        case wrongSize
    }

    public var code: Code
    /// Names the file, never contents.
    public var reason: String
    public var description: String { reason }

    public init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }
}
