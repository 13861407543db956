import Catalog
import Foundation
import MediaStorage

/// The storage accounts that media is restored into: those that the backup has media of and that the configuration names, each
/// set up anew in a folder that holds nothing. What lay in any other goes to the default account.
struct RestoredAccounts {
    /// In the folder of a restoration that goes on: the identities that accounts were given.
    static let fileName = "accounts.json"

    /// To be written into the catalog.
    private(set) var records: [StorageAccountRecord] = []
    /// Of the others: why.
    private(set) var moved: [String] = []
    private var folders: [String: String] = [:]

    /// - Parameters:
    ///   - folders: by name, as configured.
    ///   - used: the names of accounts that the backup has media of.
    ///   - work: the restoration's folder.
    init(folders: [String: String], used: [String], work: String) throws {
        let path = "\(work)/\(Self.fileName)"
        var identities: [String: String] = [:]
        if BackupFiles.exists(path) {
            let data = try BackupFiles.contents(path, limit: 1 << 20)
            identities = (try? BackupJSON.decode([String: String].self, data)) ?? [:]
        }
        for name in used.sorted() {
            guard let folder = folders[name] else {
                moved.append("there is no storage account '\(name)' among storage.accounts of the configuration")
                continue
            }
            do {
                let identity = try Self.identity(name, folder, known: identities[name])
                identities[name] = identity
                self.folders[name] = folder
                records.append(StorageAccountRecord(name: name, identity: identity, created: Date()))
            } catch let error as MediaStorageError {
                moved.append("storage account '\(name)': \(error.reason)")
            }
        }
        try BackupFiles.remove(path)
        try BackupFiles.write(try BackupJSON.encode(identities), to: path)
        try BackupFiles.synchronize(work)
    }

    /// Nil for the default account.
    func folder(of account: String?) -> String? { account.flatMap { folders[$0] } }

    /// Goes on with an account that an attempt that was interrupted has set up, or sets it up.
    private static func identity(_ name: String, _ folder: String, known: String?) throws -> String {
        if let known {
            let mark = StorageAccountMark(name: name, identity: known)
            if (try? FileSystemMediaStorage(root: folder, mark: mark).examine()) != nil { return known }
        }
        guard let identity = try StorageAccountMark.make(folder, name: name).identity else {
            throw MediaStorageError(.unavailable, "the folder '\(folder)' cannot be marked")
        }
        return identity
    }
}
