import Catalog
import Foundation
import Policies
import Testing

@testable import Administration

@Suite struct StreamingEndpointDocumentTests {
    private static let edge = """
        kind: StreamingEndpoint
        name: edge
        hosts: [Media.Example.com, cdn.example.net]
        allow: [192.0.2.0/24, "2001:db8::/32"]
        deny: [192.0.2.66]
        cors: [https://player.example, "http://localhost:8000"]
        cache:
          manifest: { maxAge: 2s, sharedMaxAge: 5s, staleWhileRevalidate: 10s }
          segment: { maxAge: 1d }
        headers: { X-Robots-Tag: none, Timing-Allow-Origin: "*" }
        limits: { requestsPerSecond: 50, connectionsPerClient: 20, connections: 10000 }
        prefetch: true
        cacheTags: true
        signedURLs: { secret: url-key, alternate: url-key-2, objects: [segment, manifest], checkedAtEdge: true }

        """

    private func parse(_ text: String) -> LoadedDocuments {
        DocumentLoader.parse(text, file: "e.yaml", folder: URL(fileURLWithPath: "/"))
    }

    @Test func readsAnEndpoint() throws {
        let loaded = parse(Self.edge)
        #expect(loaded.errors.isEmpty, "\(loaded.errors)")
        guard case .streamingEndpoint(let declaration) = loaded.documents.first?.document else {
            Issue.record("no endpoint")
            return
        }
        let endpoint = declaration.endpoint
        #expect(!declaration.saysWhetherItRuns)
        #expect(endpoint.hosts == ["media.example.com", "cdn.example.net"])
        #expect(endpoint.cache[.manifest] == CacheRule(maxAge: 2, sharedMaxAge: 5, staleWhileRevalidate: 10))
        #expect(endpoint.cache[.segment] == CacheRule(maxAge: 86_400))
        #expect(endpoint.limits == EndpointLimits(requestsPerSecond: 50, connectionsPerClient: 20, connections: 10_000))
        #expect(endpoint.signedURLs?.objects == [.manifest, .segment])
        #expect(loaded.documents.first?.references.map(\.name) == ["url-key", "url-key-2"])
        // What is shown can be put back.
        let encoder = JSONEncoder()
        let shown = String(decoding: try encoder.encode(StreamingEndpointForm(endpoint)), as: UTF8.self)
        let again = parse(shown)
        #expect(again.errors.isEmpty, "\(again.errors)")
        guard case .streamingEndpoint(let second) = again.documents.first?.document else { return }
        #expect(Set(second.endpoint.headers) == Set(endpoint.headers))
        var same = second.endpoint
        same.headers = endpoint.headers
        #expect(same == endpoint)
    }

    @Test(arguments: [
        ("name: e", "needs 'hosts'"), ("name: default\nhosts: [a]", "has no 'hosts'"),
        ("name: e\nhosts: [\"a:80\"]", "not a host's name"), ("name: e\nhosts: [\"*.a\"]", "not a host's name"),
        ("name: default\nallow: [10.0.0.1/8]", "below its prefix"),
        ("name: default\ncors: [\"*\", \"https://a\"]", "origin"),
        ("name: default\ncors: [\"https://a/\"]", "origin"),
        ("name: default\ncache: { segments: { maxAge: 1s } }", "segment"),
        ("name: default\ncache: { segment: { maxAge: 2 } }", "duration"),
        ("name: default\ncache: { segment: { } }", "maxAge"),
        ("name: default\nheaders: { Transfer-Encoding: chunked }", "server's own"),
        ("name: default\nheaders: { A: \"x\\r\\nB: y\" }", "one line"),
        ("name: default\nheaders: { A: x, a: y }", "twice"),
        ("name: default\nlimits: { connections: 0 }", "number"), ("name: default\nsignedURLs: { }", "secret"),
        ("name: default\nsignedURLs: { secret: s, objects: [all] }", "knows no"),
        ("name: default\nenabled: maybe", "true or false"), ("name: default\nprefech: true", "prefetch"),
    ])
    func whatIsWrongIsSaid(fields: String, message: String) {
        let loaded = parse("kind: StreamingEndpoint\n" + fields)
        #expect(loaded.errors.contains { "\($0)".contains(message) }, "\(loaded.errors)")
    }

    /// What was stopped in haste stays so until a document says otherwise.
    @Test func documentsLeaveTheStateAlone() async throws {
        let catalog: any CatalogEngine = FakeCatalog()
        let reconciliation = Reconciliation(catalog: catalog) { _, _, _ in throw CatalogError(.conflict, "no keys here")
        }
        func apply(_ text: String) async throws -> ReconciliationPlan {
            let plan = try await reconciliation.plan(DocumentSet(parse(text).documents))
            try await reconciliation.apply(plan, at: Date(timeIntervalSince1970: 0))
            return plan
        }
        let text = "kind: StreamingEndpoint\nname: default\n"
        #expect(try await apply(text).changes.map(\.action) == [.create])
        var stopped = try #require(await catalog.streamingEndpoint(named: "default"))
        #expect(stopped.isRunning)
        stopped.isRunning = false
        try await catalog.apply([.putStreamingEndpoint(stopped)])
        #expect(try await apply(text).changes.map(\.action) == [.unchanged])
        #expect(try await apply(text + "enabled: true\n").changes.map(\.action) == [.update])
        #expect(try await catalog.streamingEndpoint(named: "default")?.isRunning == true)
    }

    @Test func aHostIsOneEndpointsAndSecretsMustBe() async throws {
        let catalog: any CatalogEngine = FakeCatalog()
        let two = "kind: StreamingEndpoint\nname: a\nhosts: [h]\n---\nkind: StreamingEndpoint\nname: b\nhosts: [H]\n"
        let errors = try await DocumentSet(parse(two).documents).validate(against: catalog)
        #expect(errors.count == 1 && "\(errors)".contains("'a''s already"))
        let secrets = try await DocumentSet(parse(Self.edge).documents).validate(against: catalog)
        #expect(secrets.count == 2 && "\(secrets)".contains("keyway secret set url-key"))
    }
}
