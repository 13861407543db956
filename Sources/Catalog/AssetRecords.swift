public import ContentKeys
public import Foundation
public import MediaModel

/// An asset: what is owned. Its media is in its versions.
public struct AssetRecord: Sendable, Hashable {
    /// Unique; 1 to 128 of letters, digits, `.`, `_` and `-`, not starting with a dot.
    public var name: String
    public var created: Date
    /// The version that is served; nil until the first one is complete.
    public var currentVersion: Int?
    /// The key of type `storage` that its files are encrypted under.
    public var storageKey: KeyID
    /// Not nil while nothing of the asset is served.
    public var takedown: Takedown?
    /// Where new versions and originals are placed while they can be; nil for the default account.
    public var storageAccount: String?

    public init(
        name: String, created: Date, currentVersion: Int? = nil, storageKey: KeyID, takedown: Takedown? = nil,
        storageAccount: String? = nil
    ) {
        self.storageAccount = storageAccount
        self.name = name
        self.created = created
        self.currentVersion = currentVersion
        self.storageKey = storageKey
        self.takedown = takedown
    }

    /// Whether a text can name an asset: it becomes a folder and a part of URLs.
    public static func isName(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count) && text.utf8.first != 0x2E
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                    || [0x2D, 0x2E, 0x5F].contains($0)
            }
    }
}

/// That an asset was taken down: nothing of it is served through any locator, and its keys are given to nobody.
public struct Takedown: Sendable, Hashable {
    public var time: Date
    /// For operators.
    public var reason: String?

    public init(time: Date, reason: String? = nil) {
        self.time = time
        self.reason = reason
    }
}

/// One version of an asset's media. It is complete when it is recorded, and never changes after.
public struct AssetVersionRecord: Sendable, Hashable {
    public var asset: String
    /// Counts from 1 within the asset; a number is never used again.
    public var number: Int
    public var created: Date
    /// The job that made it.
    public var job: JobID?
    public var tracks: [TrackRecord]
    /// Where its files are; nil for the default account.
    public var storageAccount: String?

    public init(
        asset: String, number: Int, created: Date, job: JobID?, tracks: [TrackRecord], storageAccount: String? = nil
    ) {
        self.storageAccount = storageAccount
        self.asset = asset
        self.number = number
        self.created = created
        self.job = job
        self.tracks = tracks
    }
}

/// One track file with its index, as stored.
public struct TrackRecord: Sendable, Hashable {
    public var description: TrackDescription
    /// In the track's timescale.
    public var duration: UInt64
    public var segmentCount: Int
    /// The files' names within the version's folder.
    public var mediaFile: String
    public var indexFile: String
    /// In bytes.
    public var mediaSize: UInt64
    /// The 64-bit IV of the media file under the asset's storage key: no other file under that key has it.
    public var mediaNonce: UInt64
    /// SHA-256 of the index file, checked when it is opened where there is no tag.
    public var indexDigest: [UInt8]
    /// Of the index file under the asset's storage key, checked when it is opened; nil where the track's files are not encrypted, or
    /// were stored before there were any.
    public var indexTag: [UInt8]?
    /// Whether the media file is encrypted under the asset's storage key; otherwise it lies in the clear.
    public var isStorageEncrypted: Bool
    /// SHA-256 of the media file's tags; nil for a track that was stored before there were any.
    public var tagsDigest: [UInt8]?

    public init(
        description: TrackDescription, duration: UInt64, segmentCount: Int, mediaFile: String, indexFile: String,
        mediaSize: UInt64, mediaNonce: UInt64, indexDigest: [UInt8], isStorageEncrypted: Bool = true,
        tagsDigest: [UInt8]? = nil, indexTag: [UInt8]? = nil
    ) {
        self.description = description
        self.duration = duration
        self.segmentCount = segmentCount
        self.mediaFile = mediaFile
        self.indexFile = indexFile
        self.mediaSize = mediaSize
        self.mediaNonce = mediaNonce
        self.indexDigest = indexDigest
        self.indexTag = indexTag
        self.isStorageEncrypted = isStorageEncrypted
        self.tagsDigest = tagsDigest
    }
}
