import Catalog
import ContentKeys
import EncoderProtocol
import Foundation

/// Where an encode goes: a version number, a storage key, and a nonce for each file, none of them used before.
struct EncodingTarget: Sendable {
    let asset: String
    let version: Int
    let storageKey: ContentKeyRecord
    let nonces: [UInt64]
    /// Whether the asset comes to be with this version: a failed first encode leaves no asset.
    let isNew: Bool

    init(asset name: String, _ environment: EncodingWorker.Environment) async throws {
        asset = name
        guard let existing = try await environment.catalog.asset(named: name) else {
            // A key that was made just now has encrypted nothing, so numbers may start at their beginning.
            isNew = true
            version = 1
            nonces = (0..<UInt64(EncoderFrame.maximumTracks)).map { $0 }
            storageKey = try await environment.makeStorageKey()
            return
        }
        guard let key = try await environment.catalog.contentKey(existing.storageKey) else {
            throw JobFailure(.catalogFailed, "the storage key of asset '\(name)' is missing")
        }
        isNew = false
        storageKey = key
        version = try await environment.catalog.reserveVersion(asset: name)
        nonces = try await environment.catalog.reserveFileNonces(asset: name, count: EncoderFrame.maximumTracks)
    }

    /// What makes the asset, when it is new.
    func changes(at now: Date) -> [CatalogChange] {
        guard isNew else { return [] }
        return [
            .insertContentKey(storageKey),
            .insertAsset(AssetRecord(name: asset, created: now, storageKey: storageKey.keyID)),
        ]
    }
}
