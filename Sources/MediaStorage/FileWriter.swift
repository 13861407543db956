import Glibc

/// Appends to a new file.
final class FileWriter: MediaWriter {
    private let path: String
    private var descriptor: Int32

    init(path: String) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            let code: MediaStorageError.Code = errno == EEXIST ? .exists : .inputOutput
            throw MediaStorageError(code, "cannot make '\(path)': \(Folder.reason())")
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
            guard count > 0 else {
                throw MediaStorageError(.inputOutput, "cannot write '\(path)': \(Folder.reason())")
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    func close() throws {
        guard fsync(descriptor) == 0, Glibc.close(descriptor) == 0 else {
            throw MediaStorageError(.inputOutput, "cannot make '\(path)' durable: \(Folder.reason())")
        }
        descriptor = -1
    }
}
