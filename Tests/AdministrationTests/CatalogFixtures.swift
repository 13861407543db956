import Catalog
import ContentKeys
import Foundation
import MediaModel
import Policies

@testable import Administration

/// Makes records without key bytes: what is wrapped does not matter here.
let makeFakeKey: ContentKeyMaker = { type, keyID, name in
    let wrapped = WrappedContentKey(keyID: keyID, type: type, kek: KEKVersion(rawValue: 1), ciphertext: [1])
    return ContentKeyRecord(wrapped: wrapped, name: name, authorizationPolicy: nil, created: moment)
}

let moment = Date(timeIntervalSince1970: 1_800_000_000)

/// A track of a height, or an audio track.
func track(_ name: String, height: Int?) -> TrackRecord {
    let codec = CodecConfiguration(
        sampleEntry: height == nil ? "mp4a" : "avc1", decoderSpecific: [1], codecString: "avc1.640028")
    let video = height.map {
        VideoFormat(width: $0 * 16 / 9, height: $0, frameRateNumerator: 24, frameRateDenominator: 1)
    }
    let description = TrackDescription(
        name: name, kind: height == nil ? .audio : .video, codec: codec, timescale: 48_000, averageBitrate: 1000,
        peakBitrate: 1000, video: video,
        audio: height == nil ? AudioFormat(sampleRate: 48_000, channelCount: 2) : nil)
    return TrackRecord(
        description: description, duration: 48_000, segmentCount: 1, mediaFile: name + ".cmfv", indexFile: name,
        mediaSize: 1, mediaNonce: 1, indexDigest: [UInt8](repeating: 0, count: 32))
}

/// The tracks of a small ladder.
let ladder = [track("audio", height: nil), track("v360", height: 360), track("v720", height: 720)]

extension CatalogEngine {
    /// An asset with one complete version.
    func addAsset(_ name: String, tracks: [TrackRecord] = ladder) async throws {
        let storage = try await makeFakeKey(.storage, .random(), nil)
        try await apply([
            .insertContentKey(storage),
            .insertAsset(AssetRecord(name: name, created: moment, storageKey: storage.keyID)),
        ])
        try await addVersion(of: name, tracks: tracks)
    }

    @discardableResult
    func addVersion(
        of name: String, tracks: [TrackRecord],
        with changes: (AssetVersionRecord) async throws -> [CatalogChange] = { _ in [] }
    ) async throws -> AssetVersionRecord {
        let number = try await reserveVersion(asset: name)
        let version = AssetVersionRecord(asset: name, number: number, created: moment, job: nil, tracks: tracks)
        let others = try await changes(version)
        try await apply([.insertAssetVersion(version)] + others)
        return version
    }

    /// Parses documents and applies them.
    func applyDocuments(_ text: String, prune: Bool = false) async throws -> [String] {
        let loaded = parse(text)
        guard loaded.errors.isEmpty else { throw DocumentsRejected(loaded.errors) }
        let reconciliation = Reconciliation(catalog: self, makeKey: makeFakeKey)
        let plan = try await reconciliation.plan(DocumentSet(loaded.documents), prune: prune)
        try await reconciliation.apply(plan, at: moment)
        return plan.changes.map(\.description)
    }

    /// The audit log's events, oldest first.
    func events() async throws -> [AuditEvent] {
        try await auditRecords(after: 0, limit: 1000).map {
            try AuditChain.event(of: $0)
        }
    }
}
