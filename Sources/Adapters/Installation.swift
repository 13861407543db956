public import Administration
public import AssetFiles
public import Catalog
import CatalogSQLite
public import ContentKeys
import Cryptography
import Foundation
import Glibc
import KeyWrapping
public import MediaStorage
public import Policies
public import Settings
public import Tokens

/// A data folder, opened: the engines that everything else sees behind ports. The only place that chooses them.
public struct Installation: Sendable {
    public let dataFolder: String
    public let catalog: any CatalogEngine
    public let storage: any MediaStorage
    public let unwrapper: any KeyUnwrapper
    public let verifier: any TokenVerifier
    /// Seals and opens the tickets of key URIs.
    public let tickets: any KeyTicketSealing
    /// What was revoked.
    public let revocations: any RevocationSource
    /// Hears of changes by any process on this data folder, once somebody runs it.
    public let watch: CatalogWatch
    public let keks: InstalledKEKs
    /// The long work of this process.
    public let operations: OperationDesk
    /// Makes keys and seeds for administration.
    public let keyMaterial: any KeyMaterial
    /// The keys that issuers publish, and which hosts may be asked for them.
    public let keySets: KeySetKeeper
    public let keySetHosts: [String]
    /// Makes and uses the key that signs the audit log.
    public let auditKeyMaterial: any AuditKeyMaterial
    let wrapping: KeyWrapping
    let secrets: CatalogSecrets

    /// Verified tokens that are remembered, at some kilobytes each.
    private static let rememberedTokens = 32_768

    /// Opens a data folder: catalog, key-encryption keys, media. Makes what is not there, with KEK version 1.
    ///
    /// - Throws: `InstallationError` that says what is wrong and what to do: a missing or wrong KEK is found here.
    public static func open(
        dataFolder: String, kek: KEKConfiguration = KEKConfiguration(),
        keySets: KeySetConfiguration = KeySetConfiguration(), storage settings: StorageSettings = StorageSettings()
    ) async throws -> Installation {
        try requireRestored(dataFolder)
        guard mkdir(dataFolder, 0o700) == 0 || errno == EEXIST else {
            throw InstallationError(
                "cannot make the data folder '\(dataFolder)': \(String(cString: strerror(errno)))", .cannotCreate)
        }
        let catalog = try SQLiteCatalog(path: dataFolder + "/catalog.sqlite")
        let keks = try await KEKOpening(
            catalog: catalog,
            stores: KEKStores(folder: KEKFolder(path: dataFolder + "/kek"), configuration: kek), provider: kek.provider
        ).open()
        catalog.recogniseSeeds(with: LocalSeedRecogniser(wrapping: keks.wrapping))
        let storage: StorageAccounts
        do {
            storage = try await accounts(settings.accounts, dataFolder: dataFolder, catalog)
        } catch let error as MediaStorageError {
            throw InstallationError(error.description)
        }
        let watch = CatalogWatch(catalog: catalog)
        let secrets = CatalogSecrets(catalog: catalog, wrapping: keks.wrapping, watch: watch)
        let keeper = keySets.makeKeeper(catalog)
        return Installation(
            dataFolder: dataFolder, catalog: catalog, storage: storage,
            unwrapper: LocalKeyUnwrapper(wrapping: keks.wrapping),
            verifier: StrictTokenVerifier(secrets: secrets, keySets: keeper, memory: rememberedTokens),
            tickets: KeyTicketSeal(
                secrets: secrets, keySets: keeper, locators: CatalogLocators(catalog: catalog, watch: watch)),
            revocations: CatalogRevocations(catalog: catalog, watch: watch), watch: watch,
            keks: keks, operations: OperationDesk(),
            keyMaterial: LocalKeyMaterial(wrapping: keks.wrapping), keySets: keeper,
            keySetHosts: keySets.rules.hosts, auditKeyMaterial: LocalAuditKeyMaterial(wrapping: keks.wrapping),
            wrapping: keks.wrapping, secrets: secrets)
    }

    /// Takes the KEKs that the process's environment holds out of it. Call it when the program starts, before other threads
    /// do; `open` uses what was found.
    public static func takeKEKsFromEnvironment() {
        _ = KEKStores.processEnvironment
    }

    /// The media of assets.
    public var storedAssets: StoredAssets { StoredAssets(catalog: catalog, storage: storage, unwrapper: unwrapper) }

    /// A new random content key, wrapped, as a record that is not stored yet.
    public func makeContentKey(
        _ type: ContentKeyType, keyID: KeyID, name: String?, policy: String? = nil
    ) throws -> ContentKeyRecord {
        let key = ContentKey.random(type)
        return ContentKeyRecord(
            wrapped: try wrapping.wrap(key, keyID: keyID), name: name, authorizationPolicy: policy,
            created: Date(), checksum: try key.checksum(keyID), isNew: true)
    }

    /// A named secret, wrapped, as a record that is not stored yet.
    public func makeSecret(named name: String, value: [UInt8]) throws -> SecretRecord {
        let (kek, ciphertext) = try wrapping.wrapSecret(value, name: name)
        return SecretRecord(name: name, kek: kek, ciphertext: ciphertext, created: Date())
    }

    /// Makes the secret of key tickets when there is none.
    public func prepareTickets() async throws { try await prepareSecret(named: KeyTicketSeal.secretName) }

    /// Signs SAS URLs.
    ///
    /// - Parameters:
    ///   - limit: open locators that an asset may have.
    ///   - base: what the origin is reached by.
    public func makeSASIssuer(limit: Int, base: @escaping @Sendable () -> String) -> SASIssuer {
        SASIssuer(
            limit: limit, base: base, prepare: { try await prepareSecret(named: SASIssuer.secretName) },
            code: { text in
                (try? withSecret(named: SASIssuer.secretName) { try HMAC.code(of: text.utf8, key: $0) }) ?? nil
            })
    }

    /// The key pair that senders encrypt the keys of their files to.
    public func makeUploadKeys() -> UploadKeys {
        UploadKeys(
            wrap: { try await keyMaterial.wrap($0, keyID: $1, at: $2) },
            prepare: { try await prepareSecret(named: UploadKeys.secretName) },
            withSecret: { body in
                let name = UploadKeys.secretName
                guard let record = try await catalog.secret(named: name) else { return false }
                do {
                    try wrapping.withSecret(named: name, kek: record.kek, ciphertext: record.ciphertext, body)
                } catch let error as KEKError {
                    throw AssetFileError(.unavailable, "\(error); 'keyway doctor' says more")
                }
                return true
            })
    }

    /// Makes a random secret when there is none of that name. Of several processes that try, one does.
    private func prepareSecret(named name: String) async throws {
        guard try await catalog.secret(named: name) == nil else { return }
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
        do {
            try await catalog.apply([
                .require(.secret(name: name, nil)), .putSecret(try makeSecret(named: name, value: bytes)),
            ])
        } catch let error as CatalogError where error.code == .changed {
            return
        }
    }

    /// Gives a named secret's bytes for the time of a call: for the development token service, and for signed URLs.
    public func withSecret<Result>(
        named name: String, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result? {
        try secrets.withSecret(named: name, body)
    }
}

/// A data folder that cannot be used.
public struct InstallationError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Cause: Sendable, Hashable {
        /// The data folder is not there, and cannot be made.
        case cannotCreate
        case unusable
    }

    public var description: String
    public var cause: Cause

    init(_ description: String, _ cause: Cause = .unusable) {
        self.description = description
        self.cause = cause
    }
}
