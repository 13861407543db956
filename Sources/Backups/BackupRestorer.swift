public import Catalog
public import Foundation
import MediaStorage

/// What is to be restored, and where.
public struct RestoreRequest: Sendable {
    public var backup: String
    /// The data folder: not there, or with nothing in it but the key-encryption keys.
    public var dataFolder: String
    /// A media folder that has the files, for a backup without them or instead of its own.
    public var media: String?
    /// Whether to go on without media that is missing or damaged.
    public var isForced: Bool
    /// Who restores, for the audit log.
    public var actor: String?

    public init(backup: String, dataFolder: String, media: String?, isForced: Bool, actor: String?) {
        self.backup = backup
        self.dataFolder = dataFolder
        self.media = media
        self.isForced = isForced
        self.actor = actor
    }
}

/// What was restored.
public struct RestoreOutcome: Sendable {
    public var manifest: BackupManifest
    public var restored: Date
    public var files = 0
    /// Media that is not there, or not what it was.
    public var defects: [FileDefect] = []
}

/// Makes a data folder of a backup.
///
/// Everything is prepared in `restoring/` within the data folder, which no program opens while it is there; the catalog gets
/// its name last. What an attempt that was interrupted has brought over is checked, and not copied again.
public struct BackupRestorer {
    /// The folder whose being there says that a restoration was not finished.
    public static let folderName = "restoring"
    private static let keks = "kek"

    private let request: RestoreRequest
    private let files: any CatalogFiles
    private let backup: BackupFolder
    private let work: String
    private var outcome: RestoreOutcome
    private var known = 0

    /// - Parameter checkKeys: throws when the key-encryption keys in the data folder are not those of the catalog.
    /// - Throws: `BackupError`, `CatalogError` and what `checkKeys` throws.
    public static func run(
        _ request: RestoreRequest, files: any CatalogFiles, checkKeys: (any RestorableCatalog) async throws -> Void,
        progress: (Int, Int) -> Void
    ) async throws -> RestoreOutcome {
        do {
            var restorer = try BackupRestorer(request, files)
            try await restorer.restore(checkKeys, progress)
            return restorer.outcome
        } catch let error as MediaStorageError {
            throw BackupError.of(error)
        }
    }

    private init(_ request: RestoreRequest, _ files: any CatalogFiles) throws {
        self.request = request
        self.files = files
        backup = try BackupFolder(request.backup)
        work = "\(request.dataFolder)/\(Self.folderName)"
        outcome = RestoreOutcome(manifest: backup.manifest, restored: Date())
    }

    private var catalogPath: String { "\(request.dataFolder)/\(BackupFolder.catalogFile)" }
    private var media: String { "\(request.dataFolder)/media" }

    private mutating func restore(
        _ checkKeys: (any RestorableCatalog) async throws -> Void, _ progress: (Int, Int) -> Void
    ) async throws {
        try prepareFolder()
        let lock = try FolderLock(work)
        defer { withExtendedLifetime(lock) {} }
        let path = "\(work)/\(BackupFolder.catalogFile)"
        for name in try BackupFiles.entries(work) { try BackupFiles.remove("\(work)/\(name)") }
        try backup.requireSum(of: BackupFolder.catalogFile, try BackupFiles.copy(backup.catalog, to: path))
        try inspect(path)
        let catalog = try files.open(path)
        try await checkKeys(catalog)
        try await restoreMedia(progress)
        guard outcome.defects.isEmpty || request.isForced else { throw incomplete() }
        outcome.restored = Date()
        try await catalog.restore(
            RestoredBackup(id: backup.manifest.id, taken: backup.manifest.taken, actor: request.actor),
            at: outcome.restored)
        try catalog.settle()
        try BackupFiles.synchronize(path)
        try BackupFiles.rename(path, to: catalogPath)
        try BackupFiles.synchronize(request.dataFolder)
        try BackupFiles.remove(work)
        try BackupFiles.synchronize(request.dataFolder)
    }

    private func prepareFolder() throws {
        try BackupFiles.makeFolder(request.dataFolder)
        let entries = try BackupFiles.entries(request.dataFolder)
        // Media and a catalog may be there only of an attempt that was interrupted.
        let isAgain = entries.contains(Self.folderName)
        let own = [Self.keks] + (isAgain ? [Self.folderName, "media"] : [])
        if let other = entries.first(where: { !own.contains($0) }) {
            guard isAgain, other == BackupFolder.catalogFile else {
                throw BackupError(
                    .occupied,
                    "'\(request.dataFolder)' holds '\(other)': a backup is restored into a folder that holds nothing but "
                        + "'\(Self.keks)'")
            }
            throw BackupError(
                .occupied,
                "'\(request.dataFolder)' was restored, and only '\(work)' was left behind: remove that folder")
        }
        try BackupFiles.makeFolder(work)
        try BackupFiles.synchronize(request.dataFolder)
    }

    private func inspect(_ path: String) throws {
        let finding: CatalogFileFinding
        do {
            finding = try files.inspect(path)
        } catch let error as CatalogError {
            throw BackupError(.damaged, "'\(backup.catalog)' cannot be read: \(error.reason)")
        }
        if let damage = finding.damage.first {
            throw BackupError(.damaged, "the catalog in '\(backup.path)' is damaged (\(damage)): take another backup")
        }
        guard finding.unknown.isEmpty else {
            throw BackupError(
                .newer,
                "the catalog in '\(backup.path)' is of a newer program (\(finding.unknown.joined(separator: ", "))): "
                    + "restore it with that one")
        }
    }

    private func incomplete() -> BackupError {
        let listed = outcome.defects.prefix(20).map { "  \($0.description)" }
        let more = outcome.defects.count > 20 ? ["  and \(outcome.defects.count - 20) more"] : []
        return BackupError(
            .incomplete,
            (["\(outcome.defects.count) media files are missing or damaged; nothing was restored:"] + listed + more + [
                "give a folder that has them with --media, or restore without them with --force"
            ]).joined(separator: "\n"))
    }

    private mutating func restoreMedia(_ progress: (Int, Int) -> Void) async throws {
        let storage = try FileSystemMediaStorage(root: media)
        let target = FolderMedia(root: media)
        let lines = try ContentLines(backup.content)
        let source = try sourceFolder()
        let backedUp = source.map { FolderMedia(root: $0) }
        var done = 0
        while let version = try lines.next() {
            if !(try isRestored(version, in: target)) {
                if let source, try isLinked(version, from: source, into: target) {
                    outcome.files += version.files.count
                } else {
                    try copy(version, from: backedUp, to: storage)
                }
            }
            done += 1
            progress(done, backup.manifest.versions)
        }
    }

    /// Where media comes from; nil for nowhere.
    private func sourceFolder() throws -> String? {
        guard let folder = request.media else { return backup.manifest.hasMedia ? backup.media : nil }
        guard BackupFiles.isFolder(folder + "/assets") else {
            throw BackupError(.missing, "'\(folder)' is no media folder: it has no 'assets'")
        }
        return folder
    }

    /// Whether an attempt that was interrupted has brought a version over; what is not whole is removed.
    private mutating func isRestored(_ version: BackedUpVersion, in target: FolderMedia) throws -> Bool {
        let folder = LinkedVersion.folder(media, version.place)
        guard BackupFiles.isFolder(folder) else { return false }
        guard try version.files.allSatisfy({ try defect(of: $0, version, in: target) == nil }) else {
            try BackupFiles.remove(folder)
            return false
        }
        outcome.files += version.files.count
        return true
    }

    /// Files of a media folder are linked where that can be; those of the backup stay its own.
    private func isLinked(
        _ version: BackedUpVersion, from source: String, into target: FolderMedia
    ) throws -> Bool {
        guard request.media != nil,
            LinkedVersion.link(version.files.map(\.name), version.place, from: source, to: media)
        else { return false }
        if try version.files.allSatisfy({ try defect(of: $0, version, in: target) == nil }) { return true }
        try BackupFiles.remove(LinkedVersion.folder(media, version.place))
        return false
    }

    private func defect(
        of file: BackedUpVersion.File, _ version: BackedUpVersion, in storage: FolderMedia,
        to writer: (any MediaWriter)? = nil
    ) throws -> String? {
        let stored = StoredFile(asset: version.asset, version: version.version, name: file.name)
        let reader: any MediaReader
        do {
            reader = try storage.open(stored)
        } catch let error as MediaStorageError where error.code == .missing {
            return "it is missing"
        }
        if let size = file.size, reader.size != size { return "it has \(reader.size) bytes instead of \(size)" }
        guard writer != nil || file.sha256 != nil else { return nil }
        let digest = try StoredCopy.run(reader, to: writer)
        return file.sha256.map { $0 == digest } ?? true ? nil : "it is not what was backed up"
    }

    private mutating func copy(
        _ version: BackedUpVersion, from storage: FolderMedia?, to target: FileSystemMediaStorage
    ) throws {
        let staged = try target.stage(in: nil)
        defer { staged.discard() }
        var copied = 0
        for file in version.files {
            let stored = StoredFile(asset: version.asset, version: version.version, name: file.name)
            guard let storage else {
                outcome.defects.append(FileDefect(stored, "it is not in the backup"))
                continue
            }
            guard file.size != nil else {
                outcome.defects.append(FileDefect(stored, "it was missing when the backup was taken"))
                continue
            }
            if try defect(of: BackedUpVersion.File(name: file.name), version, in: storage) != nil {
                outcome.defects.append(FileDefect(stored, "it is missing"))
                continue
            }
            let writer = try staged.create(file.name)
            let reason = try defect(of: file, version, in: storage, to: writer)
            try writer.close()
            if let reason { outcome.defects.append(FileDefect(stored, reason)) } else { copied += 1 }
        }
        outcome.files += copied
        // A version with a damaged file is brought over as well: the others may be played, and the origin says what is not.
        if copied > 0 { try staged.commit(asset: version.asset, version: version.version) }
    }
}
