import Catalog
public import Foundation
import Policies

/// Shows a locator and every streaming URL under it, as they were said when it was made.
public struct ShowLocator: OperatorVerb {
    public var locator: String

    public init(locator: String) {
        self.locator = locator
    }

    public struct Report: Codable, Sendable {
        public var id: String
        public var asset: String
        public var deliveryPolicies: [String]
        public var start: Date
        public var end: Date
        public var revoked: Bool
        /// Empty where no origin is known, and of policies that are gone.
        public var streams: [StreamAddress]
        /// The still pictures that the delivery policies let out, of those that the version has that is served now.
        public var pictures: [PictureAddress]
    }

    public func run(in context: OperatorContext) async throws -> Report {
        guard let id = LocatorID(locator) else {
            throw OperatorError(.invalid, "\(locator.quoted) is not a locator id (a UUID in lower case)")
        }
        guard let found = try await context.catalog.locator(id) else {
            throw OperatorError(.missing, "there is no locator \(id); 'keyway locator list' lists them")
        }
        var policies: [DeliveryPolicy] = []
        for name in found.deliveryPolicies {
            if let policy = try await context.catalog.deliveryPolicy(named: name) { policies.append(policy) }
        }
        let version = try await currentVersion(of: found.asset, in: context.catalog)
        var pictures: [PublishedPicture] = []
        if let version { pictures = try await context.catalog.pictures(of: version, through: found, under: policies) }
        let addresses = context.addresses(
            PublishedAsset(
                locator: found, deliveryPolicies: policies, tracks: version?.tracks.map(\.description) ?? [],
                assignments: [], pictures: pictures, warnings: []))
        return Report(
            id: id.description, asset: found.asset, deliveryPolicies: found.deliveryPolicies, start: found.start,
            end: found.end, revoked: found.isRevoked, streams: addresses.streams,
            pictures: addresses.pictures)
    }

    private func currentVersion(
        of asset: String, in catalog: any CatalogEngine
    ) async throws -> AssetVersionRecord? {
        guard let number = try await catalog.asset(named: asset)?.currentVersion else { return nil }
        return try await catalog.assetVersion(asset: asset, number: number)
    }
}
