import Catalog
import ContentKeys
import Foundation
import Policies

/// What must be there before an asset is published.
extension Publication {
    func currentVersion(of asset: String) async throws -> AssetVersionRecord {
        guard let record = try await catalog.asset(named: asset) else {
            throw PublicationError(.assetMissing, "there is no asset '\(asset)'")
        }
        guard record.takedown == nil else {
            throw PublicationError(
                .assetTakenDown, "asset '\(asset)' was taken down: 'keyway asset restore \(asset)' puts it up again")
        }
        guard let number = record.currentVersion,
            let version = try await catalog.assetVersion(asset: asset, number: number)
        else {
            throw PublicationError(
                .assetWithoutVersion, "asset '\(asset)' has no complete version yet: its encoding must finish first")
        }
        return version
    }

    func deliveryPolicies(_ names: [String]) async throws -> [DeliveryPolicy] {
        guard !names.isEmpty else {
            throw PublicationError(
                .deliveryPolicyNotNamed, "name at least one delivery policy: without any, nothing leaves")
        }
        var policies: [DeliveryPolicy] = []
        for name in names where !policies.contains(where: { $0.name == name }) {
            guard let policy = try await catalog.deliveryPolicy(named: name) else {
                throw PublicationError(.deliveryPolicyMissing, "there is no delivery policy '\(name)'")
            }
            policies.append(policy)
        }
        if let conflict = DeliveryPlan.conflict(in: policies) {
            throw PublicationError(.deliveryPolicyConflict, "\(conflict): publish under one of them")
        }
        return policies
    }

    /// The policy that new keys get; nil when none was named.
    func authorization(of request: PublicationRequest, demand: KeyDemand) async throws -> AuthorizationPolicy? {
        guard let name = request.authorizationPolicy else { return nil }
        guard let policy = try await catalog.authorizationPolicy(named: name) else {
            throw PublicationError(.authorizationPolicyMissing, "there is no authorization policy '\(name)'")
        }
        guard !demand.tracks.isEmpty else {
            throw PublicationError(
                .authorizationPolicyUnused,
                "authorization policy '\(name)' would guard nothing: no delivery policy named here "
                    + "encrypts a track of the asset")
        }
        return policy
    }

    /// The access policy, and what makes it when it is the default one and absent.
    func accessPolicy(_ name: String?) async throws -> (policy: AccessPolicy, changes: [CatalogChange]) {
        let wanted = name ?? AccessPolicy.streamingDefault.name
        if let policy = try await catalog.accessPolicy(named: wanted) {
            guard policy.permissions.contains(.read) else {
                throw PublicationError(
                    .accessPolicyWithoutRead, "access policy '\(wanted)' does not permit reading: nothing could play")
            }
            return (policy, [])
        }
        guard wanted == AccessPolicy.streamingDefault.name else {
            throw PublicationError(.accessPolicyMissing, "there is no access policy '\(wanted)'")
        }
        return (.streamingDefault, [.putAccessPolicy(.streamingDefault)])
    }

    /// What manifests of the locator are shown through: the asset's own filters, and those of every asset.
    func checkFilters(_ request: PublicationRequest) async throws {
        var filters: [PresentationFilter] = []
        for name in Set(request.filters).sorted() {
            let filter = try await catalog.filter(named: name, asset: request.asset)
            guard let filter, PresentationFilter.isName(name) else {
                throw PublicationError(.filterMissing, "there is no filter '\(name)'; 'keyway policy list' lists them")
            }
            filters.append(filter)
        }
        guard filters.count < FilterSelection.maximumCount, (try? FilterSelection(filters)) != nil else {
            throw PublicationError(
                .filterMissing,
                "a locator has fewer than \(FilterSelection.maximumCount) filters, of which one at most "
                    + "says which quality comes first")
        }
    }

    func locator(_ request: PublicationRequest, access: AccessPolicy, at now: Date) throws -> Locator {
        let start = request.start ?? now
        let last = start.addingTimeInterval(TimeInterval(access.duration))
        let end = request.end ?? last
        guard start < end, end > now else {
            throw PublicationError(.timeOutOfRange, "the locator would end before it begins, or has ended already")
        }
        guard end <= last else {
            throw PublicationError(
                .timeOutOfRange,
                "access policy '\(access.name)' gives access for \(DurationText.text(access.duration)) at most")
        }
        var seen: Set<String> = []
        return Locator(
            id: LocatorID(), kind: .streaming, asset: request.asset, accessPolicy: access.name,
            deliveryPolicies: request.deliveryPolicies.filter { seen.insert($0).inserted }, start: start, end: end,
            filters: Set(request.filters).sorted())
    }
}
