import Foundation
import Glibc

extension FileSystemMediaStorage {
    public func append(toOriginal name: String, in account: String?) throws -> any OriginalWriter {
        let file = StoredFile(original: name)
        try Folder.make(originalsFolder)
        return try AppendingFile(path: try path(of: file), folder: originalsFolder, what: file)
    }

    public func createTags(ofOriginal name: String, in account: String?) throws -> any MediaWriter {
        let path = try path(of: StoredFile(original: name).tags)
        guard unlink(path) == 0 || errno == ENOENT else {
            throw MediaStorageError(.inputOutput, "cannot replace '\(path)': \(Folder.reason())")
        }
        return try FileWriter(path: path)
    }

    public func size(ofOriginal name: String, in account: String?) throws -> UInt64 {
        do {
            return try open(StoredFile(original: name)).size
        } catch let error as MediaStorageError where error.code == .missing {
            return 0
        }
    }

    public func removeOriginal(_ name: String, in account: String?) throws {
        let file = StoredFile(original: name)
        for path in [try path(of: file), try path(of: file.tags)] {
            guard unlink(path) == 0 || errno == ENOENT else {
                throw MediaStorageError(.inputOutput, "cannot remove '\(path)': \(Folder.reason())")
            }
        }
    }

    public func originals() throws -> [StoredFile] {
        guard FileManager.default.fileExists(atPath: originalsFolder) else { return [] }
        return try Folder.entries(originalsFolder).filter { !$0.hasSuffix(StoredFileWriter.tagsFile(of: "")) }
            .map { StoredFile(original: $0) }
    }
}

/// An original that is written. The kernel's lock ends with the process, however that ends.
private final class AppendingFile: OriginalWriter {
    private let path: String
    private var descriptor: Int32
    private(set) var size: UInt64
    /// The kernel says once that the disk did not take something, and forgets what that was.
    private var isLost = false

    init(path: String, folder: String, what: StoredFile) throws {
        self.path = path
        let isNew = access(path, F_OK) != 0
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw Folder.refusal("cannot open '\(path)'")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            defer { Glibc.close(descriptor) }
            throw MediaStorageError(
                errno == EWOULDBLOCK ? .busy : .inputOutput, "\(what) is being written: \(Folder.reason())")
        }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            Glibc.close(descriptor)
            throw MediaStorageError(.inputOutput, "'\(path)' is not a file")
        }
        self.descriptor = descriptor
        size = UInt64(clamping: facts.st_size)
        // What a process that died wrote may not be durable yet, and is counted from now on.
        try synchronize()
        if isNew { try Folder.synchronize(folder) }
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
            size += UInt64(count)
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    func synchronize() throws {
        guard !isLost else {
            throw MediaStorageError(.inputOutput, "'\(path)' did not become durable before: send it again")
        }
        guard fdatasync(descriptor) == 0 else {
            let refusal = Folder.refusal("cannot make '\(path)' durable")
            isLost = true
            throw refusal
        }
    }

    func truncate(to size: UInt64) throws {
        guard let length = off_t(exactly: size), ftruncate(descriptor, length) == 0, fsync(descriptor) == 0 else {
            isLost = true
            throw MediaStorageError(.inputOutput, "cannot cut '\(path)': \(Folder.reason())")
        }
        self.size = size
    }

    func close() throws {
        try synchronize()
        guard Glibc.close(descriptor) == 0 else {
            throw MediaStorageError(.inputOutput, "cannot close '\(path)': \(Folder.reason())")
        }
        descriptor = -1
    }
}
