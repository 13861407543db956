public import AzureImport
public import Foundation

extension ImportOperation {
    /// Reads exports and brings what they give into the catalog, all of it or nothing.
    ///
    /// - Parameters:
    ///   - prefix: stands before every name here.
    ///   - isDryRun: whether only to say what would be made.
    ///   - isStrict: whether nothing is made when anything is missing that was in the exports.
    ///   - keySetHosts: the hosts that published keys may be read from.
    /// - Throws: `ImportRejected`, `CatalogError`.
    public func take(
        _ sources: [ExportSource], prefix: String, isDryRun: Bool, isStrict: Bool, keySetHosts: [String], at now: Date
    ) async throws -> ImportAzureExports.Report {
        let items = AzureImport.read(sources, prefix: prefix)
        let plan = try await plan(items, keySetHosts: keySetHosts, at: now)
        let isRefused = isStrict && plan.losesSomething
        let applies = !isDryRun && !isRefused
        if applies || !plan.contradictions.isEmpty { try await apply(plan) }
        return ImportAzureExports.Report(
            changes: plan.changes, findings: plan.findings, applied: applies, strict: isRefused)
    }
}
