import Foundation
import TestSupport
import Testing

/// Every input in every format under every scheme plays, or is refused where a standard has no form for it. No decrypter and
/// no decoder here is ours. `KEYWAY_COMBINATIONS`: `all`, which `KEYWAY_TESTS=all` implies, sees every combination; `write` sees
/// those that the page lacks or says fail, and writes each down as it is seen, so that a run that was ended goes on where it was.
/// `KEYWAY_COMBINATIONS_OF=hybrid,delay` keeps either to these inputs.
@Suite(.waiting) struct CombinationTests {
    private static let extent = Extent.said(by: "KEYWAY_COMBINATIONS")
    private static let isWhole = ["all", "write"].contains(extent)

    private static let inputs: [Upload] = {
        let names = ProcessInfo.processInfo.environment["KEYWAY_COMBINATIONS_OF"]?.split(separator: ",").map(
            String.init)
        return Upload.allCases.filter { names?.contains($0.rawValue) ?? true }
    }()

    /// What is seen of combinations, by input at once.
    private func seen(
        _ combinations: [Combination],
        each: @escaping @Sendable (Combination, Combination.Outcome) throws -> Void = { _, _ in }
    ) async throws -> [Combination: Combination.Outcome] {
        let site = try UploadSite.shared.get()
        try CombinationViewer.apply(site)
        return try await withThrowingTaskGroup(of: [(Combination, Combination.Outcome)].self) { group in
            for (input, members) in Dictionary(grouping: combinations, by: \.input) {
                group.addTask {
                    let viewer = try CombinationViewer(site, input)
                    return try members.map { combination in
                        let outcome = viewer.see(combination)
                        try each(combination, outcome)
                        return (combination, outcome)
                    }
                }
            }
            var seen: [Combination: Combination.Outcome] = [:]
            for try await part in group { seen.merge(part) { $1 } }
            return seen
        }
    }

    @Test(.enabled(if: !isWhole)) func theSampleIsAsTheStandardsAndThePageSay() async throws {
        let seen = try await seen(Combination.sample)
        #expect(seen.count == 35)
        let page = try CombinationTable.marks()
        for (combination, outcome) in seen {
            #expect(outcome == combination.expected, "\(combination)")
            #expect(page[combination] == outcome.mark, "the page says otherwise of \(combination)")
        }
    }

    /// Nothing of the page is by hand: its marks are what must come of each combination, its words are the table's.
    @Test(.enabled(if: extent != "write")) func thePageIsWhole() throws {
        let page = try CombinationTable.marks()
        for combination in Upload.allCases.flatMap(Combination.all) {
            #expect(page[combination] == combination.expected.mark, "\(combination)")
        }
        #expect(try String(contentsOf: CombinationTable.file, encoding: .utf8) == CombinationTable.text(page))
    }

    @Test(.enabled(if: isWhole)) func allAreAsTheStandardsSay() async throws {
        let isWriting = Self.extent == "write"
        let known = isWriting && CombinationTable.isThere ? try CombinationTable.marks() : [:]
        let wanted = Self.inputs.flatMap(Combination.all).filter { ["✗", "?", nil].contains(known[$0]) }
        let seen = try await seen(wanted) { combination, outcome in
            print("\(Date.now.ISO8601Format()) \(combination): \(outcome.mark)")
            if isWriting { try CombinationTable.add([combination: outcome.mark]) }
        }
        for (combination, outcome) in seen.sorted(by: { "\($0.key)" < "\($1.key)" }) {
            #expect(outcome == combination.expected, "\(combination)")
        }
        let page = try CombinationTable.marks()
        for combination in wanted {
            #expect(page[combination] == seen[combination]?.mark, "the page says otherwise of \(combination)")
        }
    }
}
