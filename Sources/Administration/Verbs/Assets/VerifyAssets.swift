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

    public struct Report: Codable, Sendable {
        public var assets: [VerifyAsset.Report]

        public init(assets: [VerifyAsset.Report]) {
            self.assets = assets
        }
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
                try await Self.verify(names, stored, catalog, progress)
            }
            return OperationResult(verification: Report(assets: reports))
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
        _ names: [String], _ stored: StoredAssets, _ catalog: any CatalogEngine, _ progress: OperationProgress
    ) async throws -> [VerifyAsset.Report] {
        var total: UInt64 = 0
        for name in names { total = total.addingReportingOverflow(try await stored.size(of: name)).partialValue }
        var reports: [VerifyAsset.Report] = []
        var done: UInt64 = 0
        progress(0, total)
        for name in names {
            // It was deleted meanwhile.
            guard let asset = try await catalog.asset(named: name) else { continue }
            let result = try await stored.verify(asset) { bytes in
                done = done.addingReportingOverflow(bytes).partialValue
                progress(done, total)
            }
            reports.append(VerifyAsset.Report(asset, result))
        }
        return reports
    }
}
