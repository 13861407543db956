import Glibc
public import MediaStorage

/// A file of the machine as content of a check.
public final class FileContent: MediaReader {
    public let size: UInt64
    private let path: String
    private let descriptor: Int32

    /// - Throws: `MediaStorageError` when it is no file that can be read.
    public init(path: String) throws {
        self.path = path
        descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else {
            throw MediaStorageError(
                errno == ENOENT ? .missing : .inputOutput, "cannot open '\(path)': \(String(cString: strerror(errno)))")
        }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw MediaStorageError(.missing, "'\(path)' is not a file")
        }
        size = UInt64(clamping: facts.st_size)
    }

    deinit {
        close(descriptor)
    }

    public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws {
        var done = 0
        while done < buffer.count {
            guard let place = off_t(exactly: offset + UInt64(done)) else {
                throw MediaStorageError(.outOfRange, "offset \(offset) of '\(path)'")
            }
            let count = pread(descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done, place)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw MediaStorageError(.inputOutput, "'\(path)' cannot be read at \(offset), or changes")
            }
            done += count
        }
    }
}
