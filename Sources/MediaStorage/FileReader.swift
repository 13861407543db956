import CLinux
import Glibc

/// Ranged reads of one file.
final class FileReader: MediaReader {
    let size: UInt64
    private let path: String
    private let descriptor: Int32

    init(path: String) throws {
        self.path = path
        descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else {
            let code: MediaStorageError.Code = errno == ENOENT ? .missing : .inputOutput
            throw MediaStorageError(code, "cannot open '\(path)': \(Folder.reason())")
        }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw MediaStorageError(.inputOutput, "'\(path)' is not a file")
        }
        size = UInt64(clamping: facts.st_size)
    }

    deinit {
        close(descriptor)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws {
        var rest = buffer
        var position = offset
        while rest.count > 0 {
            guard let fileOffset = off_t(exactly: position) else {
                throw MediaStorageError(.outOfRange, "offset \(position) of '\(path)'")
            }
            let count = pread(descriptor, rest.baseAddress, rest.count, fileOffset)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw MediaStorageError(
                    count == 0 ? .outOfRange : .inputOutput, "cannot read '\(path)' at \(position)")
            }
            rest = UnsafeMutableRawBufferPointer(rebasing: rest[count...])
            position += UInt64(count)
        }
    }

    /// From the page cache.
    func readAtHand(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) -> Bool {
        // Fewer bytes than asked for: the rest is on the disk, or the file has ended, which a read that waits tells.
        keyway_read_at_hand(descriptor, buffer.baseAddress, buffer.count, offset) == buffer.count
    }
}
