import Catalog
import Foundation
import Jobs
import Origin
import Policies

/// Asks every cache that the task names for what the first players ask for.
struct PrewarmStep: Sendable {
    let origin: OriginService

    /// - Throws: `JobFailure`, `CatalogError`.
    func run(_ input: StepInput) async throws -> TaskOutcome {
        guard let text = input.results.values.compactMap({ $0["locator"] }).first, let locator = LocatorID(text) else {
            throw JobFailure(
                .notConfigured, "the job's publish task made no locator: give it 'deliveryPolicies', or warm nothing")
        }
        let paths: [String]
        do {
            paths = try await origin.firstPaths(locator)
        } catch let error as OriginError {
            throw JobFailure(.publishRefused, "\(error)", as: error.passingClass)
        }
        let edges = input.task.options.urls ?? []
        var bytes = 0
        for edge in edges {
            let base = edge.hasSuffix("/") ? String(edge.dropLast()) : edge
            bytes += try await EdgeFetcher.fetch(paths.map { base + $0 })
        }
        return TaskOutcome(result: ["objects": "\(paths.count * edges.count)", "bytes": "\(bytes)"])
    }
}
