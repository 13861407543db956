import Catalog
import ContentKeys
import MediaModel
import MediaStorage

/// The poster of an asset: a JPEG file.
public struct StoredPoster: Sendable {
    public var bytes: [UInt8]
    /// Without quotes; of another poster it is another one.
    public var entityTag: String

    /// What every JPEG file begins with: the start of an image, and the first byte of a marker (ISO/IEC 10918-1, B.1.1.3).
    private static let start: [UInt8] = [0xFF, 0xD8, 0xFF]

    /// Whoever made the track says what it is: what does not begin as a picture does not leave as one.
    fileprivate var isPicture: Bool { bytes.starts(with: Self.start) }
}

extension UploadService {
    /// The poster of the version that is served.
    ///
    /// - Parameters:
    ///   - actor: who is given it, which is audited first; nil when nobody is.
    ///   - isKnown: whether who asks has it already, by its entity tag.
    /// - Returns: nil when it is known.
    /// - Throws: `AssetFileError` with `missing` when there is none.
    public func poster(
        asset name: String, readBy actor: String?, unless isKnown: (_ entityTag: String) -> Bool = { _ in false }
    ) async throws -> (poster: StoredPoster?, entityTag: String) {
        guard let asset = try await catalog.asset(named: name), asset.takedown == nil,
            let number = asset.currentVersion,
            let version = try await catalog.assetVersion(asset: name, number: number),
            let track = version.tracks.first(where: { $0.description.image?.role == .poster })
        else { throw AssetFileError(.missing, "asset '\(name.prefix(128))' serves no version with a poster") }
        let tag = "v\(number)-" + Array((track.tagsDigest ?? track.indexDigest).prefix(16)).hexDigits
        guard !isKnown(tag) else { return (nil, tag) }
        let key = try await assets.storageKey(asset.storageKey)
        let poster = try await storage.looks(in: version.storageAccount).run { [storage] in
            StoredPoster(bytes: try Self.bytes(of: track, version, key, in: storage), entityTag: tag)
        }
        guard poster.isPicture else { throw AssetFileError(.damaged, "the poster of asset '\(name)' is no JPEG") }
        if let actor {
            var event = AuditEvent(time: now(), action: .assetPosterRead)
            event.actor = actor
            event.detail = "\(name), version \(number)"
            try await catalog.apply([.audit(event)])
        }
        return (poster, tag)
    }

    private static func bytes(
        of track: TrackRecord, _ version: AssetVersionRecord, _ key: ContentKey, in storage: any MediaStorage
    ) throws -> [UInt8] {
        let file = StoredFile(
            asset: version.asset, version: version.number, name: track.mediaFile, account: version.storageAccount)
        let reader = try storage.open(
            file, form: track.isStorageEncrypted ? .encrypted(key, nonce: track.mediaNonce) : .clear,
            verifying: track.tagsDigest)
        guard reader.size <= ImageFormat.longestFile else {
            throw AssetFileError(.damaged, "the poster of asset '\(version.asset)' has \(reader.size) bytes")
        }
        var bytes: [UInt8] = []
        try reader.append(0..<reader.size, to: &bytes)
        return bytes
    }
}
