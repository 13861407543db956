import Catalog
import ContentKeys
public import Foundation
import MediaModel
import MediaStorage
import Policies

/// Shows an asset: its tracks, keys and locators.
public struct ShowAsset: OperatorVerb {
    public var name: String

    public init(name: String) {
        self.name = name
    }

    public struct Track: Codable, Sendable {
        public var name: String
        public var codec: String
        public var width: Int?
        public var height: Int?
        public var language: String
        /// Of sound and text, where the manifests of a set name it.
        public var label: String?
        public var averageBitrate: Int
        public var seconds: Double
        public var segments: Int
        public var bytes: UInt64
    }

    public struct Key: Codable, Sendable {
        public var keyId: String
        public var encryption: String
        public var label: String
        /// The crypto period, counted from 0; nil for the first.
        public var period: Int?
    }

    public struct Address: Codable, Sendable {
        public var id: String
        public var deliveryPolicies: [String]
        public var end: Date
        public var revoked: Bool
    }

    public struct Report: Codable, Sendable {
        public var name: String
        public var created: Date
        public var version: Int?
        /// Where its current version is, or its first one will be.
        public var storageAccount: String
        /// Where what is new goes to, while that takes something.
        public var accountForNew: String
        /// Nil while it is served.
        public var takenDown: Date?
        /// Why it was taken down.
        public var reason: String?
        public var tracks: [Track]
        public var keys: [Key]
        public var locators: [Address]
        /// What an operator should know although nothing is wrong.
        public var warnings: [String]
    }

    public func run(in context: OperatorContext) async throws -> Report {
        let catalog = context.catalog
        guard let asset = try await catalog.asset(named: name) else {
            throw OperatorError(.missing, "there is no asset \(name.quoted); 'keyway asset list' lists them")
        }
        var version: AssetVersionRecord?
        if let number = asset.currentVersion { version = try await catalog.assetVersion(asset: name, number: number) }
        let held =
            if let version { try await catalog.heldBackPictures(of: version, at: context.now()) } else { String?.none }
        return Report(
            name: name, created: asset.created, version: asset.currentVersion,
            storageAccount: StorageAccounts.text(version.map(\.storageAccount) ?? asset.storageAccount),
            accountForNew: StorageAccounts.text(asset.storageAccount),
            takenDown: asset.takedown?.time, reason: asset.takedown?.reason,
            tracks: (version?.tracks ?? []).map(Self.track),
            keys: try await catalog.keyAssignments(asset: name).map {
                Key(
                    keyId: $0.keyID.description, encryption: $0.encryption.rawValue, label: $0.label.rawValue,
                    period: $0.period > 0 ? $0.period : nil)
            },
            locators: try await catalog.locators(asset: name).map {
                Address(
                    id: $0.id.description, deliveryPolicies: $0.deliveryPolicies, end: $0.end, revoked: $0.isRevoked)
            }, warnings: held.map { [$0] } ?? [])
    }

    private static func track(_ record: TrackRecord) -> Track {
        let description = record.description
        return Track(
            name: description.name, codec: description.codec.codecString, width: description.video?.width,
            height: description.video?.height, language: description.language,
            label: description.label, averageBitrate: description.averageBitrate,
            seconds: Double(record.duration) / Double(max(description.timescale, 1)), segments: record.segmentCount,
            bytes: record.mediaSize)
    }
}
