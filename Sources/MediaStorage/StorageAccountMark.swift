import Foundation
import Glibc

/// What says that a folder is a certain storage account: a file in it. Where a disk is not mounted, or another one is, the
/// file is not there or says something else, and nothing is written into the folder that is there instead.
public struct StorageAccountMark: Sendable, Hashable {
    public var name: String
    /// Nil for whoever has not set the account up and takes the name alone.
    public var identity: String?

    public init(name: String, identity: String?) {
        self.name = name
        self.identity = identity
    }

    static let fileName = "keyway-account"
    private static let title = "keyway storage account 1"

    /// What a folder says; nil when it says nothing.
    static func read(_ root: String) -> StorageAccountMark? {
        guard let reader = try? FileReader(path: root + "/" + fileName), reader.size <= 1024 else { return nil }
        var bytes: [UInt8] = []
        guard (try? reader.append(0..<reader.size, to: &bytes)) != nil else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        guard lines.count == 3, lines[0] == title else { return nil }
        return StorageAccountMark(name: lines[1], identity: lines[2])
    }

    /// An account that was set up just now and holds nothing.
    private static func unused(_ known: StorageAccountMark, _ root: String, _ name: String) throws -> StorageAccountMark
    {
        guard known.name == name, try ["assets", "originals"].allSatisfy({ try isEmpty(root + "/" + $0) }) else {
            throw MediaStorageError(
                .unavailable,
                "the folder '\(root)' is storage account '\(known.name)' of another catalog, or of this one before a "
                    + "backup was restored: name an empty folder")
        }
        return known
    }

    private static func isEmpty(_ folder: String) throws -> Bool {
        access(folder, F_OK) != 0 ? true : try Folder.entries(folder).isEmpty
    }

    /// What whoever sets the account up makes before its mark: he may have died then, or do it just now.
    private static func isOfSetup(_ entry: String, _ root: String) throws -> Bool {
        let path = root + "/" + entry
        switch entry {
        case "lost+found": return true
        case "assets", "originals": return try isFolder(path) && isEmpty(path)
        case "staging":
            return try isFolder(path)
                && Folder.entries(path).allSatisfy { name in
                    UUID(uuidString: name) != nil && isMarkAtMost(path + "/" + name)
                }
        // Another process has marked it meanwhile, which is seen when this one does.
        case fileName: return read(root) != nil
        default: return false
        }
    }

    /// Whether a file may be a mark that is written; so may one that is gone by now.
    private static func isMarkAtMost(_ path: String) -> Bool {
        var facts = stat()
        guard lstat(path, &facts) == 0 else { return errno == ENOENT }
        return facts.st_mode & S_IFMT == S_IFREG && facts.st_size <= 1024
    }

    private static func isFolder(_ path: String) -> Bool {
        var facts = stat()
        return lstat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
    }

    /// Sets an account up in a folder, which is made when it is not there and must be empty when it is. An account that was
    /// set up just now and holds nothing is taken as it is: whoever did it may have died before it was recorded.
    ///
    /// - Returns: with its identity.
    /// - Throws: `MediaStorageError` with `unavailable`.
    public static func make(_ root: String, name: String) throws -> StorageAccountMark {
        try Folder.make(root)
        if let known = read(root) { return try unused(known, root, name) }
        guard try Folder.entries(root).allSatisfy({ try isOfSetup($0, root) }) else {
            throw MediaStorageError(
                .unavailable, "the folder '\(root)' is to become storage account '\(name)', and holds other things")
        }
        for folder in ["assets", "staging", "originals"] { try Folder.make(root + "/" + folder) }
        let mark = StorageAccountMark(name: name, identity: UUID().uuidString.lowercased())
        let staged = root + "/staging/" + UUID().uuidString.lowercased()
        let writer = try FileWriter(path: staged)
        let text = [UInt8]("\(title)\n\(name)\n\(mark.identity ?? "")\n".utf8)
        try text.withUnsafeBytes { try writer.append($0) }
        try writer.close()
        defer { unlink(staged) }
        // Of two processes that do it at once, one marks it, and both take what stands there.
        guard link(staged, root + "/" + fileName) == 0 else {
            let reason = Folder.reason()
            if let known = read(root) { return try unused(known, root, name) }
            throw MediaStorageError(.inputOutput, "cannot mark '\(root)': \(reason)")
        }
        try Folder.synchronize(root)
        return mark
    }
}

extension FileSystemMediaStorage {
    public func examine() throws {
        guard let mark else {
            guard access(root + "/assets", R_OK | X_OK) == 0 else {
                throw MediaStorageError(
                    .unavailable, "the media folder '\(root)' cannot be read: \(Folder.reason())")
            }
            return
        }
        guard let found = StorageAccountMark.read(root), access(root + "/assets", R_OK | X_OK) == 0 else {
            throw MediaStorageError(
                .unavailable,
                "storage account '\(mark.name)' is not in the folder '\(root)': is its disk mounted, and readable?")
        }
        guard found.name == mark.name, mark.identity == nil || found.identity == mark.identity else {
            throw MediaStorageError(
                .unavailable,
                "the folder '\(root)' holds another storage account than '\(mark.name)' of this catalog: is another disk "
                    + "mounted there?")
        }
    }

    public func capacity() throws -> StorageCapacity? {
        var facts = statvfs()
        guard statvfs(root, &facts) == 0 else { return nil }
        let block = UInt64(facts.f_frsize)
        return StorageCapacity(total: UInt64(facts.f_blocks) &* block, free: UInt64(facts.f_bavail) &* block)
    }
}
