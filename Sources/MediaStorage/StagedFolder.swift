import Foundation
import Glibc
import Synchronization

/// A version being written in a folder of its own.
final class StagedFolder: StagedVersion {
    let path: String
    let root: String
    private let isFinished = Mutex(false)

    init(path: String, root: String) {
        self.path = path
        self.root = root
    }

    deinit {
        discard()
    }

    func create(_ name: String) throws -> any MediaWriter {
        try FileName.check(name)
        return try FileWriter(path: path + "/" + name)
    }

    func remove(_ name: String) {
        let isOver = isFinished.withLock { $0 }
        // What is complete never changes.
        guard !isOver, (try? FileName.check(name)) != nil else { return }
        unlink(path + "/" + name)
    }

    func commit(asset: String, version: Int) throws {
        let target = try FileSystemMediaStorage.versionFolder(root, asset, version)
        let parent = root + "/assets/" + asset
        try Folder.make(parent)
        try Folder.synchronize(path)
        // rename() never replaces a folder that holds something, and a version's folder always does.
        guard rename(path, target) == 0 else {
            let isThere = errno == EEXIST || errno == ENOTEMPTY
            let refusal = Folder.refusal("cannot publish version \(version) of '\(asset)'")
            throw isThere ? MediaStorageError(.exists, refusal.reason) : refusal
        }
        isFinished.withLock { $0 = true }
        try Folder.synchronize(parent)
        try Folder.synchronize(root + "/assets")
    }

    func discard() {
        let wasFinished = isFinished.withLock { isFinished in
            defer { isFinished = true }
            return isFinished
        }
        guard !wasFinished else { return }
        // What cannot be removed now is a leftover that the next start removes.
        try? Folder.remove(path)
    }
}
