import AssetFiles
import Catalog
import Foundation
import MediaStorage
import Policies

/// Removes an asset for good: its versions, originals, locators and its storage key, without which copies of the stored
/// files are worth nothing. Content keys that its tracks were protected with stay.
public struct DeleteAsset: OperatorVerb {
    public var name: String
    /// Also while it is published.
    public var force: Bool?

    public init(name: String, force: Bool? = nil) {
        self.name = name
        self.force = force
    }

    public struct Report: Codable, Sendable {
        public var name: String
        public var versions: Int
        public var files: Int
        public var locators: Int
        public var purge: CachePurge
    }

    public func run(in context: OperatorContext) async throws -> Report {
        let assets = try context.storedAssets()
        let asset = try await context.asset(named: name)
        let locators = try await context.catalog.locators(asset: name)
        let open = locators.filter { !$0.isRevoked && context.now() < $0.end }
        guard open.isEmpty || force == true else {
            throw OperatorError(
                .inUse,
                "asset '\(name)' is published through \(CountText.text(open.count, "open locator")): revoke what is open, or say "
                    + "--force")
        }
        let files = try await context.catalog.assetFiles(asset: name)
        let versions = try await context.catalog.assetVersions(asset: name).count
        let purge = try await context.purge(of: name)
        try await context.catalog.apply([
            .require(.asset(asset)), .deleteAsset(name: name), .audit(context.event(.assetDeleted, detail: name)),
        ])
        // What a crash leaves here is nobody's, and is removed by the next server.
        try await LongDiskWork.run(blocking: {
            try assets.storage.removeVersions(of: name)
            try assets.discard(files.flatMap(\.parts))
        })
        return Report(name: name, versions: versions, files: files.count, locators: locators.count, purge: purge)
    }
}
