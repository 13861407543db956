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
        let key = await Result.ofKey { try await storageKey(asset.storageKey) }
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
            // It goes with the file, which may be deleted meanwhile.
            let key = await Result.ofKey { try await self.key(of: file) }
            var damage: [AssetDamage] = []
            for part in file.parts {
                let found = try self.damage(of: part, key, look)
                result.count(part.size, isTagged: part.tagsDigest != nil)
                damage += found.map { AssetDamage(version: nil, name: file.name, damage: $0) }
            }
            let known = damage.isEmpty ? [] : try await catalog.assetFiles(asset: asset.name)
            if !damage.isEmpty, !known.contains(where: { $0.id == file.id }) { continue }
            result.damage += damage
        }
    }

    private func damage(
        of part: OriginalPart, _ key: Result<ContentKey?, any Error>, _ look: (UInt64) -> Void
    ) throws -> [StorageDamage] {
        try Task.checkCancellation()
        let form: StorageForm
        switch key {
        case .success(let key): form = Self.form(key, part)
        case .failure(let error): return [StorageDamage(file: part.file.name, withoutKey: error)]
        }
        return try FileVerification(storage).damage(
            of: part.file, form: form, size: part.size, tagsDigest: part.tagsDigest
        ) { bytes in
            try Task.checkCancellation()
            look(bytes)
        }
    }

    private func damage(
        of track: TrackRecord, _ version: AssetVersionRecord, _ key: Result<ContentKey, any Error>,
        _ result: inout AssetVerificationResult, _ look: (UInt64) -> Void
    ) throws -> [StorageDamage] {
        try Task.checkCancellation()
        func file(_ name: String) -> StoredFile {
            StoredFile(
                asset: version.asset, version: version.number, name: name, account: version.storageAccount)
        }
        result.count(track.mediaSize, isTagged: track.tagsDigest != nil)
        let verification = FileVerification(storage)
        func media(_ form: StorageForm) throws -> [StorageDamage] {
            try verification.damage(
                of: file(track.mediaFile), form: form, size: track.mediaSize, tagsDigest: track.tagsDigest
            ) { bytes in
                try Task.checkCancellation()
                look(bytes)
            }
        }
        let found =
            switch (track.isStorageEncrypted, key) {
            case (false, _): try media(.clear)
            case (true, .success(let key)): try media(.encrypted(key, nonce: track.mediaNonce))
            case (true, .failure(let error)): [StorageDamage(file: track.mediaFile, withoutKey: error)]
            }
        return try found
            + verification.damage(of: file(track.indexFile), digest: track.indexDigest) { _ in
                try Task.checkCancellation()
            }
    }
}

extension Result where Failure == any Error {
    /// A key, or why it cannot be had, which is told of what is encrypted under it.
    fileprivate static func ofKey(_ body: () async throws -> Success) async -> Result {
        do {
            return .success(try await body())
        } catch {
            return .failure(error)
        }
    }
}

extension StorageDamage {
    fileprivate init(file: String, withoutKey error: any Error) {
        self.init(file: file, reason: "it cannot be read without its storage key: \(error)")
    }
}

extension AssetVerificationResult {
    fileprivate mutating func count(_ size: UInt64, isTagged: Bool) {
        files += 1
        bytes += size
        if !isTagged { withoutTags += 1 }
    }
}
