import Catalog
import Foundation
import Testing

@testable import Administration

@Suite struct IngestRulesDocumentTests {
    private static let house = """
        kind: IngestRules
        name: house
        description: What we take
        rules:
          - name: too-small
            when: { height: { below: 720 }, videoCodec: { otherThan: [H264, hevc] } }
            then: flag
            message: Enlarging makes no better picture
          - { name: long, when: { duration: { above: 4h }, frameRate: { below: 23.9, above: 1 } }, then: warn }
          - { name: english, when: { audioLanguage: { lacks: [eng] } }, then: reject }

        """

    private func parse(_ text: String) -> LoadedDocuments {
        DocumentLoader.parse(text, file: "r.yaml", folder: URL(fileURLWithPath: "/"))
    }

    private func rules(_ text: String) -> IngestRules? {
        if case .ingestRules(let rules) = parse(text).documents.first?.document { rules } else { nil }
    }

    @Test func readsRulesAndWritesThemBack() throws {
        #expect(parse(Self.house).errors.isEmpty)
        let read = try #require(rules(Self.house))
        #expect(read.unreadable == .reject)
        #expect(read.rules.map(\.action) == [.flag, .warn, .reject])
        #expect(
            read.rules[0].conditions.map(\.test) == [
                .below(.height, 720), .otherThan(.videoCodec, ["h264", "hevc"]),
            ])
        #expect(read.rules[1].conditions.map(\.test).contains(.above(.duration, 14_400)))
        let shown = String(decoding: try JSONEncoder().encode(IngestRulesForm(read)), as: UTF8.self)
        let again = try #require(rules(shown))
        #expect(again.rules.map { Set($0.conditions) } == read.rules.map { Set($0.conditions) })
    }

    static let mistakes: [(String, String)] = [
        ("rules: []", "at least one item"),
        ("rules: [{ name: a, then: warn }]", "needs the field 'when'"),
        ("rules: [{ name: a, when: {}, then: warn }]", "needs a condition"),
        ("rules: [{ name: a, when: { hight: { below: 1 } }, then: warn }]", "nearest known one is 'height'"),
        ("rules: [{ name: a, when: { height: {} }, then: warn }]", "needs 'below' or 'above'"),
        ("rules: [{ name: a, when: { height: { below: -1 } }, then: warn }]", "compared with a number"),
        ("rules: [{ name: a, when: { height: { below: 1e9 } }, then: warn }]", "compared with a number"),
        ("rules: [{ name: a, when: { height: { anyOf: [x] } }, then: warn }]", "has no field 'anyOf'"),
        ("rules: [{ name: a, when: { transfer: { anyOf: x } }, then: warn }]", "needs a list"),
        ("rules: [{ name: a, when: { transfer: { anyOf: [x] } }, then: delete }]", "knows no 'delete'"),
        (
            "rules: [{ name: a, when: { width: { above: 1 } }, then: warn }, "
                + "{ name: a, when: { width: { above: 2 } }, then: warn }]", "two rules 'a'"
        ),
        ("unreadable: ignore\nrules: [{ name: a, when: { width: { above: 1 } }, then: warn }]", "knows no 'ignore'"),
    ]

    @Test(arguments: mistakes) func saysWhatIsWrong(_ text: String, _ words: String) {
        let errors = parse("kind: IngestRules\nname: house\n" + text).errors
        #expect(errors.contains { $0.message.contains(words) }, "\(errors)")
    }

    @Test func appliesAndPrunes() async throws {
        let catalog = FakeCatalog()
        let reconciliation = Reconciliation(
            catalog: catalog, makeKey: { _, _, _ in throw CatalogError(.missing, "no key") })
        let set = DocumentSet(parse(Self.house).documents)
        try await reconciliation.apply(reconciliation.plan(set), at: Date())
        #expect(await catalog.ingestRules().map(\.name) == ["house"])
        #expect(try await reconciliation.plan(set).changes.map(\.action) == [.unchanged])
        let plan = try await reconciliation.plan(DocumentSet([]), prune: true)
        #expect(plan.changes.map(\.description) == ["delete IngestRules house"])
        try await reconciliation.apply(plan, at: Date())
        #expect(await catalog.ingestRules().isEmpty)
    }
}
