import Adapters
import Administration
import Catalog
import ContentKeys
import Foundation
import KeyDelivery
import MediaModel
import Policies
import Testing

/// A data folder for the time of a test, with a policy that lets everyone have a key.
final class Fixture: Sendable {
    static let now = Date(timeIntervalSince1970: 1_800_000_000)

    let folder: String
    let installation: Installation
    let operations: KeyOperations
    var catalog: any CatalogEngine { installation.catalog }

    init() async throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("keyway-keys-\(UUID().uuidString)").path
        installation = try await Installation.open(dataFolder: folder)
        operations = KeyOperations(
            catalog: installation.catalog, material: installation.keyMaterial, unwrapper: installation.unwrapper)
        try await catalog.apply([
            .putAuthorizationPolicy(
                AuthorizationPolicy(
                    name: "open",
                    options: [
                        AuthorizationOption(name: "o", delivery: [.aes, .clearkey], restrictions: [.open])
                    ]))
        ])
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// What a player gets for a KID: its bytes, or the code of the refusal.
    func deliver(_ keyID: KeyID, at now: Date = now) async throws -> Result<[UInt8], Refused> {
        let service = KeyDeliveryService(
            catalog: catalog, unwrapper: installation.unwrapper, verifier: installation.verifier, now: { now })
        let request = KeyRequest(
            keyIDs: [keyID], delivery: .aes, credential: nil, clientAddress: try #require(IPAddress("127.0.0.1")))
        switch try await service.deliver(request, requestID: "r") {
        case .released(let keys):
            return .success(try #require(keys.first).key.withUnsafeBytes { Array($0) })
        case .denied(let reason): return .failure(Refused(code: reason.code))
        case .limited, .unavailable: throw CatalogError(.unavailable, "no decision")
        }
    }

    func events(_ action: AuditAction) async throws -> [AuditEvent] {
        try await catalog.auditRecords(after: 0, limit: 10_000).map(AuditChain.event).filter { $0.action == action }
    }

    /// Adds a version of two tracks to an asset, which is made when it is not there; numbers its tracks as a worker does.
    func addVersion(of asset: String) async throws -> AssetVersionRecord {
        if try await catalog.asset(named: asset) == nil {
            let storage = try installation.makeContentKey(.storage, keyID: .random(), name: nil)
            try await catalog.apply([
                .insertContentKey(storage),
                .insertAsset(AssetRecord(name: asset, created: Self.now, storageKey: storage.keyID)),
            ])
        }
        let version = try await prepareVersion(of: asset)
        try await complete(version)
        return version
    }

    func prepareVersion(of asset: String) async throws -> AssetVersionRecord {
        let number = try await catalog.reserveVersion(asset: asset)
        return AssetVersionRecord(
            asset: asset, number: number, created: Self.now, job: nil,
            tracks: [
                Self.track("a", nonce: UInt64(number) * 2), Self.track("b", nonce: UInt64(number) * 2 + 1),
            ])
    }

    func complete(_ version: AssetVersionRecord) async throws {
        let numbers = try await publication.allocateNumbersForNewVersion(version)
        try await catalog.apply([.insertAssetVersion(version)] + numbers)
    }

    var publication: Publication {
        let installation = installation
        return Publication(
            catalog: catalog,
            makeKey: { type, keyID, name in try installation.makeContentKey(type, keyID: keyID, name: name) })
    }

    func publish(_ asset: String) async throws -> PublishedAsset {
        try await catalog.apply([
            .putDeliveryPolicy(DeliveryPolicy(name: "hls", protocols: [.hls], encryption: .envelope)),
            .putDeliveryPolicy(DeliveryPolicy(name: "dash", protocols: [.dash], encryption: .cenc)),
        ])
        return try await publication.publish(
            PublicationRequest(asset: asset, authorizationPolicy: "open", deliveryPolicies: ["hls", "dash"]),
            at: Self.now)
    }

    private static func track(_ name: String, nonce: UInt64) -> TrackRecord {
        TrackRecord(
            description: TrackDescription(
                name: name, kind: .audio,
                codec: CodecConfiguration(sampleEntry: "mp4a", decoderSpecific: [1], codecString: "mp4a.40.2"),
                timescale: 48_000, averageBitrate: 1, peakBitrate: 1,
                audio: AudioFormat(sampleRate: 48_000, channelCount: 2)),
            duration: 48_000, segmentCount: 1, mediaFile: "m\(nonce)", indexFile: "i\(nonce)", mediaSize: 1,
            mediaNonce: nonce, indexDigest: [UInt8](repeating: 7, count: 32))
    }
}

struct Refused: Error, Equatable {
    var code: DenialReason.Code
}

func keyID(_ text: String) throws -> KeyID { try #require(KeyID(text)) }

func contentKey(_ bytes: [UInt8], _ type: ContentKeyType) throws -> ContentKey {
    try #require(bytes.withUnsafeBytes { ContentKey(type, copying: $0) })
}
