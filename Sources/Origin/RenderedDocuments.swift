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

    /// Documents of some sizes.
    private struct Shelf: Sendable {
        var sizes: ClosedRange<UInt64>
        var memory: WatchedMemory<Name, Document>
    }

    /// How many documents of which sizes are kept, in bytes, which bounds the memory: usual ones, and those of films of many
    /// hours whose segments each have a line for their IV.
    private static let bounds: [(capacity: Int, sizes: ClosedRange<UInt64>)] = [
        (2_000, 0...(256 << 10)), (32, (256 << 10) + 1...(4 << 20)),
    ]

    private let shelves: [Shelf]

    /// To be made after everything else that keeps what documents are made of.
    init(watch: CatalogWatch) {
        shelves = Self.bounds.map { bound in
            let memory = WatchedMemory<Name, Document>(watch: watch, capacity: bound.capacity) { notice in
                guard Self.depend(on: notice.subject) else { return .nothing }
                return notice.subject == .asset ? .those { $0.asset == notice.id } : .everything
            }
            return Shelf(sizes: bound.sizes, memory: memory)
        }
    }

    /// Whether documents depend on such records.
    static func depend(on subject: CatalogSubject) -> Bool {
        switch subject {
        case .asset, .deliveryPolicy, .accessPolicy, .locator, .contentKey, .keySeed: true
        case .authorizationPolicy, .secret, .revocation, .streamingEndpoint, .origin: false
        }
    }

    /// One of the usual sizes that is at hand: event loops have no time to copy long ones.
    func known(_ name: Name) -> OriginObject? { shelves.first?.memory.known(name)?.object }

    /// The document at hand, or what is rendered now.
    func object(_ name: Name, asset: String, render: () async throws -> OriginObject) async throws -> OriginObject {
        try await document(name, shelves[...]) { Document(asset: asset, object: try await render()) }.object
    }

    /// Looks on each shelf in turn, and puts what was made on the one for its size.
    private func document(
        _ name: Name, _ shelves: ArraySlice<Shelf>, make: () async throws -> Document
    ) async throws -> Document {
        guard let shelf = shelves.first else { return try await make() }
        return try await shelf.memory.value(
            of: name, isKept: { shelf.sizes.contains($0.object.size) },
            make: { try await document(name, shelves.dropFirst(), make: make) })
    }
}
