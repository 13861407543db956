import Catalog
import CatalogSQLite
import ContentKeys
import Foundation
import MediaModel
import Policies

/// A database file for the time of a test.
final class DatabaseFile: Sendable {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("keyway-\(UUID().uuidString).sqlite").path

    func open() throws -> SQLiteCatalog { try SQLiteCatalog(path: path) }

    deinit {
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
    }
}

enum Fixture {
    static let now = Date(timeIntervalSince1970: 1_800_000_000)

    static func key(_ type: ContentKeyType, name: String? = nil, policy: String? = nil) -> ContentKeyRecord {
        ContentKeyRecord(
            wrapped: WrappedContentKey(
                keyID: .random(), type: type, kek: KEKVersion(rawValue: 1), ciphertext: [1, 2, 3]),
            name: name, authorizationPolicy: policy, created: now)
    }

    static let policy = AuthorizationPolicy(
        name: "open", options: [AuthorizationOption(name: "o", delivery: [.aes], restrictions: [.open])])

    static func track(_ name: String, nonce: UInt64) -> TrackRecord {
        TrackRecord(
            description: TrackDescription(
                name: name, kind: .audio,
                codec: CodecConfiguration(sampleEntry: "mp4a", decoderSpecific: [1], codecString: "mp4a.40.2"),
                timescale: 48_000, averageBitrate: 1, peakBitrate: 1,
                audio: AudioFormat(sampleRate: 48_000, channelCount: 2)),
            duration: 48_000, segmentCount: 1, mediaFile: "m\(nonce)", indexFile: "i\(nonce)", mediaSize: .max,
            mediaNonce: nonce, indexDigest: [UInt8](repeating: 7, count: 32))
    }

    /// An asset with one version of two tracks.
    static func asset(_ name: String, in catalog: SQLiteCatalog) async throws {
        let storage = key(.storage)
        try await catalog.apply([
            .insertContentKey(storage), .insertAsset(AssetRecord(name: name, created: now, storageKey: storage.keyID)),
            .insertAssetVersion(
                AssetVersionRecord(
                    asset: name, number: 1, created: now, job: nil,
                    tracks: [track("a", nonce: 0), track("b", nonce: 1)])),
        ])
    }
}
