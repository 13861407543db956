import AssetFiles
import Catalog
import ContentKeys
import EncoderProtocol
import Foundation
import MediaStorage

/// Where an encode goes: a version number, a storage key, and a nonce for each file, none of them used before.
struct EncodingTarget: Sendable {
    let asset: String
    let version: Int
    let storageKey: ContentKeyRecord
    let nonces: [UInt64]
    /// For each try to write the tracks as many as there may be, above those of the try before: the numbers that the catalog
    /// gives later are above the highest that a version has.
    private static let nonceCount = EncodingRun.mostTries * EncoderFrame.maximumTracks
    /// Whether the asset comes to be with this version: a failed first encode leaves no asset.
    let isNew: Bool
    /// The storage account; nil for the default one.
    let account: String?

    init(_ job: JobRecord, _ environment: EncodingWorker.Environment) async throws {
        let name = job.asset
        asset = name
        let choice = Self.choice(of: job)
        guard let existing = try await environment.catalog.asset(named: name) else {
            // A key that was made just now has encrypted nothing, so numbers may start at their beginning.
            isNew = true
            account = try await Self.place(name, choice ?? .any, environment)
            version = 1
            nonces = (0..<UInt64(Self.nonceCount)).map { $0 }
            storageKey = try await environment.makeStorageKey()
            return
        }
        guard let key = try await environment.catalog.contentKey(existing.storageKey) else {
            throw JobFailure(.catalogFailed, "the storage key of asset '\(name)' is missing")
        }
        isNew = false
        account = try await Self.place(name, choice ?? .preferred(existing.storageAccount), environment)
        storageKey = key
        version = try await environment.catalog.reserveVersion(asset: name)
        nonces = try await environment.catalog.reserveFileNonces(asset: name, count: Self.nonceCount)
    }

    /// What a job says of the storage account; nil for nothing.
    static func choice(of job: JobRecord) -> StorageChoice? {
        job.storageAccount.map { .only(StorageAccounts.account(named: $0)) }
    }

    /// An account into which may be written.
    ///
    /// - Parameter size: in bytes, where it is known.
    static func place(
        _ asset: String, _ choice: StorageChoice, size: UInt64 = 0, _ environment: EncodingWorker.Environment
    ) async throws -> String? {
        let storage = environment.storage
        let account = try await DiskLook.run { try storage.place(asset, choice, size: size) }
        do {
            try await environment.leftovers.remove(from: account)
        } catch let error as MediaStorageError where error.code != .unavailable {
            // They take space, and keep no job from being done.
        }
        return account
    }

    /// What makes the asset, when it is new.
    func changes(at now: Date) -> [CatalogChange] {
        guard isNew else { return [] }
        return [
            .insertContentKey(storageKey),
            .insertAsset(AssetRecord(name: asset, created: now, storageKey: storageKey.keyID, storageAccount: account)),
        ]
    }
}

extension EncodingWorker.Environment {
    /// A folder for a version that is being made, of an account whose disk may hang.
    func stage(in account: String?) async throws -> any StagedVersion {
        try await storage.looks(in: account).run { [storage] in try storage.stage(in: account) }
    }
}
