public import Foundation
import Policies

/// Publishes an asset: makes its keys and a locator, and says every streaming URL, and those of still pictures.
public struct PublishAsset: OperatorVerb {
    public var asset: String
    /// Who may receive the keys; nil keeps the policy of keys that the asset has already.
    public var authorizationPolicy: String?
    public var deliveryPolicies: [String]
    /// Nil for reading, for 365 days.
    public var accessPolicy: String?
    /// Through which every manifest of the locator is shown; nil for none.
    public var filters: [String]?
    /// Nil for now.
    public var start: Date?
    /// Nil for the access policy's duration after the start.
    public var end: Date?

    public init(
        asset: String, authorizationPolicy: String? = nil, deliveryPolicies: [String], accessPolicy: String? = nil,
        filters: [String]? = nil, start: Date? = nil, end: Date? = nil
    ) {
        self.asset = asset
        self.authorizationPolicy = authorizationPolicy
        self.deliveryPolicies = deliveryPolicies
        self.accessPolicy = accessPolicy
        self.filters = filters
        self.start = start
        self.end = end
    }

    public struct Report: Codable, Sendable {
        public var asset: String
        public var locator: String
        public var until: Date
        public var streams: [StreamAddress]
        /// The still pictures that the delivery policies let out, of those that the version has.
        public var pictures: [PictureAddress]
        public var warnings: [String]
    }

    public func run(in context: OperatorContext) async throws -> Report {
        let publication = Publication(catalog: context.catalog, makeKey: context.makeKey, actor: context.actor)
        let published = try await publication.publish(
            PublicationRequest(
                asset: asset, authorizationPolicy: authorizationPolicy, deliveryPolicies: deliveryPolicies,
                accessPolicy: accessPolicy, filters: filters ?? [], start: start, end: end), at: context.now())
        let addresses = context.addresses(published)
        return Report(
            asset: published.locator.asset, locator: published.locator.id.description, until: published.locator.end,
            streams: addresses.streams, pictures: addresses.pictures, warnings: published.warnings)
    }
}
