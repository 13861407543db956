import AssetFiles
import Catalog
import MediaStorage

/// Reads everything that is stored of several assets through, or of all.
public struct VerifyAssets: LongVerb {
    /// Nil for all.
    public var assets: [String]?

    public static let kind = OperationKind.verification

    public init(assets: [String]? = nil) {
        self.assets = assets
    }

    /// Of many assets not all are listed: see `VerificationReports`.
    public struct Report: Codable, Sendable {
        public var assets: [VerifyAsset.Report]
        /// Of all that were read, listed or not; nil from a server of before it was counted.
        public var total: Total?

        public init(assets: [VerifyAsset.Report], total: Total? = nil) {
            self.assets = assets
            self.total = total
        }
    }

    public struct Total: Codable, Sendable, Hashable {
        public var assets = 0
        public var files = 0
        public var bytes: UInt64 = 0
        public var withoutTags = 0
        public var damagedAssets = 0
        /// Damaged places.
        public var damage = 0

        public init() {}
    }

    public func run(in context: OperatorContext) async throws -> Report {
        let desk = context.operations
        let entry = try await desk.waitForEnd(of: desk.begin(order(in: context), actor: context.actor))
        guard let report = entry.report.result?.verification else {
            throw entry.failure ?? OperatorError(.conflict, "the operation \(entry.report.id) was canceled")
        }
        return report
    }

    public func order(in context: OperatorContext) async throws -> OperationOrder {
        let stored = try context.storedAssets()
        let catalog = context.catalog
        // What does not exist is told at once.
        for name in assets ?? [] { _ = try await context.asset(named: name) }
        let subject = assets?.count == 1 ? assets?.first : nil
        return OperationOrder(Self.kind, of: subject) { [assets] progress in
            let names = if let assets { assets } else { try await Self.names(catalog) }
            let reports = try await LongDiskWork.run {
                try await Self.verify(names, VerificationReports(keepsAll: assets != nil), stored, catalog, progress)
            }
            return OperationResult(verification: Report(assets: reports.assets, total: reports.total))
        }
    }

    private static func names(_ catalog: any CatalogEngine) async throws -> [String] {
        var names: [String] = []
        var page = Page(limit: 1000)
        while true {
            let assets = try await catalog.assets(page)
            names += assets.map(\.name)
            guard let last = assets.last else { return names }
            page.after = last.name
        }
    }

    /// - Parameter progress: is told bytes.
    private static func verify(
        _ names: [String], _ empty: VerificationReports, _ stored: StoredAssets, _ catalog: any CatalogEngine,
        _ progress: OperationProgress
    ) async throws -> VerificationReports {
        var total: UInt64 = 0
        for name in names {
            try Task.checkCancellation()
            // Where it cannot be told, the progress is wrong, and reading the asset says why.
            total = total.addingReportingOverflow((try? await stored.size(of: name)) ?? 0).partialValue
        }
        var reports = empty
        var done: UInt64 = 0
        progress(0, total)
        for name in names {
            try Task.checkCancellation()
            // It was deleted meanwhile.
            guard let asset = try await catalog.asset(named: name) else { continue }
            do {
                let result = try await stored.verify(asset) { bytes in
                    done = done.addingReportingOverflow(bytes).partialValue
                    progress(done, total)
                }
                reports.add(VerifyAsset.Report(asset, result))
            } catch {
                // What is made of a cancellation on its way here is another error.
                try Task.checkCancellation()
                guard try await catalog.asset(named: name)?.storageKey == asset.storageKey else { continue }
                reports.add(VerifyAsset.Report(asset, failure: error))
            }
        }
        return reports
    }
}
