public import Catalog
import ContentKeys
public import Foundation
import MediaStorage
import Policies

/// Takes originals in: bytes arrive in order, in as many requests as it needs, and are encrypted before they reach the disk.
///
/// What was acknowledged is on the disk and in the catalog. What arrived beyond it, when a process died, is cut off, and the
/// upload goes on in a new part under a new nonce, so that no place of a key stream is ever used for two contents.
public final class UploadService: Sendable {
    let assets: StoredAssets
    let settings: UploadSettings
    let checks: [any IngestCheck]
    /// So many originals are checked at once.
    let concurrency: Int
    /// Takes over the keys of files that their senders encrypt; nil where none are taken.
    let keys: UploadKeys?
    let now: @Sendable () -> Date
    /// Waits for the disk, for uploads: they may not take the threads that requests need.
    let threads = BlockingThreads(count: 4)
    private let sessions = UploadSessions()

    var catalog: any CatalogEngine { assets.catalog }
    var storage: any MediaStorage { assets.storage }

    /// - Parameters:
    ///   - checks: what an original must pass besides having arrived whole, in this order.
    ///   - concurrency: so many originals are checked at once.
    ///   - keys: take over the keys of files that their senders encrypt; nil where none are taken.
    public init(
        assets: StoredAssets, settings: UploadSettings, checks: [any IngestCheck] = [],
        concurrency: Int = 2, keys: UploadKeys? = nil,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.assets = assets
        self.settings = settings
        self.checks = checks
        self.concurrency = max(1, concurrency)
        self.keys = keys
        self.now = now
    }

    /// The most that one upload may hold, in bytes.
    public var sizeLimit: UInt64 { settings.sizeLimit }

    /// An upload and how far it has come. Whoever still writes it is stopped: a client asks when its connection is lost, which
    /// the other end may not have heard of.
    public func upload(_ id: UploadID) async throws -> UploadRecord {
        await sessions.stop(id)
        return try await known(id)
    }

    func known(_ id: UploadID) async throws -> UploadRecord {
        guard let upload = try await catalog.upload(id) else {
            throw AssetFileError(.missing, "there is no upload \(id.rawValue.prefix(64))")
        }
        return upload
    }

    /// Takes bytes. What came of them is kept however the sequence ends, unless a checksum was given.
    ///
    /// - Parameter offset: where the sender goes on.
    /// - Returns: the upload as it is then.
    public func append<Body: AsyncSequence & Sendable>(
        to id: UploadID, at offset: UInt64, _ body: Body, checksum: UploadChecksum? = nil
    ) async throws -> UploadRecord where Body.Element == [UInt8] {
        try await sessions.run(id) { [self] in
            try await withTaskExecutorPreference(threads) {
                let upload = try await known(id)
                guard !upload.isComplete else {
                    throw AssetFileError(.complete, "upload \(id) is complete")
                }
                guard upload.offset == offset else {
                    throw AssetFileError(.wrongOffset, "upload \(id) goes on at \(upload.offset), not at \(offset)")
                }
                let reception = try await UploadReception(upload, self)
                return try await reception.take(body, checksum: checksum)
            }
        }
    }

    /// Ends an upload that is not complete, and forgets what came of it.
    public func terminate(_ id: UploadID) async throws {
        await sessions.stop(id)
        let upload = try await known(id)
        guard !upload.isComplete || upload.role == .partial else {
            throw AssetFileError(.complete, "upload \(id) is complete: delete its file instead")
        }
        guard try await remove(upload) else {
            throw AssetFileError(.busy, "upload \(id) goes on just now: try again")
        }
    }

    /// Removes an upload, and unless its bytes belong to a file now, the bytes.
    ///
    /// - Returns: false when it is another one by now: it went on, or is gone.
    func remove(_ upload: UploadRecord) async throws -> Bool {
        var changes: [CatalogChange] = [.require(.upload(upload)), .deleteUpload(upload.id)]
        let isOwned = upload.isComplete && upload.role != .partial
        if case .whole(let file) = upload.role, !isOwned, try await catalog.assetFile(file) != nil {
            changes.append(.deleteAssetFile(file))
        }
        do {
            try await catalog.apply(changes)
        } catch let error as CatalogError where error.code == .changed {
            return false
        }
        if !isOwned { try assets.discard(upload.parts) }
        return true
    }

    /// Writes down how far an upload has come.
    ///
    /// - Parameter before: what the catalog is known to hold.
    /// - Returns: the upload as the catalog holds it: a time may lose its last bits on the way.
    /// - Throws: `AssetFileError` with `missing` when it was ended meanwhile: it is not brought back; with `busy` when somebody
    ///   else has written it.
    func record(
        _ upload: UploadRecord, after before: UploadRecord, with changes: [CatalogChange] = []
    ) async throws -> UploadRecord {
        do {
            try await catalog.apply([.require(.upload(before)), .updateUpload(upload)] + changes)
        } catch let error as CatalogError where error.code == .missing {
            throw AssetFileError(.missing, "upload \(upload.id) was ended: \(error.reason)")
        } catch let error as CatalogError where error.code == .changed {
            guard try await catalog.upload(upload.id) != nil else {
                throw AssetFileError(.missing, "upload \(upload.id) was ended")
            }
            throw AssetFileError(.busy, "upload \(upload.id) went on meanwhile: ask how far it is")
        }
        return try await catalog.upload(upload.id) ?? upload
    }

    /// A part that takes the bytes that come next.
    func newPart(of asset: String, in account: String?) async throws -> OriginalPart {
        let nonce = try await catalog.reserveFileNonces(asset: asset, count: 1)
        return OriginalPart(
            id: UUID().uuidString.lowercased(), size: 0, nonce: nonce.first ?? 0, storageAccount: account)
    }
}
