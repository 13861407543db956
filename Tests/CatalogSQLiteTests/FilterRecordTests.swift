import Catalog
import CatalogSQLite
import Foundation
import Policies
import Testing

@Suite struct FilterRecordTests {
    private static let access = AccessPolicy(name: "a", permissions: [.read], duration: 60)
    private static let delivery = DeliveryPolicy(name: "d", protocols: [.hls], encryption: .none)

    private func locator(_ filters: [String]) -> Locator {
        Locator(
            id: LocatorID(), kind: .streaming, asset: "film", accessPolicy: "a", deliveryPolicies: ["d"],
            start: Date(timeIntervalSince1970: 0), end: Date(timeIntervalSince1970: 60), filters: filters)
    }

    @Test func filtersReadBackAndStayWhileTheyAreUsed() async throws {
        let file = DatabaseFile()
        let catalog = try file.open()
        try await Fixture.asset("film", in: catalog)
        let common = PresentationFilter(
            name: "f", timeRange: FilterTimeRange(start: 1, end: .max, timescale: 7),
            tracks: [FilterTrackSelection([FilterCondition(.language, .notEqual, "de")])])
        let own = PresentationFilter(name: "f", asset: "film", firstQuality: 5)
        try await catalog.apply([
            .putAccessPolicy(Self.access), .putDeliveryPolicy(Self.delivery), .putFilter(common), .putFilter(own),
        ])
        #expect(try await catalog.filters() == [common, own].sorted { $0.identity < $1.identity })
        #expect(try await file.open().filter("film/f") == own)
        #expect(try await catalog.filter("g") == nil)
        let locator = locator(["f"])
        try await catalog.apply([.insertLocator(locator)])
        #expect(try await catalog.locatorLookup(locator.id)?.terms.locator.filters == ["f"])
        #expect(try await catalog.locators(asset: "film").first?.filters == ["f"])
        for identity in ["f", "film/f"] {
            let error = await #expect(throws: CatalogError.self) {
                try await catalog.apply([.deleteFilter(identity: identity)])
            }
            #expect(error?.code == .inUse)
        }
        try await catalog.apply([.revokeLocator(locator.id), .deleteFilter(identity: "film/f")])
        #expect(try await catalog.filters() == [common])
        await #expect(throws: CatalogError.self) { try await catalog.apply([.deleteFilter(identity: "film/f")]) }
        await #expect(throws: CatalogError.self) { try await catalog.apply([.insertLocator(self.locator(["g"]))]) }
    }
}
