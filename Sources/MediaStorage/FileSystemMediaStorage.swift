public import Foundation
import Glibc

/// Media in folders: `assets/{asset}/v{version}/{file}` for what is complete, `staging/{uuid}/{file}` for what is not, and
/// `originals/{name}` for what was uploaded.
/// Folders are 0700, files 0600; names are checked, and symbolic links are not followed.
public struct FileSystemMediaStorage: MediaStorage {
    let root: String
    /// What must stand in the folder; nil for the default account, whose folder is made when it is not there.
    let mark: StorageAccountMark?
    private let looks: DiskLooks

    /// - Parameter root: made when it is not there.
    public init(root: String) throws {
        self.root = root
        mark = nil
        looks = DiskLooks("the media folder '\(root)'")
        for folder in [root, root + "/assets", root + "/staging"] { try Folder.make(folder) }
    }

    /// The folder of a storage account, which may be away now.
    public init(root: String, mark: StorageAccountMark) {
        self.root = root
        self.mark = mark
        looks = DiskLooks("storage account '\(mark.name)' in '\(root)'")
    }

    public func looks(in account: String?) -> DiskLooks { looks }

    public func stage(in account: String?) throws -> any StagedVersion {
        let path = root + "/staging/" + UUID().uuidString.lowercased()
        try Folder.make(path)
        return StagedFolder(path: path, root: root)
    }

    /// A second name for the file, where version and file system allow it.
    public func share(
        _ file: StoredFile, with staged: any StagedVersion, as name: String, check: () throws -> Void
    ) throws {
        try FileName.check(name)
        let path = try path(of: file)
        if let staged = staged as? StagedFolder, staged.root == root {
            if linkat(AT_FDCWD, path, AT_FDCWD, staged.path + "/" + name, 0) == 0 { return }
            let reason = errno
            guard Self.meansNoLinks.contains(reason) else {
                throw MediaStorageError(
                    Self.linkCodes[reason] ?? .inputOutput,
                    "cannot give '\(path)' a second name: \(String(cString: strerror(reason)))")
            }
        }
        try copy(file, to: staged, as: name, check: check)
    }

    private static let linkCodes: [Int32: MediaStorageError.Code] = [
        ENOENT: .missing, EEXIST: .exists, ENOSPC: .full, EDQUOT: .full,
    ]
    /// What file systems say that have no second names for files, or not so many.
    private static let meansNoLinks: Set<Int32> = [EXDEV, EPERM, EMLINK, EOPNOTSUPP, ENOSYS]

    public func open(_ file: StoredFile) throws -> any MediaReader {
        try FileReader(path: try path(of: file))
    }

    public func contents(of file: StoredFile, limit: Int) throws -> Data {
        let path = try path(of: file)
        let reader = try FileReader(path: path)
        guard reader.size <= UInt64(clamping: limit) else {
            throw MediaStorageError(.tooLarge, "'\(path)' is longer than \(limit) bytes")
        }
        do {
            // A mapped file ends the process when its disk goes away, which the disks of accounts may.
            return try Data(contentsOf: URL(fileURLWithPath: path), options: mark == nil ? .alwaysMapped : [])
        } catch {
            throw MediaStorageError(.inputOutput, "cannot map '\(path)'")
        }
    }

    public func removeLeftovers(in account: String?, isKnown: (_ asset: String, _ version: Int) -> Bool) throws {
        for name in try Folder.entries(root + "/staging") { try Folder.remove(root + "/staging/" + name) }
        for asset in try Folder.entries(root + "/assets") { try removeVersions(in: asset) { isKnown(asset, $0) } }
    }

    public func removeVersions(of asset: String, in account: String?, isKnown: (_ version: Int) -> Bool) throws {
        try FileName.check(asset)
        guard FileManager.default.fileExists(atPath: root + "/assets/" + asset) else { return }
        try removeVersions(in: asset, isKnown: isKnown)
    }

    /// - Parameter asset: the name of a folder that is there.
    private func removeVersions(in asset: String, isKnown: (_ version: Int) -> Bool) throws {
        let folder = root + "/assets/" + asset
        for name in try Folder.entries(folder) {
            guard name.first == "v", let version = Int(name.dropFirst()), !isKnown(version) else { continue }
            try Folder.remove(folder + "/" + name)
        }
    }

    public func removeVersions(of asset: String) throws {
        try FileName.check(asset)
        let folder = root + "/assets/" + asset
        if FileManager.default.fileExists(atPath: folder) { try Folder.remove(folder) }
    }

    var originalsFolder: String { root + "/originals" }

    func path(of file: StoredFile) throws -> String {
        try FileName.check(file.name)
        return switch file.place {
        case .version(let asset, let version): try Self.versionFolder(root, asset, version) + "/" + file.name
        case .originals: originalsFolder + "/" + file.name
        }
    }

    static func versionFolder(_ root: String, _ asset: String, _ version: Int) throws -> String {
        try FileName.check(asset)
        guard version > 0 else { throw MediaStorageError(.nameNotAllowed, "there is no version \(version)") }
        return root + "/assets/" + asset + "/v\(version)"
    }
}

/// What may stand between two slashes.
enum FileName {
    static func check(_ name: String) throws {
        let isAllowed =
            (1...128).contains(name.utf8.count) && name.utf8.first != 0x2E
            && name.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                    || [0x2D, 0x2E, 0x5F].contains($0)
            }
        guard isAllowed else { throw MediaStorageError(.nameNotAllowed, "'\(name.prefix(40))' cannot name a file") }
    }
}
