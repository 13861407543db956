import Catalog
import Foundation
import MediaStorage

/// The storage accounts that media is restored into, where somebody asks for that: those that the backup has media of and that
/// the configuration names, each set up anew in a folder that holds nothing. What lay in any other goes to the
/// default account.
struct RestoredAccounts {
    /// In the folder of a restoration that goes on: the identities that accounts were given.
    static let fileName = "accounts.json"

    /// To be written into the catalog.
    private(set) var records: [StorageAccountRecord] = []
    /// Of the others: why.
    private(set) var moved: [String] = []
    private var folders: [String: String] = [:]

    /// - Parameters:
    ///   - configured: folders by name; nil when all media goes to the default account.
    ///   - used: the names of accounts that the backup has media of.
    ///   - work: the restoration's folder.
    /// - Throws: `BackupError` and `MediaStorageError` when a disk does not answer.
    init(folders configured: [String: String]?, used: [String], work: String) throws {
        guard let configured else {
            moved = used.sorted().map {
                "what lay in storage account '\($0)', since nobody asked with --accounts to bring it there"
            }
            return
        }
        let path = "\(work)/\(Self.fileName)"
        var identities: [String: String] = [:]
        if BackupFiles.exists(path) {
            let data = try BackupFiles.contents(path, limit: 1 << 20)
            identities = (try? BackupJSON.decode([String: String].self, data)) ?? [:]
        }
        for name in used.sorted() {
            guard let folder = configured[name] else {
                moved.append("there is no storage account '\(name)' among storage.accounts of the configuration")
                continue
            }
            do {
                let identity = try Self.identity(name, folder, known: identities[name])
                identities[name] = identity
                self.folders[name] = folder
                records.append(StorageAccountRecord(name: name, identity: identity, created: Date()))
            } catch let error as MediaStorageError where error.code == .unavailable {
                moved.append("storage account '\(name)': \(error.reason)")
            }
        }
        try BackupFiles.remove(path)
        try BackupFiles.write(try BackupJSON.encode(identities), to: path)
        try BackupFiles.synchronize(work)
    }

    /// The folders that media is restored into.
    var used: [String] { records.compactMap { folders[$0.name] } }

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
