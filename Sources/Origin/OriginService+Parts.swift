import Catalog
import MediaModel
public import Policies
import Presentations

/// Everything that a player of one manifest may ask for.
public struct PresentationParts: Sendable {
    /// The manifest, with the encryption that the policies decided.
    public var manifest: OriginRequest
    /// How it is protected.
    public var encryption: DeliveryEncryption
    /// The asset version.
    public var version: Int
    /// Playlists and init segments, each once.
    public var documents: [OriginRequest]
    /// Media and text, track by track, each in the order of time.
    public var segments: [OriginRequest]
}

extension OriginService {
    /// What a manifest of HLS or DASH refers to, found where the manifest itself is made.
    ///
    /// - Parameter request: a manifest; its encryption may be left to the policies.
    /// - Throws: `OriginError` as for the manifest; `formatNotServed` for Smooth Streaming, whose URLs need a server.
    public func parts(of request: OriginRequest) async throws -> PresentationParts {
        guard case .manifest(let reference, let format, let encryption, let filters) = request else {
            throw OriginError(.badURLSyntax, "Only a manifest has parts.")
        }
        guard format.container != .smooth else {
            throw OriginError(.formatNotServed, "Smooth Streaming needs a server that answers its URLs.")
        }
        let lookup = try await openLocator(reference)
        let plan = try Self.plan(format, encryption, lookup)
        guard let number = lookup.asset.currentVersion else {
            throw OriginError(.resourceNotFound, "The asset has no media yet.")
        }
        let version = try await versions.version(lookup.asset, number: number)
        let manifest = ManifestRequest(
            presentation: reference, format: format, plan: plan, viewer: nil, filterNames: filters,
            filters: try await self.filters(filters, lookup))
        let presentation = try await presentation(manifest, version, ticket: nil)
        var parts = PresentationParts(
            manifest: .manifest(
                reference, format: format, encryption: plan.encryption == .none ? nil : plan.encryption,
                filters: filters),
            encryption: plan.encryption, version: number, documents: [], segments: [])
        let isHLS = format.streamingProtocol == .hls
        for track in presentation.tracks where track.description.kind != .image {
            let playlists = isHLS ? track.playlistAddresses : []
            let initialization = track.initializationAddress.map { [$0] } ?? []
            parts.documents += try (playlists + initialization).map { try Self.request($0, of: reference) }
            let keyFrames = isHLS ? track.keyFrameAddresses : []
            parts.segments += try (track.segmentAddresses + keyFrames).map { try Self.request($0, of: reference) }
        }
        for sheets in presentation.shownSheets {
            if isHLS, sheets.isListed {
                parts.documents.append(try Self.request(sheets.playlistAddress, of: reference))
            }
            parts.segments += try sheets.addresses.map { try Self.request($0, of: reference) }
        }
        let stills = try stills(of: manifest, lookup, version)
        parts.documents += stills.documents
        parts.segments += stills.segments
        return parts
    }

    private static func request(
        _ address: String, of presentation: PresentationReference
    ) throws(OriginError) -> OriginRequest {
        try OriginPath(parsing: OriginPath.root(presentation) + address).request
    }
}
