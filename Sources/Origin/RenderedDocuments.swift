import Catalog
import Policies

/// Manifests and playlists that were rendered for everybody, kept until something changes that they depend on: the same
/// one is asked for by every player.
struct RenderedDocuments: Sendable {
    /// Everything that a document depends on besides records that the watch tells of.
    struct Name: Hashable, Sendable {
        var request: OriginRequest
        var plan: DeliveryPlan
        /// That is served now.
        var version: Int
        /// What players reach the key service by.
        var keyBase: String
    }

    private struct Document: Sendable {
        var asset: String
        var object: OriginObject
    }

    /// Most documents that are kept, and the longest one, in bytes: together they bound the memory.
    private static let capacity = 2_000
    private static let longest = 256 << 10

    private let memory: WatchedMemory<Name, Document>

    /// To be made after everything else that keeps what documents are made of.
    init(watch: CatalogWatch) {
        memory = WatchedMemory(watch: watch, capacity: Self.capacity) { notice in
            guard Self.depend(on: notice.subject) else { return .nothing }
            return notice.subject == .asset ? .those { $0.asset == notice.id } : .everything
        }
    }

    /// Whether documents depend on such records.
    static func depend(on subject: CatalogSubject) -> Bool {
        switch subject {
        case .asset, .deliveryPolicy, .accessPolicy, .locator, .contentKey, .keySeed: true
        case .authorizationPolicy, .secret, .revocation, .streamingEndpoint, .origin: false
        }
    }

    func known(_ name: Name) -> OriginObject? { memory.known(name)?.object }

    /// The document at hand, or what is rendered now.
    func object(_ name: Name, asset: String, render: () async throws -> OriginObject) async throws -> OriginObject {
        try await memory.value(
            of: name, isKept: { $0.object.size <= UInt64(Self.longest) },
            make: { Document(asset: asset, object: try await render()) }
        ).object
    }
}
