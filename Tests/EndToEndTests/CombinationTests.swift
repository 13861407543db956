import Foundation
import Testing

/// Every input in every format under every scheme plays, or is refused where a standard has no form for it. No decrypter and
/// no decoder here is ours. `KEYWAY_COMBINATIONS`: `all` sees every combination, `write` writes the page of them besides.
@Suite struct CombinationTests {
    private static let extent = ProcessInfo.processInfo.environment["KEYWAY_COMBINATIONS"] ?? ""
    private static let isWhole = ["all", "write"].contains(extent)

    /// What is seen of combinations, by input at once.
    private func seen(
        _ combinations: [Combination],
        each: @escaping @Sendable ([Combination: Combination.Outcome]) throws -> Void = { _ in }
    ) async throws -> [Combination: Combination.Outcome] {
        let site = try UploadSite.shared.get()
        try CombinationViewer.apply(site)
        return try await withThrowingTaskGroup(of: [(Combination, Combination.Outcome)].self) { group in
            for (input, members) in Dictionary(grouping: combinations, by: \.input) {
                group.addTask {
                    let viewer = try CombinationViewer(site, input)
                    let seen = members.map { ($0, viewer.see($0)) }
                    try each(Dictionary(uniqueKeysWithValues: seen))
                    return seen
                }
            }
            var seen: [Combination: Combination.Outcome] = [:]
            for try await part in group { seen.merge(part) { $1 } }
            return seen
        }
    }

    @Test(.enabled(if: !isWhole)) func theSampleIsAsTheStandardsSay() async throws {
        let seen = try await seen(Combination.sample)
        #expect(seen.count == 35)
        for (combination, outcome) in seen {
            #expect(outcome == combination.expected, "\(combination)")
        }
    }

    @Test(.enabled(if: isWhole)) func allAreAsTheStandardsSay() async throws {
        let seen = try await seen(Upload.allCases.flatMap(Combination.all)) { seen in
            if Self.extent == "write" { try CombinationTable.add(seen.mapValues(\.mark)) }
        }
        for (combination, outcome) in seen.sorted(by: { "\($0.key)" < "\($1.key)" }) {
            #expect(outcome == combination.expected, "\(combination)")
        }
        guard Self.extent == "write" else { return }
        let page = try String(contentsOf: CombinationTable.file, encoding: .utf8)
        #expect(page == CombinationTable.text(seen.mapValues(\.mark)))
        for refusal in Combination.Refusal.allCases { #expect(page.contains(refusal.clause)) }
    }
}
