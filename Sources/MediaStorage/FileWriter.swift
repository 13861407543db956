import Glibc

/// Appends to a new file.
final class FileWriter: MediaWriter {
    private let path: String
    private var descriptor: Int32

    init(path: String) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            let isThere = errno == EEXIST
            let refusal = Folder.refusal("cannot make '\(path)'")
            throw isThere ? MediaStorageError(.exists, refusal.reason) : refusal
        }
    }

    deinit {
        if descriptor >= 0 { Glibc.close(descriptor) }
    }

    func append(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while rest.count > 0 {
            let count = write(descriptor, rest.baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Folder.refusal("cannot write '\(path)'") }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    func close() throws {
        guard fsync(descriptor) == 0, Glibc.close(descriptor) == 0 else {
            throw Folder.refusal("cannot make '\(path)' durable")
        }
        descriptor = -1
    }
}
