import Catalog
import Policies

/// What caches in front of the origin may still hold of an asset: theirs to remove, since nobody asks the origin for it.
public struct CachePurge: Codable, Sendable, Hashable {
    /// Everything that was answered of the asset lies below these paths, one for each locator.
    public var prefixes: [String]
    /// The `Cache-Tag` and `Surrogate-Key` of all answers of the asset, where an endpoint adds them.
    public var tags: [String]
}

extension OperatorContext {
    /// Also what was answered through locators that are closed now.
    func purge(of asset: String) async throws -> CachePurge {
        let locators = try await catalog.locators(asset: asset)
        return CachePurge(prefixes: locators.map { "/\($0.id)/" }, tags: [asset])
    }

    /// - Throws: `OperatorError` when there is none.
    func asset(named name: String) async throws -> AssetRecord {
        guard let asset = try await catalog.asset(named: name) else {
            throw OperatorError(.missing, "there is no asset \(name.quoted); 'keyway asset list' lists them")
        }
        return asset
    }
}
