import Glibc

/// Why a file was not read.
public struct BoundedFileError: Error, Equatable {
    public enum Cause: Sendable, Equatable {
        /// It is not there, or the system does not give it.
        case unreadable
        /// A folder, a pipe, a device.
        case notAFile
        case tooLarge
        case notText
    }

    public var cause: Cause
    /// Reads on after the file's name: `is larger than 16 KiB`.
    public var reason: String
}

/// Reads small text files whose paths come from others.
public enum BoundedFile {
    /// The text of a regular file of at most `limit` bytes.
    static func read(_ path: String, limit: Int) throws(BoundedFileError) -> String {
        guard let text = String(validating: try bytes(path, limit: limit), as: UTF8.self) else {
            throw BoundedFileError(cause: .notText, reason: "is not a text in UTF-8")
        }
        return text
    }

    /// The bytes of a regular file of at most `limit` of them.
    public static func bytes(_ path: String, limit: Int) throws(BoundedFileError) -> [UInt8] {
        // Not blocking: a pipe would otherwise wait for a writer before it can be told from a file.
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else {
            throw BoundedFileError(
                cause: .unreadable, reason: errno == ENOENT ? "does not exist" : "cannot be opened")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw BoundedFileError(cause: .notAFile, reason: "is not a file")
        }
        return try bytes(of: descriptor, limit: limit)
    }

    /// Reads to the end, whatever size the system told before.
    private static func bytes(of descriptor: Int32, limit: Int) throws(BoundedFileError) -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = piece.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            guard count >= 0 else { throw BoundedFileError(cause: .unreadable, reason: "cannot be read") }
            guard count > 0 else { return bytes }
            bytes += piece.prefix(count)
            guard bytes.count <= limit else {
                throw BoundedFileError(cause: .tooLarge, reason: "is larger than \(limit >> 10) KiB")
            }
        }
    }
}
