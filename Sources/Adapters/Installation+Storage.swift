import Catalog
import Foundation
import MediaStorage
import Settings

extension Installation {
    /// The default account and those that are configured. One that is new is set up; one that cannot be is there all the
    /// same, and says why it is of no use.
    static func accounts(
        _ settings: [StorageAccountSettings], dataFolder: String, _ catalog: any CatalogEngine
    ) async throws -> StorageAccounts {
        let folder = dataFolder + "/media"
        let weight = settings.first { $0.name == StorageAccounts.defaultName }?.weight ?? 1
        var accounts = [
            StorageAccount(
                name: nil, weight: weight, place: folder, engine: try FileSystemMediaStorage(root: folder))
        ]
        guard settings.contains(where: { $0.folder != nil }) else { return StorageAccounts(accounts) }
        let known = try await catalog.storageAccounts()
        for account in settings {
            guard let folder = account.folder else { continue }
            let identity = known.first { $0.name == account.name }?.identity
            accounts.append(
                StorageAccount(
                    name: account.name, weight: account.weight, place: folder,
                    engine: try await engine(account.name, folder, identity, catalog)))
        }
        return StorageAccounts(accounts)
    }

    private static func engine(
        _ name: String, _ folder: String, _ identity: String?, _ catalog: any CatalogEngine
    ) async throws -> any MediaStorage {
        if let identity {
            return FileSystemMediaStorage(root: folder, mark: StorageAccountMark(name: name, identity: identity))
        }
        do {
            var mark = try StorageAccountMark.make(folder, name: name)
            do {
                try await catalog.apply([
                    .insertStorageAccount(
                        StorageAccountRecord(name: name, identity: mark.identity ?? "", created: Date()))
                ])
            } catch let error as CatalogError where error.code == .exists {
                // Another process set it up meanwhile: what it recorded rules.
                mark.identity = try await catalog.storageAccounts().first { $0.name == name }?.identity ?? mark.identity
            }
            return FileSystemMediaStorage(root: folder, mark: mark)
        } catch let error as MediaStorageError {
            return AbsentMediaStorage(error.reason)
        }
    }
}
