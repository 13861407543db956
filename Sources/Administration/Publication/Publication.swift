public import Catalog
public import Foundation
import Policies

/// Publishes assets: gives their tracks keys, and makes the locator through which they leave.
public struct Publication: Sendable {
    let catalog: any CatalogEngine
    let makeKey: ContentKeyMaker
    let actor: String?

    /// - Parameter actor: who publishes, for the audit log.
    public init(catalog: any CatalogEngine, makeKey: @escaping ContentKeyMaker, actor: String? = nil) {
        self.catalog = catalog
        self.makeKey = makeKey
        self.actor = actor
    }

    /// Publishes an asset's current version in one transaction. Keys that the asset has for an encryption and label are
    /// used again; the others are made. Two publications at once agree on the keys.
    ///
    /// - Throws: `PublicationError` when something asked for does not fit, `CatalogError`, and what the making of a key
    ///   throws.
    public func publish(_ request: PublicationRequest, at now: Date) async throws -> PublishedAsset {
        for _ in 0..<3 {
            do {
                return try await attempt(request, at: now)
            } catch let error as CatalogError where error.code == .exists {
                // Another publication made the same key or access policy since we looked: look again.
                continue
            }
        }
        return try await attempt(request, at: now)
    }

    private func attempt(_ request: PublicationRequest, at now: Date) async throws -> PublishedAsset {
        let version = try await currentVersion(of: request.asset)
        let prepared = try await prepare(request, version: version, at: now)
        try await catalog.apply(prepared.changes)
        try await catchUp(with: version, demand: prepared.published.deliveryPolicies)
        return prepared.published
    }

    /// A publication that was not applied yet.
    public struct Prepared: Sendable {
        public var published: PublishedAsset
        /// To be applied together.
        public var changes: [CatalogChange]
    }

    /// Prepares the publication of a version, which need not be the asset's current one yet.
    ///
    /// - Throws: `PublicationError` when something asked for does not fit, `CatalogError`, and what the making of a key
    ///   throws.
    public func prepare(
        _ request: PublicationRequest, version: AssetVersionRecord, at now: Date
    ) async throws -> Prepared {
        let policies = try await deliveryPolicies(request.deliveryPolicies)
        let demand = try KeyDemand(policies, version: version)
        let authorization = try await authorization(of: request, demand: demand)
        let access = try await accessPolicy(request.accessPolicy)
        try await checkFilters(request)
        let locator = try locator(request, access: access.policy, at: now)
        var keys = try await keys(for: demand, version: version, authorization: authorization, at: now)
        let held = try await catalog.heldBackPictures(of: version, at: now, besides: policies)
        keys.changes = access.changes + keys.changes + [.insertLocator(locator), .audit(event(locator, request, now))]
        return Prepared(
            published: PublishedAsset(
                locator: locator, deliveryPolicies: policies, tracks: version.tracks.map(\.description),
                assignments: keys.assignments,
                pictures: try await catalog.pictures(of: version, through: locator, under: policies),
                warnings: keys.warnings + demand.beyondTickets(policies) + (held.map { [$0] } ?? [])),
            changes: keys.changes.map { $0.by(actor) })
    }

    /// Prepares the keys and numbers that a version needs to leave under delivery policies, without a locator.
    ///
    /// - Throws: as `prepare`.
    public func prepareKeys(
        deliveryPolicies names: [String], authorizationPolicy: String?, version: AssetVersionRecord, at now: Date
    ) async throws -> [CatalogChange] {
        let policies = try await deliveryPolicies(names)
        let demand = try KeyDemand(policies, version: version)
        guard !demand.tracks.isEmpty else { return [] }
        let request = PublicationRequest(
            asset: version.asset, authorizationPolicy: authorizationPolicy, deliveryPolicies: names)
        let authorization = try await authorization(of: request, demand: demand)
        return try await keys(for: demand, version: version, authorization: authorization, at: now).changes.map {
            $0.by(actor)
        }
    }

    /// A version that became the current one while keys were given out has no numbers under them yet.
    private func catchUp(with version: AssetVersionRecord, demand policies: [DeliveryPolicy]) async throws {
        let current = try await currentVersion(of: version.asset)
        guard current.number != version.number else { return }
        let changes = try await allocateNumbersForNewVersion(current)
        if !changes.isEmpty { try await catalog.apply(changes.map { $0.by(actor) }) }
    }

    private func event(_ locator: Locator, _ request: PublicationRequest, _ now: Date) -> AuditEvent {
        var event = AuditEvent(time: now, action: .assetPublished)
        event.policy = request.authorizationPolicy
        event.detail =
            "asset \(locator.asset), locator \(locator.id), delivery "
            + locator.deliveryPolicies.joined(separator: ", ")
        return event
    }
}
