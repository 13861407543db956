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
    /// How many bytes of media an asset's versions and originals have.
    public func size(of asset: String) async throws -> UInt64 {
        var size: UInt64 = 0
        for number in try await catalog.assetVersions(asset: asset) {
            for track in try await catalog.assetVersion(asset: asset, number: number)?.tracks ?? [] {
                size = size.addingReportingOverflow(track.mediaSize).partialValue
            }
        }
        for part in try await catalog.assetFiles(asset: asset).flatMap(\.parts) {
            size = size.addingReportingOverflow(part.size).partialValue
        }
        return size
    }

    /// Reads everything of an asset through: media and tags of all versions, their indexes, and originals.
    ///
    /// - Parameter look: is told how many more bytes were read.
    /// - Throws: `CancellationError`, soon after the task was cancelled.
    public func verify(
        _ asset: AssetRecord, _ look: (UInt64) -> Void = { _ in }
    ) async throws -> AssetVerificationResult {
        var result = AssetVerificationResult()
        let key = try await storageKey(asset.storageKey)
        for number in try await catalog.assetVersions(asset: asset.name) {
            guard let version = try await catalog.assetVersion(asset: asset.name, number: number) else { continue }
            var damage: [AssetDamage] = []
            for track in version.tracks {
                let found = try self.damage(of: track, version, key, &result, look)
                damage += found.map { AssetDamage(version: number, name: track.description.name, damage: $0) }
            }
            // What was deleted while it was read is not missing.
            if !damage.isEmpty, try await catalog.assetVersion(asset: asset.name, number: number) == nil { continue }
            result.damage += damage
        }
        try await verifyOriginals(of: asset, &result, look)
        return result
    }

    private func verifyOriginals(
        of asset: AssetRecord, _ result: inout AssetVerificationResult, _ look: (UInt64) -> Void
    ) async throws {
        for file in try await catalog.assetFiles(asset: asset.name) where !file.parts.isEmpty {
            let key = try await self.key(of: file)
            var damage: [AssetDamage] = []
            for part in file.parts {
                try Task.checkCancellation()
                let found = try FileVerification(storage).damage(
                    of: part.file, form: Self.form(key, part), size: part.size, tagsDigest: part.tagsDigest
                ) { bytes in
                    try Task.checkCancellation()
                    look(bytes)
                }
                result.count(part.size, isTagged: part.tagsDigest != nil)
                damage += found.map { AssetDamage(version: nil, name: file.name, damage: $0) }
            }
            let known = damage.isEmpty ? [] : try await catalog.assetFiles(asset: asset.name)
            if !damage.isEmpty, !known.contains(where: { $0.id == file.id }) { continue }
            result.damage += damage
        }
    }

    private func damage(
        of track: TrackRecord, _ version: AssetVersionRecord, _ key: ContentKey,
        _ result: inout AssetVerificationResult, _ look: (UInt64) -> Void
    ) throws -> [StorageDamage] {
        try Task.checkCancellation()
        func file(_ name: String) -> StoredFile {
            StoredFile(
                asset: version.asset, version: version.number, name: name, account: version.storageAccount)
        }
        result.count(track.mediaSize, isTagged: track.tagsDigest != nil)
        let verification = FileVerification(storage)
        let media = try verification.damage(
            of: file(track.mediaFile),
            form: track.isStorageEncrypted ? .encrypted(key, nonce: track.mediaNonce) : .clear,
            size: track.mediaSize, tagsDigest: track.tagsDigest
        ) { bytes in
            try Task.checkCancellation()
            look(bytes)
        }
        return try media
            + verification.damage(of: file(track.indexFile), digest: track.indexDigest) { _ in
                try Task.checkCancellation()
            }
    }
}

extension AssetVerificationResult {
    fileprivate mutating func count(_ size: UInt64, isTagged: Bool) {
        files += 1
        bytes += size
        if !isTagged { withoutTags += 1 }
    }
}
