import Catalog
import ContentKeys
import Cryptography
import Foundation
import MediaModel
import MediaStorage
import Policies
import TimedText

/// Opens asset versions and keeps them: indexes are mapped and held against their digests once, files stay open.
struct VersionStore: Sendable {
    private struct Name: Hashable, Sendable {
        var asset: String
        /// Of its files. An asset that is made again under a deleted one's name counts its versions anew, and has another.
        var storageKey: KeyID
        var number: Int

        init(_ asset: AssetRecord, _ number: Int) {
            self.asset = asset.name
            storageKey = asset.storageKey
            self.number = number
        }
    }

    /// Most versions that are kept open.
    private static let maximumCount = 256

    private let catalog: any CatalogEngine
    private let storage: any MediaStorage
    private let keys: EncryptionKeyCache
    /// Whether each read of media is held against its tags.
    private let verifiesReads: Bool
    private let versions = BoundedCache<Name, OpenedVersion>(maximumCount: maximumCount)

    init(catalog: any CatalogEngine, storage: any MediaStorage, keys: EncryptionKeyCache, verifiesReads: Bool) {
        self.verifiesReads = verifiesReads
        self.catalog = catalog
        self.storage = storage
        self.keys = keys
    }

    /// A version of an asset.
    ///
    /// - Throws: `OriginError` when it is not there or what is stored contradicts the catalog.
    func version(_ asset: AssetRecord, number: Int) async throws -> OpenedVersion {
        // Also for a version that is open: without its key nothing of it is read.
        let key = try await keys.key(asset.storageKey, for: .storage)
        let name = Name(asset, number)
        return try await versions.value(name) { try await open(name, key) }
    }

    private func open(_ name: Name, _ key: ContentKey) async throws -> OpenedVersion {
        guard let record = try await catalog.assetVersion(asset: name.asset, number: name.number),
            // Read after the version: while it is the same asset, the version is its own.
            try await catalog.asset(named: name.asset)?.storageKey == name.storageKey
        else { throw OriginError(.resourceNotFound, "The asset has no such version.") }
        // The first viewers of a film come together, and one of them opened it meanwhile.
        if let opened = versions.known(name) { return opened }
        let roles = record.tracks.compactMap(\.description.image?.role)
        // Each may leave in the clear: many of them together may be a film.
        guard Set(roles).count == roles.count else {
            throw OriginError(.storageFault, "the version has several tracks of still pictures of one kind")
        }
        do {
            let tracks = try record.tracks.map { try open($0, record, key) }
            return OpenedVersion(record: record, storageKey: name.storageKey, tracks: tracks)
        } catch let error as MediaStorageError {
            guard error.code != .unavailable else { throw OriginError(storageAway: error.reason) }
            throw OriginError(.storageFault, error.description)
        }
    }

    /// A version that is open, and may be read.
    func known(_ asset: AssetRecord, number: Int) -> OpenedVersion? {
        guard keys.known(asset.storageKey, for: .storage) != nil else { return nil }
        return versions.known(Name(asset, number))
    }

    /// Whether an index is the one that was stored.
    private static func isStored(_ index: Data, of track: TrackRecord, _ key: ContentKey) throws -> Bool {
        if let tag = track.indexTag {
            return try IndexTag.isValid(tag, of: index, digest: track.indexDigest, key: key)
        }
        let digest = try SHA256Accumulator()
        try index.withUnsafeBytes { try digest.update($0) }
        return try digest.finish() == track.indexDigest
    }

    private func open(_ track: TrackRecord, _ version: AssetVersionRecord, _ key: ContentKey) throws -> OpenedTrack {
        func file(_ name: String) -> StoredFile {
            StoredFile(asset: version.asset, version: version.number, name: name, account: version.storageAccount)
        }
        let data = try storage.contents(of: file(track.indexFile), limit: TrackIndex.maximumSize)
        guard try Self.isStored(data, of: track, key) else {
            throw OriginError(.storageFault, "the index of track \(track.description.name) was changed")
        }
        let index: TrackIndex
        do {
            // The catalog has no digest of an index that was not validated.
            index = try TrackIndex(validatedBefore: data)
        } catch {
            throw OriginError(.storageFault, error.description)
        }
        let media = try storage.open(
            file(track.mediaFile),
            form: track.isStorageEncrypted ? .encrypted(key, nonce: track.mediaNonce) : .clear,
            verifying: verifiesReads ? track.tagsDigest : nil)
        guard media.size == index.mediaSize, index.description == track.description else {
            throw OriginError(.storageFault, "track \(track.description.name) is not the one that was indexed")
        }
        // Text leaves in the clear. Whoever parsed the upload said what is text, and cannot say it of a film.
        guard track.description.kind != .text || media.size <= UInt64(TextBounds.trackSize) else {
            throw OriginError(.storageFault, "track \(track.description.name) is larger than text can be")
        }
        guard track.description.kind != .image || ImageFormat.isBounded(index) else {
            throw OriginError(.storageFault, "track \(track.description.name) has more than still pictures")
        }
        return try OpenedTrack(
            record: track, asset: version.asset, version: version.number, index: index, media: media)
    }
}
