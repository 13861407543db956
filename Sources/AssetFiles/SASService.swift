public import Catalog
public import Foundation
public import MediaStorage
public import Policies

/// What may be done with an asset's originals by who has a SAS URL.
public struct SASService: Sendable {
    private let assets: StoredAssets
    private let uploads: UploadService
    private let issuer: SASIssuer
    private let now: @Sendable () -> Date
    private let reads = AuditedReads()

    public init(
        assets: StoredAssets, uploads: UploadService, issuer: SASIssuer,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.assets = assets
        self.uploads = uploads
        self.issuer = issuer
        self.now = now
    }

    /// The asset that a URL opens; nil when it opens none for this, for whatever reason.
    public func asset(
        _ locator: String, query: [String: String], for permission: AccessPermission
    ) async throws -> AssetRecord? {
        let now = now()
        guard let id = LocatorID(locator), let terms = issuer.terms(of: id, query: query),
            terms.allows(permission, at: now), let lookup = try await assets.catalog.locatorLookup(id),
            lookup.terms.locator.kind == .sas, lookup.terms.locator.isOpen(at: now),
            lookup.terms.permissions.contains(permission), lookup.asset.takedown == nil
        else { return nil }
        return lookup.asset
    }

    /// The originals that may be read, in order of name.
    public func files(of asset: AssetRecord) async throws -> [AssetFileRecord] {
        try await assets.catalog.assetFiles(asset: asset.name).filter { $0.state == .ready }
    }

    /// An original that may be read; nil for any other.
    public func file(
        _ name: String, of asset: AssetRecord
    ) async throws -> (record: AssetFileRecord, content: any MediaReader)? {
        guard let file = try await assets.catalog.assetFile(asset: asset.name, name: name), file.state == .ready else {
            return nil
        }
        return (file, try await assets.open(file))
    }

    /// Writes down that bytes of an original leave, before they do: once a minute for a locator, a file and who asks, however many
    /// ranges are asked for.
    ///
    /// - Throws: `CatalogError`: nothing leaves then.
    public func audit(
        readOf file: AssetFileRecord, locator: String, from address: IPAddress?, requestID: String
    ) async throws {
        let read = AuditedReads.Read(locator: locator, file: file.id.rawValue, site: address?.site)
        guard reads.isNew(read, at: now()) else { return }
        var event = AuditEvent(time: now(), action: .assetFileRead)
        event.actor = "sas:\(locator)"
        event.detail = "\(file.asset): \(file.name)"
        event.clientAddress = address?.description
        event.requestID = requestID
        try await assets.catalog.apply([.audit(event)])
        reads.note(read)
    }

    /// Takes a whole original in one piece; what is broken off leaves nothing.
    ///
    /// - Parameter locator: for the audit log.
    public func put<Body: AsyncSequence & Sendable>(
        _ request: UploadRequest, _ body: Body, locator: String
    ) async throws where Body.Element == [UInt8] {
        let upload = try await uploads.create(request, actor: "sas:\(locator)")
        do {
            let ended = upload.isComplete ? upload : try await uploads.append(to: upload.id, at: 0, body)
            guard ended.isComplete else {
                throw AssetFileError(.malformed, "only \(ended.offset) of \(ended.length) bytes arrived")
            }
        } catch {
            // What cannot be removed now expires.
            try? await Task { try await uploads.terminate(upload.id) }.value
            throw error
        }
    }

    /// Removes an original, whatever its state.
    ///
    /// - Returns: false when there is none of that name.
    public func delete(_ name: String, of asset: AssetRecord, locator: String) async throws -> Bool {
        guard let file = try await assets.catalog.assetFile(asset: asset.name, name: name) else { return false }
        guard file.state != .uploading else {
            throw AssetFileError(.busy, "'\(name)' is still arriving: end its upload first")
        }
        var event = AuditEvent(time: now(), action: .assetFileDeleted)
        event.actor = "sas:\(locator)"
        event.detail = "\(asset.name): \(name)"
        try await assets.catalog.apply([.deleteAssetFile(file.id), .audit(event)])
        try assets.discard(file.parts)
        return true
    }
}
