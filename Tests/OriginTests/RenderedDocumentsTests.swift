import Catalog
import CatalogSQLite
import Foundation
import MediaModel
import Policies
import Synchronization
import Testing

@testable import Origin

/// Manifests and playlists are rendered once as long as they fit, the long ones of long films, too, and within bounds.
@Suite struct RenderedDocumentsTests {
    private static func object(_ size: Int) -> OriginObject {
        OriginObject(
            contentType: "application/vnd.apple.mpegurl", size: UInt64(size), entityTag: "\(size)",
            lastModified: Date(),
            lifetime: .short, body: .bytes([]))
    }

    private static func name(_ number: Int) throws -> RenderedDocuments.Name {
        let policy = DeliveryPolicy(name: "d", protocols: [.hls], encryption: .none)
        let decision = DeliveryPlan.decide(
            DeliveryRequest(streamingProtocol: .hls, encryption: nil, capable: [.none]), under: [policy])
        guard case .allowed(let plan) = decision else { throw OriginError(.storageFault, "no plan") }
        let presentation = PresentationReference(locator: LocatorID(), name: "film-\(number)")
        return RenderedDocuments.Name(
            request: .manifest(presentation, format: .hlsCMAF, encryption: nil), plan: plan, version: 1,
            keyBase: "http://keys")
    }

    /// Renders twice under a watch that hears of everything; how often it was made.
    private func times(of sizes: [Int]) async throws -> [Int] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("keyway-rendered-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let watch = CatalogWatch(catalog: try SQLiteCatalog(path: folder.path + "/catalog.sqlite"))
        let documents = RenderedDocuments(watch: watch)
        let following = Task { await watch.run() }
        defer { following.cancel() }
        // While the machine holds the watch up, nothing is kept: then what was counted says nothing.
        for _ in 0..<200 {
            while !watch.isFresh { try await Task.sleep(for: .milliseconds(5)) }
            if let made = try await rendered(sizes, documents, watch) { return made }
        }
        throw OriginError(.storageFault, "the watch is never fresh")
    }

    /// Nil when the watch was held up.
    private func rendered(
        _ sizes: [Int], _ documents: RenderedDocuments, _ watch: CatalogWatch
    ) async throws -> [Int]? {
        let names = try sizes.indices.map(Self.name)
        var made = sizes.map { _ in 0 }
        for _ in 0..<2 {
            for (place, size) in sizes.enumerated() {
                let isMade = Mutex(false)
                let object = try await documents.object(names[place], asset: "film") {
                    isMade.withLock { $0 = true }
                    return Self.object(size)
                }
                #expect(object.size == UInt64(size))
                if isMade.withLock({ $0 }) { made[place] += 1 }
                guard watch.isFresh else { return nil }
            }
        }
        return made
    }

    @Test func whatFitsIsRenderedOnce() async throws {
        #expect(try await times(of: [0, 1000, 256 << 10, (256 << 10) + 1, 4 << 20]) == [1, 1, 1, 1, 1])
        #expect(try await times(of: [(4 << 20) + 1]) == [2])
    }

    /// Long ones do not push each other's memory beyond what was said, nor the short ones out.
    @Test func longOnesAreFew() async throws {
        let made = try await times(of: [100] + Array(repeating: 1 << 20, count: 40))
        #expect(made[0] == 1 && made.dropFirst().contains(2))
    }
}
