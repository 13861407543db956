import Catalog
public import MediaModel
public import Policies

/// Still pictures of a published asset that leave the origin beside its streams.
public struct PublishedPicture: Sendable, Hashable {
    public var role: ImageFormat.Role
    /// The delivery policy that lets them out.
    public var policy: DeliveryPolicy
}

extension CatalogEngine {
    /// The still pictures of a version that leave under a locator's delivery policies: none of a kind that the version does not
    /// have, and no thumbnails that the locator's filters hide. The poster stands for the film whatever is shown of it.
    func pictures(
        of version: AssetVersionRecord, through locator: Locator, under policies: [DeliveryPolicy]
    ) async throws -> [PublishedPicture] {
        let shown = try await filters(of: locator)
        let roles: [ImageFormat.Role] = [.poster, .thumbnails]
        return roles.compactMap { role in
            let track = version.tracks.map(\.description).first { $0.image?.role == role }
            guard let track, role == .poster || shown?.shows(track) == true,
                let plan = DeliveryPlan.pictures(role, under: policies)
            else { return nil }
            return PublishedPicture(role: role, policy: plan.policy)
        }
    }

    /// Nil when one of them is gone: manifests are not served then.
    private func filters(of locator: Locator) async throws -> FilterSelection? {
        var filters: [PresentationFilter] = []
        for name in locator.filters {
            guard let filter = try await filter(named: name, asset: locator.asset) else { return nil }
            filters.append(filter)
        }
        return try? FilterSelection(filters)
    }

    /// A filter as publications and URLs name it: the asset's own before the one for all.
    func filter(named name: String, asset: String) async throws -> PresentationFilter? {
        if let own = try await filter(PresentationFilter.identity(name, asset: asset)) { return own }
        return try await filter(name)
    }
}
