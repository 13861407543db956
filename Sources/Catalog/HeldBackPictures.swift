public import Foundation
import MediaModel
public import Policies

/// Still pictures that a version has and that nobody gets, since no delivery policy lets them out: for people, who made them to
/// be seen.
public enum HeldBackPictures {
    /// In words; nil where all leave, or the version has none.
    ///
    /// - Parameter policies: that the asset is published under; where there is none, nothing leaves, and that is no surprise.
    public static func warning(of version: AssetVersionRecord, under policies: [DeliveryPolicy]) -> String? {
        let held = version.tracks.map(\.description).filter { track in
            track.image.map { DeliveryPlan.pictures($0.role, under: policies) == nil } ?? false
        }
        guard !held.isEmpty, !policies.isEmpty else { return nil }
        let names = Set(policies.map(\.name)).sorted().joined(separator: ", ")
        return "nobody gets \(held.map(\.name).joined(separator: " and ")) of version \(version.number) of asset "
            + "'\(version.asset)': no delivery policy that it is published under (\(names)) lets them out; 'pictures: all' in one "
            + "of them does"
    }
}

extension CatalogEngine {
    /// The same under the delivery policies of the asset's open locators.
    ///
    /// - Parameter policies: further ones, of a locator that comes to be.
    public func heldBackPictures(
        of version: AssetVersionRecord, at now: Date, besides policies: [DeliveryPolicy] = []
    ) async throws -> String? {
        guard version.tracks.contains(where: { $0.description.image != nil }) else { return nil }
        var policies = policies
        let open = try await locators(asset: version.asset).filter {
            $0.kind == .streaming && !$0.isRevoked && $0.end > now
        }
        for name in Set(open.flatMap(\.deliveryPolicies)) where !policies.contains(where: { $0.name == name }) {
            if let policy = try await deliveryPolicy(named: name) { policies.append(policy) }
        }
        return HeldBackPictures.warning(of: version, under: policies)
    }
}
