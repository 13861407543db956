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
    /// The folders of storage accounts that media is brought back to, by name; nil brings all of it into the data folder.
    public var accounts: [String: String]?

    public init(
        backup: String, dataFolder: String, media: String?, isForced: Bool, actor: String?,
        accounts: [String: String]? = nil
    ) {
        self.accounts = accounts
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
    /// The storage accounts that media was brought to, besides the default one.
    public var accounts: [String] = []
    /// Of the others that there were: why what lay there is in the default account now.
    public var movedAccounts: [String] = []
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
        let isAgain = try prepareFolder()
        let lock = try FolderLock(work)
        defer { withExtendedLifetime(lock) {} }
        let path = "\(work)/\(BackupFolder.catalogFile)"
        for name in try BackupFiles.entries(work) where name != RestoredAccounts.fileName {
            try BackupFiles.remove("\(work)/\(name)")
        }
        try backup.requireSum(of: BackupFolder.catalogFile, try BackupFiles.copy(backup.catalog, to: path))
        try inspect(path)
        let catalog = try files.open(path)
        do {
            try await checkKeys(catalog)
        } catch {
            // Nothing was brought over yet: what a first attempt without its keys leaves would be in the way of programs.
            if !isAgain { try? BackupFiles.remove(work) }
            throw error
        }
        let places = try RestoredAccounts(
            folders: request.accounts, used: try await catalog.storageUse().compactMap(\.account), work: work)
        (outcome.accounts, outcome.movedAccounts) = (places.records.map(\.name), places.moved)
        try await restoreMedia(catalog, places, progress)
        try await restoreOriginals(catalog, places, progress)
        guard outcome.defects.isEmpty || request.isForced else { throw incomplete() }
        outcome.restored = Date()
        try await catalog.restore(
            RestoredBackup(id: backup.manifest.id, taken: backup.manifest.taken, actor: request.actor),
            accounts: places.records, at: outcome.restored)
        try catalog.settle()
        for folder in [request.dataFolder] + places.used { try BackupFiles.synchronizeAll(of: folder) }
        try BackupFiles.rename(path, to: catalogPath)
        try BackupFiles.synchronize(request.dataFolder)
        try BackupFiles.remove(work)
        try BackupFiles.synchronize(request.dataFolder)
    }

    /// - Returns: whether an attempt before this one was interrupted.
    private func prepareFolder() throws -> Bool {
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
        return isAgain
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
            ([
                CountText.text(outcome.defects.count, "media file is", "media files are")
                    + " missing or damaged; nothing was restored:"
            ] + listed + more + [
                "give a folder that has them with --media, or restore without them with --force"
            ]).joined(separator: "\n"))
    }

    private mutating func restoreMedia(
        _ catalog: any RestorableCatalog, _ places: RestoredAccounts, _ progress: (Int, Int) -> Void
    ) async throws {
        let lines = try ContentLines<BackedUpVersion>(backup.content)
        let source = try sourceFolder()
        let backedUp = source.map { FolderMedia(root: $0) }
        // The default account's folders are there also of a backup without versions.
        _ = try FileSystemMediaStorage(root: media)
        var done = 0
        while let version = try lines.next() {
            let record = try await catalog.assetVersion(asset: version.asset, number: version.version)
            try restore(version, from: source, backedUp, to: places.folder(of: record?.storageAccount) ?? media)
            done += 1
            progress(done, total)
        }
    }

    /// Not a part of the loop: Swift 6.3 in release mode crashes over the two together.
    @inline(never)
    private mutating func restore(
        _ version: BackedUpVersion, from source: String?, _ backedUp: FolderMedia?, to root: String
    ) throws {
        guard !(try isRestored(version, in: root)) else { return }
        if let source, try isLinked(version, from: source, into: root) {
            outcome.files += version.files.count
        } else {
            try copy(version, from: backedUp, to: FileSystemMediaStorage(root: root))
        }
    }

    private var total: Int { backup.manifest.versions + (backup.manifest.originals ?? 0) }

    /// The originals; none of a backup of form 1.
    private mutating func restoreOriginals(
        _ catalog: any RestorableCatalog, _ places: RestoredAccounts, _ progress: (Int, Int) -> Void
    ) async throws {
        guard let path = backup.originals else { return }
        let lines = try ContentLines<BackedUpOriginal>(path)
        let source = try sourceFolder()
        var done = backup.manifest.versions
        // Of one original: it may have many lines.
        var accounts: [String: String] = [:]
        while let original = try lines.next() {
            if original.from == nil {
                let record = try await catalog.assetFile(asset: original.asset, name: original.name)
                accounts = [:]
                for part in record?.parts ?? [] { accounts[part.id] = part.storageAccount }
                done += 1
            }
            for file in original.files {
                let part = file.name.hasSuffix(".tags") ? String(file.name.dropLast(5)) : file.name
                let root = places.folder(of: accounts[part]) ?? media
                if let reason = try restore(file, from: source, to: root) {
                    outcome.defects.append(FileDefect(original.place, "'\(file.name)': \(reason)"))
                } else {
                    outcome.files += 1
                }
            }
            progress(done, total)
        }
    }

    /// - Returns: why a file of an original is not there, or not what it was; nil when it is.
    private func restore(_ file: BackedUpVersion.File, from source: String?, to root: String) throws -> String? {
        let stored = StoredFile(original: file.name)
        let target = "\(BackedUpOriginals.folder(root))/\(file.name)"
        // Of an attempt that was interrupted.
        if BackupFiles.exists(target) {
            if try defect(of: file, stored, in: FolderMedia(root: root)) == nil { return nil }
            try BackupFiles.remove(target)
        }
        guard let source else { return "it is not in the backup" }
        guard file.size != nil else { return "it was missing when the backup was taken" }
        try BackupFiles.makeFolder(BackedUpOriginals.folder(root))
        // Files of a media folder are linked where that can be; those of the backup stay its own.
        if request.media != nil, BackedUpOriginals.link(file.name, from: source, to: root) {
            let reason = try defect(of: file, stored, in: FolderMedia(root: root))
            if reason == nil { return nil }
            try BackupFiles.remove(target)
        }
        let folder = FolderMedia(root: source)
        if try defect(of: BackedUpVersion.File(name: file.name), stored, in: folder) != nil { return "it is missing" }
        let writer = try NewFile(target)
        let reason = try defect(of: file, stored, in: folder, to: writer)
        try writer.close()
        return reason
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
    private mutating func isRestored(_ version: BackedUpVersion, in root: String) throws -> Bool {
        let folder = LinkedVersion.folder(root, version.place)
        guard BackupFiles.isFolder(folder) else { return false }
        guard try isWhole(version, in: root) else {
            try BackupFiles.remove(folder)
            return false
        }
        outcome.files += version.files.count
        return true
    }

    /// Files of a media folder are linked where that can be; those of the backup stay its own.
    private func isLinked(_ version: BackedUpVersion, from source: String, into root: String) throws -> Bool {
        guard request.media != nil else { return false }
        // The folders that a version is linked through.
        _ = try FileSystemMediaStorage(root: root)
        guard LinkedVersion.link(version.files.map(\.name), version.place, from: source, to: root) else { return false }
        if try isWhole(version, in: root) { return true }
        try BackupFiles.remove(LinkedVersion.folder(root, version.place))
        return false
    }

    private func isWhole(_ version: BackedUpVersion, in root: String) throws -> Bool {
        try version.files.allSatisfy { file in
            let stored = StoredFile(asset: version.asset, version: version.version, name: file.name)
            return try defect(of: file, stored, in: FolderMedia(root: root)) == nil
        }
    }

    private func defect(
        of file: BackedUpVersion.File, _ stored: StoredFile, in storage: FolderMedia,
        to writer: (any MediaWriter)? = nil
    ) throws -> String? {
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
            func note(_ reason: String) { outcome.defects.append(FileDefect(version.place, file.name, reason)) }
            guard let storage else {
                note("it is not in the backup")
                continue
            }
            guard file.size != nil else {
                note("it was missing when the backup was taken")
                continue
            }
            if try defect(of: BackedUpVersion.File(name: file.name), stored, in: storage) != nil {
                note("it is missing")
                continue
            }
            let writer = try staged.create(file.name)
            let reason = try defect(of: file, stored, in: storage, to: writer)
            try writer.close()
            if let reason { note(reason) } else { copied += 1 }
        }
        outcome.files += copied
        // A version with a damaged file is brought over as well: the others may be played, and the origin says what is not.
        if copied > 0 { try staged.commit(asset: version.asset, version: version.version) }
    }
}
