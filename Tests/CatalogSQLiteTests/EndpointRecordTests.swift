import Catalog
import CatalogSQLite
import Policies
import Testing

@Suite struct EndpointRecordTests {
    @Test func endpointsReadBackAndChangesAreHeardOf() async throws {
        let file = DatabaseFile()
        let catalog = try file.open()
        let edge = StreamingEndpoint(
            name: "edge", hosts: ["a.example"], allow: [try #require(AddressBlock("192.0.2.0/24"))],
            corsOrigins: ["https://p.example"], cache: [.segment: CacheRule(maxAge: 60, staleWhileRevalidate: 5)],
            headers: [try #require(EndpointHeader(name: "X-A", value: "b"))],
            limits: EndpointLimits(connections: 5), prefetches: true, tagsAnswers: true,
            signedURLs: SignedURLRule(secret: "s", alternate: "t", objects: [.segment, .manifest]))
        let before = try await catalog.notices(after: 0).sequence
        try await catalog.apply([
            .putStreamingEndpoint(edge), .putStreamingEndpoint(StreamingEndpoint(name: "default")),
        ])
        #expect(try await file.open().streamingEndpoint(named: "edge") == edge)
        #expect(try await catalog.streamingEndpoints().map(\.name) == ["default", "edge"])
        let notices = try await catalog.notices(after: before).notices
        #expect(
            notices == [
                CatalogNotice(.streamingEndpoint, id: "edge"), CatalogNotice(.streamingEndpoint, id: "default"),
            ])
        // A request is one endpoint's.
        let other = StreamingEndpoint(name: "other", hosts: ["b.example", "a.example"])
        let conflict = await #expect(throws: CatalogError.self) {
            try await catalog.apply([.putStreamingEndpoint(other)])
        }
        #expect(conflict?.code == .conflict)
        let changed = await #expect(throws: CatalogError.self) {
            try await catalog.apply([
                .require(.streamingEndpoint(name: "edge", other)), .deleteStreamingEndpoint(name: "edge"),
            ])
        }
        #expect(changed?.code == .changed)
        try await catalog.apply([
            .require(.streamingEndpoint(name: "edge", edge)), .deleteStreamingEndpoint(name: "edge"),
            .putStreamingEndpoint(other),
        ])
        await #expect(throws: CatalogError.self) { try await catalog.apply([.deleteStreamingEndpoint(name: "edge")]) }
    }
}
