import Catalog
import Foundation
import Glibc
import MediaStorage

/// The files that originals are stored in, in a folder of media.
enum BackedUpOriginals {
    static func folder(_ root: String) -> String { "\(root)/originals" }

    /// Removes what is not wanted.
    ///
    /// - Parameter isUnwanted: is asked for each file.
    static func removeAll(in root: String, where isUnwanted: (_ name: String) -> Bool) throws {
        let folder = folder(root)
        guard BackupFiles.isFolder(folder) else { return }
        for name in try BackupFiles.entries(folder) where isUnwanted(name) {
            try BackupFiles.remove("\(folder)/\(name)")
        }
    }

    /// Gives a file a second name on the same file system.
    ///
    /// - Returns: false where that cannot be; nothing was changed then.
    static func link(_ name: String, from source: String, to target: String) -> Bool {
        guard (try? BackupFiles.makeFolder(folder(target))) != nil else { return false }
        return linkat(AT_FDCWD, "\(folder(source))/\(name)", AT_FDCWD, "\(folder(target))/\(name)", 0) == 0
    }
}

/// Copies originals into a backup that is being made. Parts of originals never change once all bytes are here; their tags
/// come later.
struct OriginalsWriter {
    private let part: String
    private let storage: any MediaStorage
    private let live: any CatalogEngine
    private let isCopying: Bool
    private let base: ContentLines<BackedUpOriginal>?
    private let baseMedia: String

    private var media: String { "\(part)/media" }

    /// - Parameters:
    ///   - part: the backup's folder.
    ///   - base: an earlier backup's; nil for none.
    init(
        part: String, storage: any MediaStorage, live: any CatalogEngine, isCopying: Bool,
        base: ContentLines<BackedUpOriginal>?, baseMedia: String
    ) {
        self.part = part
        self.storage = storage
        self.live = live
        self.isCopying = isCopying
        self.base = base
        self.baseMedia = baseMedia
    }

    /// - Parameter defects: is given what is missing or damaged.
    /// - Returns: the original's line, and whether it was copied; nil when it was deleted while the backup was made.
    func back(
        up file: AssetFileRecord, _ defects: inout [FileDefect]
    ) async throws -> (line: BackedUpOriginal, isNew: Bool)? {
        let stored = try stored(file)
        if let line = try done(file, stored) { return (line, false) }
        if let line = try linked(file, stored) {
            try note(line, file)
            return (line, false)
        }
        var found: [FileDefect] = []
        let line = try copied(file, stored, &found)
        guard found.isEmpty else {
            guard try await live.assetFile(file.id) != nil else {
                for name in line.files.map(\.name) { try BackupFiles.remove(path(name)) }
                return nil
            }
            defects += found
            return (line, true)
        }
        try note(line, file)
        return (line, true)
    }

    /// Removes what an attempt that was interrupted has not finished.
    func removeUndone() throws {
        var known: Set<String> = []
        for name in try BackupFiles.entries("\(part)/done") where name.hasPrefix(Self.prefix) {
            guard let data = try? BackupFiles.contents("\(part)/done/\(name)", limit: 1 << 20),
                let line = try? BackupJSON.decode(BackedUpOriginal.self, data)
            else { continue }
            known.formUnion(line.files.map(\.name))
        }
        try BackedUpOriginals.removeAll(in: media) { !known.contains($0) }
    }

    /// Removes originals that an attempt that was interrupted copied, and that were deleted since.
    func removeForgotten() throws {
        let lines = try ContentLines<BackedUpOriginal>("\(part)/\(BackupFolder.originalsFile)")
        var known: Set<String> = []
        while let line = try lines.next() { known.formUnion(line.files.map(\.name)) }
        try BackedUpOriginals.removeAll(in: media) { !known.contains($0) }
    }

    /// A stored file of an original.
    private struct Stored {
        var file: StoredFile
        /// In bytes; nil for tags.
        var size: UInt64?
        /// SHA-256 in hexadecimal digits, where the catalog knows it.
        var digest: String?
    }

    private func stored(_ file: AssetFileRecord) throws -> [Stored] {
        try file.parts.flatMap { part in
            let content = StoredFile(original: part.id, account: part.storageAccount)
            let tags = content.tags
            return [Stored(file: content, size: part.size)]
                + (try reader(of: tags) != nil
                    ? [Stored(file: tags, digest: part.tagsDigest.map { Hex.text($0) })] : [])
        }
    }

    private func reader(of file: StoredFile) throws -> (any MediaReader)? {
        do {
            return try storage.open(file)
        } catch let error as MediaStorageError where error.code == .missing {
            return nil
        }
    }

    private func isSame(_ line: BackedUpOriginal, _ stored: [Stored]) -> Bool {
        line.files.map(\.name) == stored.map(\.file.name)
            && zip(line.files, stored).allSatisfy { file, stored in
                file.sha256 != nil && (stored.size == nil || stored.size == file.size)
                    && (stored.size != nil || stored.digest == file.sha256)
            }
    }

    private func done(_ file: AssetFileRecord, _ stored: [Stored]) throws -> BackedUpOriginal? {
        guard isCopying, let data = try? BackupFiles.contents(donePath(file), limit: 1 << 20),
            let line = try? BackupJSON.decode(BackedUpOriginal.self, data)
        else { return nil }
        guard isSame(line, stored), line.files.allSatisfy({ BackupFiles.exists(path($0.name)) }) else {
            try BackupFiles.remove(donePath(file))
            for name in line.files.map(\.name) where AssetRecord.isName(name) { try BackupFiles.remove(path(name)) }
            return nil
        }
        return BackedUpOriginal(asset: file.asset, name: file.name, files: line.files)
    }

    private func linked(_ file: AssetFileRecord, _ stored: [Stored]) throws -> BackedUpOriginal? {
        let place = BackedUpOriginalPlace(asset: file.asset, name: file.name)
        guard let old = try base?.line(at: place), isSame(old, stored) else { return nil }
        for name in old.files.map(\.name) where !BackedUpOriginals.link(name, from: baseMedia, to: media) {
            for name in old.files.map(\.name) { try BackupFiles.remove(path(name)) }
            return nil
        }
        try BackupFiles.synchronize(BackedUpOriginals.folder(media))
        return old
    }

    private func copied(
        _ file: AssetFileRecord, _ stored: [Stored], _ defects: inout [FileDefect]
    ) throws -> BackedUpOriginal {
        var line = BackedUpOriginal(asset: file.asset, name: file.name, files: [])
        for stored in stored {
            let name = stored.file.name
            guard let reader = try reader(of: stored.file) else {
                defects.append(FileDefect(line.place, "'\(name)' is missing"))
                line.files.append(.init(name: name))
                continue
            }
            if let size = stored.size, reader.size != size {
                defects.append(FileDefect(line.place, "'\(name)' has \(reader.size) bytes instead of \(size)"))
            }
            var digest: String?
            if isCopying {
                try BackupFiles.makeFolder(BackedUpOriginals.folder(media))
                let writer = try NewFile(path(name))
                digest = try StoredCopy.run(reader, to: writer)
                try writer.close()
            }
            line.files.append(.init(name: name, size: reader.size, sha256: digest))
        }
        return line
    }

    private func note(_ line: BackedUpOriginal, _ file: AssetFileRecord) throws {
        guard isCopying else { return }
        let path = donePath(file)
        try BackupFiles.remove(path + ".new")
        try BackupFiles.write(try BackupJSON.encode(line), to: path + ".new")
        try BackupFiles.rename(path + ".new", to: path)
    }

    private func path(_ name: String) -> String { "\(BackedUpOriginals.folder(media))/\(name)" }

    private static let prefix = "original="
    private func donePath(_ file: AssetFileRecord) -> String { "\(part)/done/\(Self.prefix)\(file.id)" }
}
