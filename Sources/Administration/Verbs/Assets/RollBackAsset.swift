import Catalog
public import Foundation

/// Lists the versions of an asset, in order.
public struct ListVersions: OperatorVerb {
    public var name: String

    public init(name: String) {
        self.name = name
    }

    public struct Item: Codable, Sendable {
        public var number: Int
        public var created: Date
        /// Whether it is the one that is served.
        public var current: Bool
        public var tracks: Int
        /// In bytes.
        public var bytes: UInt64
    }

    public struct Report: Codable, Sendable {
        public var asset: String
        public var versions: [Item]
    }

    public func run(in context: OperatorContext) async throws -> Report {
        let record = try await context.asset(named: name)
        var items: [Item] = []
        for number in try await context.catalog.assetVersions(asset: name) {
            guard let version = try await context.catalog.assetVersion(asset: name, number: number) else { continue }
            items.append(
                Item(
                    number: number, created: version.created, current: number == record.currentVersion,
                    tracks: version.tracks.count, bytes: version.tracks.reduce(0) { $0 &+ $1.mediaSize }))
        }
        return Report(asset: name, versions: items)
    }
}

/// Serves another version of an asset, an older or a newer one, in one transaction. Its tracks get numbers under the
/// asset's keys where they have none, so that it is served under all policies that the asset has come under since.
public struct RollBackAsset: OperatorVerb {
    public var name: String
    /// Nil for the one before the current one.
    public var version: Int?

    public init(name: String, version: Int? = nil) {
        self.name = name
        self.version = version
    }

    public struct Report: Codable, Sendable {
        public var asset: String
        /// That is served now.
        public var version: Int
        /// That was served before.
        public var previous: Int?
        /// False when it was so before.
        public var changed: Bool
        public var purge: CachePurge
    }

    public func run(in context: OperatorContext) async throws -> Report {
        let asset = try await context.asset(named: name)
        let number = try await wanted(asset, context)
        guard let version = try await context.catalog.assetVersion(asset: name, number: number) else {
            throw OperatorError(
                .missing, "asset '\(name)' has no version \(number); 'keyway asset versions \(name)' lists them")
        }
        if number != asset.currentVersion {
            let publication = Publication(catalog: context.catalog, makeKey: context.makeKey, actor: context.actor)
            let numbers = try await publication.allocateNumbersForNewVersion(version).map { $0.by(context.actor) }
            let detail = "\(name): version \(asset.currentVersion.map(String.init) ?? "none") → \(number)"
            try await context.catalog.apply(
                [.require(.asset(asset)), .setCurrentVersion(asset: name, number: number)] + numbers
                    + [.audit(context.event(.assetRolledBack, detail: detail))])
        }
        return Report(
            asset: name, version: number, previous: asset.currentVersion, changed: number != asset.currentVersion,
            purge: try await context.purge(of: name))
    }

    private func wanted(_ asset: AssetRecord, _ context: OperatorContext) async throws -> Int {
        if let version { return version }
        let current = asset.currentVersion ?? 0
        guard let before = try await context.catalog.assetVersions(asset: name).last(where: { $0 < current }) else {
            throw OperatorError(.conflict, "asset '\(name)' has no version before the current one")
        }
        return before
    }
}
