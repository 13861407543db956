import Catalog
import Policies
import Testing

@testable import Administration

@Suite struct FilterDocumentTests {
    private static let mobile = """
        kind: Filter
        name: mobile
        presentationTimeRange: { startTimestamp: 20000000, endTimestamp: 600000000 }
        firstQuality: { bitrate: 800000 }
        tracks:
          - trackSelections:
              - { property: Type, operation: Equal, value: video }
              - { property: Bitrate, operation: Equal, value: 0-1000000 }
          - trackSelections:
              - { property: Type, operation: Equal, value: audio }
              - { property: Language, operation: NotEqual, value: de }

        """

    @Test func readsAFilter() throws {
        let loaded = parse(Self.mobile)
        #expect(loaded.errors.isEmpty, "\(loaded.errors)")
        let filter = PresentationFilter(
            name: "mobile", timeRange: FilterTimeRange(start: 20_000_000, end: 600_000_000), firstQuality: 800_000,
            tracks: [
                FilterTrackSelection([FilterCondition(.type, "video"), FilterCondition(.bitrate, "0-1000000")]),
                FilterTrackSelection([
                    FilterCondition(.type, "audio"), FilterCondition(.language, .notEqual, "de"),
                ]),
            ])
        #expect(loaded.documents.map(\.document) == [.filter(filter)])
    }

    @Test(arguments: [
        ("name: Mobile\nfirstQuality: { bitrate: 1 }", "lower-case"), ("name: f", "needs 'presentationTimeRange'"),
        ("name: f\npresentationTimeRange: { startTimestamp: 5, endTimestamp: 5 }", "lies behind"),
        ("name: f\npresentationTimeRange: { startTimestamp: -1 }", "is a number"),
        ("name: f\npresentationTimeRange: { timescale: 0 }", "is a number"),
        ("name: f\npresentationTimeRange: { liveBackoffDuration: 5 }", "live"),
        ("name: f\nfirstQuality: 5", "fields"), ("name: f\nfirstQuality: { bitrate: 0 }", "is a number"),
        ("name: f\ntracks: []", "at least one"), ("name: f\ntracks: [ { } ]", "trackSelections"),
        ("name: f\ntracks: [ { trackSelections: [ { property: Type, operation: Equal, value: words } ] } ]", "Type"),
        ("name: f\ntracks: [ { trackSelections: [ { property: Colour, operation: Equal, value: a } ] } ]", "Colour"),
        ("name: f\ntracks: [ { trackSelections: [ { property: Name, operation: Like, value: a } ] } ]", "Like"),
        (
            "name: f\ntracks: [ { trackSelections: [ { property: Bitrate, operation: Equal, value: 5-4 } ] } ]",
            "from-to"
        ),
    ])
    func whatIsWrongIsSaid(fields: String, message: String) {
        let loaded = parse("kind: Filter\n" + fields)
        #expect(loaded.errors.contains { "\($0)".contains(message) }, "\(loaded.errors)")
    }

    /// An asset's filter and one of every asset may have the same name.
    @Test func filtersAreAppliedLikeOtherDocuments() async throws {
        let catalog: any CatalogEngine = FakeCatalog()
        let own = "kind: Filter\nname: mobile\nasset: film\nfirstQuality: { bitrate: 5 }\n"
        let text = Self.mobile + "---\n" + own
        #expect(try await catalog.applyDocuments(text) == ["create Filter mobile", "create Filter film/mobile"])
        #expect(try await catalog.applyDocuments(text) == ["unchanged Filter mobile", "unchanged Filter film/mobile"])
        #expect(try await catalog.filter("film/mobile")?.firstQuality == 5)
        let changed = text.replacing("bitrate: 5 ", with: "bitrate: 6 ")
        #expect(try await catalog.applyDocuments(changed).last?.hasPrefix("update Filter film/mobile: ") == true)
        let twice = parse(own + "---\n" + own)
        let errors = try await DocumentSet(twice.documents).validate(against: catalog)
        #expect(errors.contains { "\($0)".contains("is declared at") })
    }
}
