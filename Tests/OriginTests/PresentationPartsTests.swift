import Catalog
import CatalogSQLite
import ContentKeys
import Cryptography
import Foundation
import KeyWrapping
import MediaModel
import MediaStorage
import Policies
import Testing

@testable import Origin

/// What a package of a film with thumbnails has, whole and of a part.
@Suite struct PresentationPartsTests {
    /// A film of 12 s, with sheets of thumbnails at 0 s and 8 s.
    private final class Site: Sendable {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("keyway-parts-\(UUID())").path
        let origin: OriginService
        let locators: [String: LocatorID]

        init() async throws {
            let catalog = try SQLiteCatalog(path: Self.make(folder) + "/catalog.sqlite")
            let storage = try FileSystemMediaStorage(root: folder + "/media")
            let wrapping = KeyWrapping(provider: try FileKEKProvider(folder: folder + "/kek", mayCreate: true))
            let keyID = KeyID.random()
            let staged = try storage.stage(in: nil)
            let tracks = [try Self.video(staged), try Self.thumbnails(staged)]
            try staged.commit(asset: "film", version: 1)
            try await catalog.apply([
                .insertContentKey(
                    ContentKeyRecord(
                        wrapped: try wrapping.wrap(.random(.storage), keyID: keyID), name: nil,
                        authorizationPolicy: nil, created: Date())),
                .insertAsset(AssetRecord(name: "film", created: Date(), storageKey: keyID)),
                .insertAssetVersion(
                    AssetVersionRecord(asset: "film", number: 1, created: Date(), job: nil, tracks: tracks)),
                .putAccessPolicy(AccessPolicy(name: "a", permissions: [.read], duration: 3600)),
                .putDeliveryPolicy(DeliveryPolicy(name: "d", protocols: [.hls, .dash], encryption: .none)),
                .putFilter(PresentationFilter(name: "within", timeRange: FilterTimeRange(start: 2, timescale: 1))),
                .putFilter(PresentationFilter(name: "second", timeRange: FilterTimeRange(start: 8, timescale: 1))),
                .putFilter(PresentationFilter(name: "first", timeRange: FilterTimeRange(end: 6, timescale: 1))),
            ])
            var locators: [String: LocatorID] = [:]
            for filter in ["", "within", "second", "first"] {
                let locator = Locator(
                    id: LocatorID(), kind: .streaming, asset: "film", accessPolicy: "a", deliveryPolicies: ["d"],
                    start: Date().addingTimeInterval(-60), end: Date().addingTimeInterval(3000),
                    filters: filter.isEmpty ? [] : [filter])
                try await catalog.apply([.insertLocator(locator)])
                locators[filter] = locator.id
            }
            self.locators = locators
            origin = OriginService(
                catalog: catalog, watch: CatalogWatch(catalog: catalog), storage: storage,
                unwrapper: LocalKeyUnwrapper(wrapping: wrapping), keyBaseURL: { "http://keys" })
        }

        deinit { try? FileManager.default.removeItem(atPath: folder) }

        private static func make(_ folder: String) throws -> String {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            return folder
        }

        private static func video(_ staged: any StagedVersion) throws -> TrackRecord {
            let description = TrackDescription(
                name: "video-16", kind: .video,
                codec: CodecConfiguration(
                    sampleEntry: "avc1",
                    decoderSpecific: [
                        1, 0x42, 0xC0, 0x1E, 0xFF, 0xE1, 0, 9, 0x67, 0x42, 0xC0, 0x1E, 0xD9, 0, 0xB4, 0x26, 0x40, 1, 0,
                        4, 0x68, 0xCB, 0x83, 0xCB,
                    ], codecString: "avc1.42C01E"),
                timescale: 1000, averageBitrate: 400, peakBitrate: 400,
                video: VideoFormat(width: 16, height: 16, frameRateNumerator: 1, frameRateDenominator: 2))
            return try record(description, durations: [2000, 2000, 2000, 2000, 2000, 2000], staged)
        }

        private static func thumbnails(_ staged: any StagedVersion) throws -> TrackRecord {
            let description = TrackDescription(
                name: "thumbnails", kind: .image,
                codec: CodecConfiguration(sampleEntry: "jpeg", decoderSpecific: [], codecString: "jpeg"),
                timescale: 1000, averageBitrate: 100, peakBitrate: 100,
                image: ImageFormat(role: .thumbnails, width: 16, height: 16, columns: 2, rows: 2, interval: 2000))
            return try record(description, durations: [8000, 4000], staged)
        }

        /// A segment of one sample of 100 bytes for each duration.
        private static func record(
            _ description: TrackDescription, durations: [UInt32], _ staged: any StagedVersion
        ) throws -> TrackRecord {
            var builder = TrackIndexBuilder()
            var time: UInt64 = 0
            for (number, duration) in durations.enumerated() {
                builder.addSegment(
                    decodeTime: time,
                    samples: [
                        .init(
                            offset: UInt64(number) * 100, size: 100, duration: duration, compositionOffset: 0,
                            isSync: true, subsamples: [])
                    ])
                time += UInt64(duration)
            }
            let size = durations.count * 100
            let index = try builder.encode(description: description, mediaSize: UInt64(size))
            let start: [UInt8] = description.kind == .image ? [0xFF, 0xD8, 0xFF] : [0, 0, 0]
            let media = (0..<durations.count).flatMap { _ in start + [UInt8](repeating: 7, count: 97) }
            for (name, bytes) in [("m", media), ("i", Array(index))] {
                let file = try staged.create("\(description.name).\(name)")
                try bytes.withUnsafeBytes { try file.append($0) }
                try file.close()
            }
            return TrackRecord(
                description: description, duration: time, segmentCount: durations.count,
                mediaFile: "\(description.name).m", indexFile: "\(description.name).i", mediaSize: UInt64(size),
                mediaNonce: description.kind == .image ? 2 : 1, indexDigest: try SHA256.digest(Array(index)),
                isStorageEncrypted: false)
        }
    }

    private static let playlist = "v1/clear/jpeg/thumbnails/media.m3u8"

    /// Of still pictures, each once.
    private static func stills(_ requests: [OriginRequest]) -> Set<String> {
        Set(requests.map { OriginPath.relative($0) }.filter { $0.contains("thumbnails") })
    }

    @Test(arguments: [
        ("", [1, 2], true), ("within", [1, 2], false), ("second", [2], true), ("first", [1], true),
    ])
    func aPartHasItsOwnSheets(filter: String, sheets: [Int], isListed: Bool) async throws {
        let site = try await Site()
        let locator = try #require(site.locators[filter])
        for format in [StreamingFormat.hlsCMAF, .dashCMAF] {
            let parts = try await site.origin.parts(
                of: .manifest(
                    PresentationReference(locator: locator, name: "film"), format: format, encryption: nil,
                    filters: []))
            #expect(Self.stills(parts.segments) == Set(sheets.map { "v1/clear/jpeg/thumbnails/\($0).jpg" }))
            #expect(
                Self.stills(parts.documents)
                    == (format == .hlsCMAF && isListed ? ["thumbnails.vtt", Self.playlist] : ["thumbnails.vtt"]))
            // Each can be had.
            for request in parts.documents + parts.segments { _ = try await site.origin.object(for: request) }
        }
    }
}
