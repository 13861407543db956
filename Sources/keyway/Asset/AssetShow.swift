import Adapters
import ArgumentParser
import Catalog
import ContentKeys
import Foundation
import MediaModel
import Policies

struct AssetShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show an asset: its tracks, keys and locators.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The asset's name.")
    var name: String

    private struct Answer: Report {
        struct Track: Encodable {
            var name: String
            var codec: String
            var width: Int?
            var height: Int?
            var averageBitrate: Int
            var seconds: Double
            var segments: Int
            var bytes: UInt64
        }
        struct Key: Encodable {
            var keyId: String
            var encryption: String
            var label: String
            /// The first version that the key encrypts, until a later key of the same label.
            var sinceVersion: Int
        }
        struct Address: Encodable {
            var id: String
            var deliveryPolicies: [String]
            var end: Date
            var revoked: Bool
        }
        var name: String
        var created: Date
        var version: Int?
        var tracks: [Track]
        var keys: [Key]
        var locators: [Address]

        var text: String {
            """
            asset    \(name)
            created  \(created.rfc3339)
            version  \(version.map(String.init) ?? "-")

            \(Table.render(
                ["TRACK", "CODEC", "SIZE", "KB/S", "SECONDS", "SEGMENTS", "BYTES"],
                tracks.map(row)))

            \(Table.render(
                ["KEY ID", "ENCRYPTION", "LABEL", "FROM VERSION"],
                keys.map { [$0.keyId, $0.encryption, $0.label, "\($0.sinceVersion)"] }))

            \(Table.render(
                ["LOCATOR", "DELIVERY POLICIES", "UNTIL", "STATE"],
                locators.map {
                    [$0.id, $0.deliveryPolicies.joined(separator: ","), $0.end.rfc3339, $0.revoked ? "revoked" : "valid"]
                }))
            """
        }

        private func row(_ track: Track) -> [String] {
            let size = track.width.flatMap { width in track.height.map { "\(width)x\($0)" } } ?? "-"
            return [
                track.name, track.codec, size, "\(track.averageBitrate / 1000)",
                String(format: "%.2f", track.seconds), "\(track.segments)", "\(track.bytes)",
            ]
        }
    }

    func run() async throws {
        let catalog = try await common.open().catalog
        guard let asset = try await catalog.asset(named: name) else {
            throw CommandFailure(.noInput, "there is no asset '\(name)'; 'keyway asset list' lists them")
        }
        var version: AssetVersionRecord?
        if let number = asset.currentVersion { version = try await catalog.assetVersion(asset: name, number: number) }
        let answer = Answer(
            name: name, created: asset.created, version: asset.currentVersion,
            tracks: (version?.tracks ?? []).map(Self.track),
            keys: try await catalog.keyAssignments(asset: name).map {
                .init(
                    keyId: $0.keyID.description, encryption: $0.encryption.rawValue, label: $0.label.rawValue,
                    sinceVersion: $0.sinceVersion)
            },
            locators: try await catalog.locators(asset: name).map {
                .init(id: $0.id.description, deliveryPolicies: $0.deliveryPolicies, end: $0.end, revoked: $0.isRevoked)
            })
        try answer.print(json: common.json)
    }

    private static func track(_ record: TrackRecord) -> Answer.Track {
        let description = record.description
        return .init(
            name: description.name, codec: description.codec.codecString, width: description.video?.width,
            height: description.video?.height, averageBitrate: description.averageBitrate,
            seconds: Double(record.duration) / Double(description.timescale), segments: record.segmentCount,
            bytes: record.mediaSize)
    }
}
