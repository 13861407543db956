public import Administration
import AssetFiles
public import Backups
import Catalog
import CatalogSQLite
import Foundation
import KeyWrapping

extension Installation {
    /// Makes a backup while servers and jobs run on the data folder. Written to the audit log before: a backup holds
    /// everything but the key-encryption keys.
    ///
    /// - Parameters:
    ///   - actor: for the audit log.
    ///   - progress: is told how many asset versions and originals are done, and how many there are about.
    /// - Throws: `BackupError` and `CatalogError`.
    public func backUp(
        _ request: BackupRequest, actor: String?, progress: (Int, Int) -> Void = { _, _ in }
    ) async throws -> BackupOutcome {
        let total = try await catalog.storageUse().reduce(0) { $0 + $1.versions + $1.originals }
        var event = AuditEvent(time: request.taken, action: .backupTaken)
        event.actor = actor
        event.detail = "backup \(request.id)\(request.media ? ", with media" : "")"
        try await catalog.appendAudit([event])
        return try await BackupWriter.run(
            request, catalogPath: dataFolder + "/catalog.sqlite", files: SQLiteCatalogFiles(), live: catalog,
            storage: storage, key: { try await storedAssets.key(of: $0) },
            progress: { progress(min($0, total), total) })
    }

    /// Takes the backups that are asked for over the admin API.
    ///
    /// - Parameters:
    ///   - folder: where they go; nil for nowhere.
    ///   - program: its version.
    ///   - configuration: the names of the configuration fields that are set.
    /// - Returns: nil where there is no folder for them.
    public func makeBackupMaker(folder: String?, program: String, configuration: [String]) -> BackupMaker? {
        guard let folder else { return nil }
        return { [self] order, progress in
            let request = BackupRequest(
                target: "\(folder)/\(order.name)", media: order.media, base: order.base.map { "\(folder)/\($0)" },
                program: program, configuration: configuration, id: order.id, taken: Date())
            // Keys and segments go on being sent meanwhile.
            return try await LongDiskWork.run {
                try await backUp(request, actor: order.actor, progress: progress)
            }
        }
    }

    /// Makes a data folder of a backup. The key-encryption keys must be in their place: those in files in the folder's `kek/`.
    ///
    /// - Parameter progress: is told how many asset versions are done, and how many there are.
    /// - Throws: `BackupError`, `CatalogError`, and `InstallationError` when the key-encryption keys are not those of the
    ///   backup.
    public static func restore(
        _ request: RestoreRequest, kek: KEKConfiguration, progress: (Int, Int) -> Void = { _, _ in }
    ) async throws -> RestoreOutcome {
        let stores = KEKStores(folder: KEKFolder(path: request.dataFolder + "/kek"), configuration: kek)
        return try await BackupRestorer.run(
            request, files: SQLiteCatalogFiles(),
            checkKeys: { catalog in
                guard let catalog = catalog as? SQLiteCatalog else { return }
                guard try await !catalog.kekVersions().isEmpty else {
                    throw InstallationError("the backup's catalog names no key-encryption key: it is damaged")
                }
                _ = try await KEKOpening(catalog: catalog, stores: stores, provider: kek.provider).open()
            }, progress: progress)
    }

    /// Throws where a restoration was not finished: the folder looks like a new one, and is none.
    static func requireRestored(_ dataFolder: String) throws {
        let work = "\(dataFolder)/\(BackupRestorer.folderName)"
        guard !FileManager.default.fileExists(atPath: work) else {
            throw InstallationError(
                "'\(work)' is there: a backup was not restored to its end; run 'keyway restore' again"
                    + (FileManager.default.fileExists(atPath: dataFolder + "/catalog.sqlite")
                        ? ", or remove that folder, since the catalog is in its place" : ""))
        }
    }
}
