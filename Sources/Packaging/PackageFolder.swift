import Foundation
import Glibc
import MediaStorage
import Synchronization

/// A folder that a package is written into: it comes to be whole, by one step, or not at all.
///
/// Everything is written into `.{name}.partial` beside it. What a process that died left there is removed by the next one,
/// unless that goes on with it.
public final class PackageFolder: PackageDestination {
    private let path: String
    private let staging: String
    private let descriptor: Int32
    private let folders = Mutex<Set<String>>([])
    private let isFinished = Mutex(false)
    private let isResumed: Bool

    /// - Parameter isResumed: goes on with what an earlier attempt left, and leaves what it has itself when it fails.
    /// - Throws: `PackagingError` when the folder holds something, another process writes the same one, or it cannot be
    ///   made.
    public init(path: String, isResumed: Bool = false) throws {
        self.isResumed = isResumed
        let url = URL(fileURLWithPath: path).standardizedFileURL
        self.path = url.path
        staging = url.deletingLastPathComponent().appendingPathComponent(".\(url.lastPathComponent).partial").path
        try Self.checkFree(url.path)
        descriptor = try Self.stage(staging, isResumed: isResumed)
    }

    deinit {
        discard()
        Glibc.close(descriptor)
    }

    private static func checkFree(_ path: String) throws {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        let names = try? FileManager.default.contentsOfDirectory(atPath: path)
        guard names?.isEmpty == true else {
            throw PackagingError(.cannotCreate, "'\(path)' exists and is not an empty folder: give another one")
        }
    }

    /// Makes the staging folder, anew unless it is gone on with, and takes its lock.
    private static func stage(_ staging: String, isResumed: Bool) throws -> Int32 {
        for _ in 0..<2 {
            let isNew = mkdir(staging, 0o755) == 0
            guard isNew || errno == EEXIST else { throw failure(.cannotCreate, "make", staging) }
            let descriptor = open(staging, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard descriptor >= 0 else { throw failure(.cannotCreate, "open", staging) }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                Glibc.close(descriptor)
                throw PackagingError(.cannotCreate, "another process writes this package now")
            }
            if isNew || isResumed { return descriptor }
            Glibc.close(descriptor)
            try remove(staging)
        }
        throw PackagingError(.cannotCreate, "another process writes this package now")
    }

    public func create(_ path: String) throws -> any PackageFile { try FolderFile(path: place(of: path)) }

    /// Where a file is written before all are there, with the folders above it.
    public func place(of path: String) throws -> String {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard !parts.isEmpty, parts.allSatisfy({ !["", ".", ".."].contains($0) && !$0.contains("\0") }) else {
            throw PackagingError(.cannotCreate, "'\(path)' cannot name a file of a package")
        }
        try folders.withLock { folders in
            for depth in parts.indices.dropFirst() {
                let folder = staging + "/" + parts[..<depth].joined(separator: "/")
                guard !folders.contains(folder) else { continue }
                guard mkdir(folder, 0o755) == 0 || isResumed && errno == EEXIST else {
                    throw Self.failure(.cannotCreate, "make", folder)
                }
                folders.insert(folder)
            }
        }
        return staging + "/" + path
    }

    /// Removes what an earlier attempt left that is none of these files, nor the beginning of one.
    ///
    /// - Parameter isWanted: is asked for each file, by its path.
    public func removeOthers(_ isWanted: (_ path: String) -> Bool) throws {
        let root = URL(fileURLWithPath: staging)
        let paths = FileManager.default.enumerator(atPath: root.path)
        while let path = paths?.nextObject() as? String {
            var facts = stat()
            let full = staging + "/" + path
            guard lstat(full, &facts) == 0, facts.st_mode & S_IFMT != S_IFDIR else { continue }
            let isWhole = facts.st_mode & S_IFMT == S_IFREG
            if !isWhole || !isWanted(path) { try Self.remove(full) }
        }
        try removeEmptyFolders()
    }

    private func removeEmptyFolders() throws {
        let all = FileManager.default.enumerator(atPath: staging)?.allObjects.compactMap { $0 as? String } ?? []
        // Those below first; what holds something stays.
        for path in all.sorted(by: >) { rmdir(staging + "/" + path) }
    }

    public func commit() throws {
        do {
            try WholeFileSystem.synchronize(of: descriptor)
        } catch {
            throw Self.failure(.inputOutput, "make durable", staging)
        }
        // rename() replaces an empty folder and nothing else.
        guard rename(staging, path) == 0 else { throw Self.failure(.cannotCreate, "make", path) }
        isFinished.withLock { $0 = true }
        let parent = open(
            URL(fileURLWithPath: path).deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard parent >= 0 else { return }
        defer { Glibc.close(parent) }
        guard fsync(parent) == 0 else { throw Self.failure(.inputOutput, "make durable", path) }
    }

    public func discard() {
        let wasFinished = isFinished.withLock { isFinished in
            defer { isFinished = true }
            return isFinished
        }
        // What cannot be removed now is removed by the next package of this name.
        if !wasFinished, !isResumed { try? Self.remove(staging) }
    }

    private static func remove(_ path: String) throws {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            throw PackagingError(.inputOutput, "cannot remove '\(path)'")
        }
    }

    static func failure(_ code: PackagingError.Code, _ verb: String, _ path: String) -> PackagingError {
        PackagingError(code, "cannot \(verb) '\(path)': \(String(cString: strerror(errno)))")
    }
}

/// One file of a package, for the server of it to read. Owned by one task.
private final class FolderFile: PackageFile {
    private let path: String
    private var descriptor: Int32

    init(path: String) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw PackageFolder.failure(.cannotCreate, "make", path) }
    }

    deinit {
        if descriptor >= 0 { Glibc.close(descriptor) }
    }

    func append(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while rest.count > 0 {
            let count = write(descriptor, rest.baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw PackageFolder.failure(.inputOutput, "write", path) }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    func close() throws {
        let closed = Glibc.close(descriptor)
        descriptor = -1
        guard closed == 0 else { throw PackageFolder.failure(.inputOutput, "write", path) }
    }
}
