public import Catalog
public import Foundation
public import MediaModel
public import Policies

/// What an operator asks of `publish`.
public struct PublicationRequest: Sendable, Hashable {
    /// By name.
    public var asset: String
    /// Who may receive the keys; nil keeps the policy of keys that the asset has already.
    public var authorizationPolicy: String?
    /// By name, one or more.
    public var deliveryPolicies: [String]
    /// By name; nil for `streaming-default`, which is made when it is absent.
    public var accessPolicy: String?
    /// By name.
    public var filters: [String]
    /// Nil for now.
    public var start: Date?
    /// Nil for the access policy's duration after the start.
    public var end: Date?

    public init(
        asset: String, authorizationPolicy: String? = nil, deliveryPolicies: [String], accessPolicy: String? = nil,
        filters: [String] = [], start: Date? = nil, end: Date? = nil
    ) {
        self.asset = asset
        self.authorizationPolicy = authorizationPolicy
        self.deliveryPolicies = deliveryPolicies
        self.accessPolicy = accessPolicy
        self.filters = filters
        self.start = start
        self.end = end
    }
}

/// A published asset: the locator, and all that is needed to say its URLs.
public struct PublishedAsset: Sendable, Hashable {
    public var locator: Locator
    public var deliveryPolicies: [DeliveryPolicy]
    /// Of the version that is published: what has no form for them has no address. Empty where there is no version yet.
    public var tracks: [TrackDescription]
    /// The keys that encrypt the asset's tracks under these policies.
    public var assignments: [KeyAssignment]
    /// The still pictures that leave beside them, the poster first.
    public var pictures: [PublishedPicture]
    /// What an operator should know although nothing is wrong.
    public var warnings: [String]

    public init(
        locator: Locator, deliveryPolicies: [DeliveryPolicy], tracks: [TrackDescription],
        assignments: [KeyAssignment], pictures: [PublishedPicture], warnings: [String]
    ) {
        self.locator = locator
        self.deliveryPolicies = deliveryPolicies
        self.tracks = tracks
        self.assignments = assignments
        self.pictures = pictures
        self.warnings = warnings
    }
}

extension AccessPolicy {
    /// What a publication uses when none is named: reading, for 365 days.
    public static let streamingDefault = AccessPolicy(
        name: "streaming-default", permissions: [.read], duration: 365 * 86_400)
}
