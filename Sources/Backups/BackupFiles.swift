import Catalog
import Cryptography
import Foundation
import Glibc
import MediaStorage

/// What backups do with files and folders: everything is for its owner alone, and durable before it counts.
enum BackupFiles {
    static func exists(_ path: String) -> Bool {
        var facts = stat()
        return lstat(path, &facts) == 0
    }

    static func isFolder(_ path: String) -> Bool {
        var facts = stat()
        return lstat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
    }

    /// Makes a folder of mode 0700, unless it is there.
    static func makeFolder(_ path: String) throws(BackupError) {
        guard mkdir(path, 0o700) == 0 || (errno == EEXIST && isFolder(path)) else {
            // A disk that is full is another matter than a place that there is not.
            let isFull = [ENOSPC, EDQUOT, EIO].contains(errno)
            throw .system("cannot make '\(path)'", isFull ? .inputOutput : .cannotCreate)
        }
    }

    static func entries(_ path: String) throws(BackupError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path).sorted()
        } catch {
            throw BackupError(.inputOutput, "cannot list '\(path)'")
        }
    }

    /// Removes what is there.
    static func remove(_ path: String) throws(BackupError) {
        guard exists(path) else { return }
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            throw BackupError(.inputOutput, "cannot remove '\(path)'")
        }
    }

    static func rename(_ path: String, to target: String) throws(BackupError) {
        guard Glibc.rename(path, target) == 0 else { throw .system("cannot name '\(target)'") }
    }

    /// Makes a file's bytes or a folder's entries durable.
    static func synchronize(_ path: String) throws(BackupError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system("cannot open '\(path)'") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .system("cannot make '\(path)' durable") }
    }

    /// Makes everything durable that was written to a folder's file system, and all its folders.
    static func synchronizeAll(of folder: String) throws {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw BackupError.system("cannot open '\(folder)'") }
        defer { close(descriptor) }
        try WholeFileSystem.synchronize(of: descriptor)
    }

    /// Writes a new file, durably.
    static func write(_ data: Data, to path: String) throws {
        let file = try NewFile(path)
        try file.append(data)
        try file.close()
    }

    /// The bytes of a small file.
    static func contents(_ path: String, limit: Int) throws(BackupError) -> Data {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw BackupError(.missing, "'\(path)' is missing: it is no backup, or a part of one")
        }
        guard let data = try? handle.read(upToCount: limit + 1) ?? Data(), data.count <= limit else {
            throw BackupError(.damaged, "'\(path)' cannot be read, or is longer than \(limit) bytes")
        }
        return data
    }

    /// Reads a file through.
    ///
    /// - Parameter take: is given each piece of it.
    /// - Returns: its SHA-256, in hexadecimal digits.
    @discardableResult
    static func digest(_ path: String, _ take: (Data) throws -> Void = { _ in }) throws -> String {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw BackupError(.missing, "'\(path)' is missing: it is no backup, or a part of one")
        }
        let hash = try SHA256Accumulator()
        func next() throws(BackupError) -> Data? {
            do {
                return try handle.read(upToCount: 1 << 20)
            } catch {
                throw BackupError(.inputOutput, "cannot read '\(path)': \(SystemReason.text(error))")
            }
        }
        while let piece = try next(), !piece.isEmpty {
            try piece.withUnsafeBytes { try hash.update($0) }
            try take(piece)
        }
        return Hex.text(try hash.finish())
    }

    /// Copies a file to a new one, durably; its SHA-256.
    static func copy(_ path: String, to target: String) throws -> String {
        let file = try NewFile(target)
        let digest = try digest(path) { try file.append($0) }
        try file.close()
        return digest
    }
}

/// A file that is being written, with mode 0600.
final class NewFile: MediaWriter {
    private let path: String
    private let handle: FileHandle

    init(_ path: String) throws(BackupError) {
        self.path = path
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .system("cannot make '\(path)'") }
        handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    func append(_ data: Data) throws {
        try data.withUnsafeBytes { try append($0) }
    }

    func append(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while rest.count > 0 {
            let count = Glibc.write(handle.fileDescriptor, rest.baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw BackupError.system("cannot write '\(path)'") }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    func close() throws {
        guard fsync(handle.fileDescriptor) == 0 else { throw BackupError.system("cannot make '\(path)' durable") }
        try? handle.close()
    }
}

/// The right to work in a folder: one process at a time. The kernel frees it when the process ends, however.
final class FolderLock {
    private let descriptor: Int32

    init(_ path: String) throws(BackupError) {
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system("cannot open '\(path)'") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw BackupError(.busy, "another process works in '\(path)': wait until it has ended")
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }
}

enum Hex {
    private static let digits = Array("0123456789abcdef".utf8)

    static func text(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
