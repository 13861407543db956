public import Catalog
import ContentKeys
import MediaModel
public import MediaStorage

/// Where an asset's stored files are not what was written.
public struct AssetDamage: Sendable, Hashable {
    /// Nil for an original.
    public var version: Int?
    /// The track's or the original's name.
    public var name: String
    public var damage: StorageDamage
}

/// What was read through.
public struct AssetVerificationResult: Sendable {
    public var damage: [AssetDamage] = []
    public var files = 0
    /// In bytes, of media.
    public var bytes: UInt64 = 0
    /// Files of before there were tags, of which only size and index could be checked.
    public var withoutTags = 0
}

extension StoredAssets {
    /// Reads everything of an asset through: media and tags of all versions, their indexes, and originals.
    public func verify(_ asset: AssetRecord) async throws -> AssetVerificationResult {
        var result = AssetVerificationResult()
        let key = try await storageKey(asset.storageKey)
        for number in try await catalog.assetVersions(asset: asset.name) {
            guard let version = try await catalog.assetVersion(asset: asset.name, number: number) else { continue }
            for track in version.tracks {
                try Task.checkCancellation()
                let found = try damage(of: track, version, key, &result)
                result.damage += found.map { AssetDamage(version: number, name: track.description.name, damage: $0) }
            }
        }
        for file in try await catalog.assetFiles(asset: asset.name) where !file.parts.isEmpty {
            try Task.checkCancellation()
            let key = try await self.key(of: file)
            for part in file.parts {
                let found = try FileVerification(storage).damage(
                    of: part.file, form: Self.form(key, part), size: part.size,
                    tagsDigest: part.tagsDigest)
                result.count(part.size, isTagged: part.tagsDigest != nil)
                result.damage += found.map { AssetDamage(version: nil, name: file.name, damage: $0) }
            }
        }
        return result
    }

    private func damage(
        of track: TrackRecord, _ version: AssetVersionRecord, _ key: ContentKey, _ result: inout AssetVerificationResult
    ) throws -> [StorageDamage] {
        func file(_ name: String) -> StoredFile {
            StoredFile(
                asset: version.asset, version: version.number, name: name, account: version.storageAccount)
        }
        result.count(track.mediaSize, isTagged: track.tagsDigest != nil)
        return try FileVerification(storage).damage(
            of: file(track.mediaFile),
            form: track.isStorageEncrypted ? .encrypted(key, nonce: track.mediaNonce) : .clear,
            size: track.mediaSize, tagsDigest: track.tagsDigest)
            + FileVerification(storage).damage(of: file(track.indexFile), digest: track.indexDigest)
    }
}

extension AssetVerificationResult {
    fileprivate mutating func count(_ size: UInt64, isTagged: Bool) {
        files += 1
        bytes += size
        if !isTagged { withoutTags += 1 }
    }
}
