public import Catalog
import CatalogSQLite
import Foundation
public import MediaStorage
public import OriginKeys
import OutboundHTTP
public import Settings

/// A data folder, opened by an origin that runs alone: for reading, and without key-encryption keys. Neither the folder `kek`
/// nor the environment is looked at.
public struct OriginInstallation: Sendable {
    public let catalog: any CatalogEngine
    public let storage: any MediaStorage
    /// Hears of changes by any process on this data folder, once somebody runs it.
    public let watch: CatalogWatch
    /// Asks the key service.
    public let keys: RemoteKeys
    /// SHA-256 of the certificate that this origin shows, in hexadecimal digits.
    public let fingerprint: String
    private let client: OutboundClient

    /// Opens a data folder that is there. To be shut down once.
    ///
    /// - Throws: `OriginInstallationError`, `ConfigurationError`: both say what is wrong and what to do.
    public static func open(
        dataFolder: String, keyService: KeyServiceConfiguration, accounts: [StorageAccountSettings] = []
    ) async throws -> OriginInstallation {
        let catalog: SQLiteCatalog
        let storage: StorageAccounts
        do {
            catalog = try SQLiteCatalog(readingFrom: dataFolder + "/catalog.sqlite")
            storage = try Self.storage(accounts, dataFolder, try await catalog.storageAccounts())
        } catch let error as CatalogError {
            throw OriginInstallationError("the data folder '\(dataFolder)' cannot be used: \(error.reason)")
        } catch let error as MediaStorageError {
            throw OriginInstallationError(error.description)
        }
        let (authorities, identity) = try files(of: keyService)
        let client = OutboundClient(authorities: authorities, identity: identity, keepsConnections: true)
        let keys = RemoteKeys(keyService.address, client: client, settings: keyService.settings)
        let watch = CatalogWatch(catalog: catalog)
        keys.listen(to: watch)
        let hash = OriginRecord.hash(certificate: identity.certificateDER)
        return OriginInstallation(
            catalog: catalog, storage: storage, watch: watch, keys: keys,
            fingerprint: hash.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined(), client: client)
    }

    /// An account that was not set up yet has no identity: its name is what is known of it.
    private static func storage(
        _ settings: [StorageAccountSettings], _ dataFolder: String, _ known: [StorageAccountRecord]
    ) throws -> StorageAccounts {
        let folder = dataFolder + "/media"
        let own = StorageAccount(name: nil, weight: 0, place: folder, engine: try FileSystemMediaStorage(root: folder))
        let others = settings.compactMap { account in
            account.folder.map { folder in
                let mark = StorageAccountMark(
                    name: account.name, identity: known.first { $0.name == account.name }?.identity)
                return StorageAccount(
                    name: account.name, weight: 0, place: folder,
                    engine: FileSystemMediaStorage(root: folder, mark: mark))
            }
        }
        return StorageAccounts([own] + others)
    }

    private static func files(
        of keyService: KeyServiceConfiguration
    ) throws(ConfigurationError) -> (Authorities, ClientIdentity) {
        let authorities: Authorities
        do {
            authorities = try Authorities(file: keyService.authorities)
        } catch {
            throw ConfigurationError("keyService.caFile \(error)")
        }
        do {
            return (authorities, try ClientIdentity(certificate: keyService.certificate, key: keyService.key))
        } catch {
            throw ConfigurationError("keyService.certificate and keyService.key: \(error)")
        }
    }

    /// Ends what is under way.
    public func shutDown() async {
        await client.shutDown()
    }
}

/// A data folder that cannot be used.
public struct OriginInstallationError: Error, Sendable, Hashable, CustomStringConvertible {
    public var description: String

    init(_ description: String) {
        self.description = description
    }
}
