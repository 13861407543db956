import Catalog
import ContentKeys
import Foundation
import MediaStorage

/// Writes the bytes of one request to where an upload goes on. Owned by one task.
///
/// What its sender encrypted is written as it comes: the sender gives the same bytes for the same places, so such an upload goes
/// on in the same part whatever was cut off.
final class UploadReception {
    /// So many bytes are sent again at most when this process dies.
    private static let durableEvery: UInt64 = 32 << 20
    /// Of one upload: each is a process that died, or a checksum that was wrong.
    private static let maximumParts = 4096

    private let service: UploadService
    private let key: ContentKey?
    private var upload: UploadRecord
    private var writer: any OriginalWriter
    private var cipher: StorageCipher?

    init(_ upload: UploadRecord, _ service: UploadService) async throws {
        guard let last = upload.parts.last else { throw AssetFileError(.complete, "upload \(upload.id) is complete") }
        self.upload = upload
        self.service = service
        if let keyID = upload.storageKey, upload.isSealed != true {
            key = try await service.assets.storageKey(keyID)
        } else {
            key = nil
        }
        writer = try Self.writer(last, service)
        cipher = try StoredAssets.form(key, last).cipher()
        // Whoever had the lock before may have gone on.
        guard try await service.known(upload.id) == upload else {
            throw AssetFileError(.busy, "upload \(upload.id) went on meanwhile: ask how far it is")
        }
        guard writer.size >= last.size else {
            throw AssetFileError(.damaged, "upload \(upload.id) is not whole in storage: begin it again")
        }
        try Self.cutEarlierParts(of: upload, service)
        // Somebody died after writing and before saying so.
        if upload.isWriting == true || writer.size > last.size { try await cutOff() }
    }

    private static func writer(_ part: OriginalPart, _ service: UploadService) throws -> any OriginalWriter {
        do {
            return try service.storage.append(toOriginal: part.id, in: part.storageAccount)
        } catch let error as MediaStorageError where error.code == .busy {
            throw AssetFileError(.busy, error.reason)
        }
    }

    /// Drops what was written and not recorded, and goes on under another nonce.
    ///
    /// The other nonce is recorded before anything is dropped: were it the other way round, who dies in between would leave a
    /// record that lets other bytes be written at the same places under the same nonce.
    private func cutOff() async throws {
        guard upload.isSealed != true else { return try await cutOffSealed() }
        guard let last = upload.parts.last, upload.parts.count < Self.maximumParts else {
            throw AssetFileError(.damaged, "upload \(upload.id) was broken off too often: begin it again")
        }
        let part = try await service.newPart(of: upload.asset, in: last.storageAccount)
        var next = upload
        if last.size == 0 { next.parts.removeLast() }
        next.parts.append(part)
        next.isWriting = nil
        upload = try await service.record(next, after: upload)
        try writer.truncate(to: last.size)
        if last.size == 0 { try service.assets.discard([last]) }
        writer = try Self.writer(part, service)
        cipher = try StoredAssets.form(key, part).cipher()
    }

    /// Drops what was written and not recorded.
    private func cutOffSealed() async throws {
        try writer.truncate(to: upload.parts.last?.size ?? 0)
        var next = upload
        next.isWriting = nil
        upload = try await service.record(next, after: upload)
    }

    /// What who died in `cutOff` had not dropped yet.
    private static func cutEarlierParts(of upload: UploadRecord, _ service: UploadService) throws {
        for part in upload.parts.dropLast()
        where try service.storage.size(
            ofOriginal: part.id, in: part.storageAccount) > part.size
        {
            try Self.writer(part, service).truncate(to: part.size)
        }
    }

    func take<Body: AsyncSequence>(
        _ body: Body, checksum: UploadChecksum?
    ) async throws -> UploadRecord where Body.Element == [UInt8] {
        try await beginWriting()
        var accumulator = checksum.map(ChecksumAccumulator.init)
        var failure: (any Error)?
        do {
            for try await bytes in body {
                accumulator?.update(bytes)
                try append(bytes)
                // With a checksum nothing counts before all of it is here.
                if accumulator == nil, unrecorded >= Self.durableEvery {
                    try await uncancelled { [self] in try await record() }
                }
            }
        } catch {
            failure = error
        }
        // What storage did not take is not acknowledged, whatever it says when it is asked again. `isWriting` stays set, so that
        // the next request drops what is there and goes on under another nonce.
        if let failure = failure as? MediaStorageError { throw failure }
        if let accumulator {
            if let failure {
                try await uncancelled { [self] in try await cutOff() }
                throw failure
            }
            guard !Task.isCancelled, accumulator.isRight else {
                try await uncancelled { [self] in try await cutOff() }
                throw AssetFileError(.wrongChecksum, "the bytes are not those of their checksum, and were not kept")
            }
        }
        try await uncancelled { [self] in try await record(isLast: true) }
        if let failure { throw failure }
        return upload
    }

    /// Says that what comes is on its way to the disk, before any of it is.
    private func beginWriting() async throws {
        var next = upload
        next.isWriting = true
        next.expires = service.now().addingTimeInterval(service.settings.expiry)
        upload = try await service.record(next, after: upload)
    }

    private var unrecorded: UInt64 { writer.size - (upload.parts.last?.size ?? 0) }

    private func append(_ bytes: [UInt8]) throws {
        guard UInt64(bytes.count) <= upload.length - upload.offset - unrecorded else {
            throw AssetFileError(.tooLarge, "more bytes than the \(upload.length) of upload \(upload.id)")
        }
        var bytes = bytes
        if let cipher { try bytes.withUnsafeMutableBytes { try cipher.apply(to: $0, at: writer.size) } }
        try bytes.withUnsafeBytes { try writer.append($0) }
    }

    /// Makes what came durable, in storage and then in the catalog.
    ///
    /// - Parameter isLast: whether this request writes nothing more.
    private func record(isLast: Bool = false) async throws {
        try writer.synchronize()
        var next = upload
        if isLast { next.isWriting = nil }
        next.parts[next.parts.count - 1].size = writer.size
        next.expires = service.now().addingTimeInterval(service.settings.expiry)
        next.isComplete = next.offset == next.length
        var changes: [CatalogChange] = []
        if next.isComplete, case .whole(let id) = next.role {
            guard var file = try await service.catalog.assetFile(id) else {
                throw AssetFileError(.missing, "the file of upload \(upload.id) was deleted")
            }
            file.state = .quarantine
            file.parts = next.parts
            file.changed = service.now()
            changes.append(.updateAssetFile(file))
        }
        upload = try await service.record(next, after: upload, with: changes)
    }

    /// Runs to its end also when the task was cancelled: what came is not lost because its sender is. A task of its own does not
    /// have the preference of the one that makes it, and this waits for the disk.
    private func uncancelled(_ body: @escaping () async throws -> Void) async throws {
        let body = Unchecked(value: body)
        try await Task(executorPreference: service.threads) { try await body.value() }.value
    }

    // Sendable: the task that made it waits for it.
    private struct Unchecked: @unchecked Sendable {
        var value: () async throws -> Void
    }
}
