public import Catalog
import ContentKeys
import Foundation
import MediaStorage

extension UploadService {
    /// Partial uploads that one file may be made of.
    private static let maximumPartials = 256

    /// Begins an upload.
    ///
    /// - Parameter actor: for the audit log.
    /// - Throws: `AssetFileError`, `CatalogError`.
    public func create(_ request: UploadRequest, actor: String?) async throws -> UploadRecord {
        guard let asset = try await catalog.asset(named: request.asset) else {
            throw AssetFileError(.missing, "there is no asset '\(request.asset.prefix(128))'; make it first")
        }
        guard request.isSealed || request.sealedKey == nil, !request.isSealed || request.isEncrypted != false else {
            throw AssetFileError(.malformed, "a sealed key is of a file that is encrypted by its sender")
        }
        let upload: (record: UploadRecord, changes: [CatalogChange])
        switch request.role {
        case .whole(let name):
            try admit(request.length)
            upload = try await whole(request, name, asset)
        case .partial:
            try admit(request.length)
            // A second one would refuse nothing, and be sent to by nobody.
            if let begun = try await begun(request, asset) { return begun }
            let record = try await record(request, .partial, asset)
            upload = (record, [.insertUpload(record)])
        case .final(let name, let partials):
            upload = try await final(request, name, partials, asset)
        }
        var event = AuditEvent(time: now(), action: .assetFileAdded)
        event.actor = actor
        event.detail =
            "\(asset.name): \(request.name ?? "partial upload") of \(upload.record.length) bytes"
            + (request.isSealed ? ", encrypted by its sender" : "") + Self.elsewhere(upload.record, asset)
        do {
            try await catalog.apply(upload.changes + limits(of: request, asset) + [.audit(event)])
        } catch let error as CatalogError where error.code == .limit {
            throw AssetFileError(.quotaExceeded, error.reason)
        } catch let error as CatalogError where error.code == .exists {
            guard let begun = try await begun(request, asset) else { throw error }
            return begun
        }
        return upload.record
    }

    /// The upload that the same request began before; nil when there is none, and when what holds the name is another one. The
    /// key of a sealed one is the first request's: its sender says the same key again, or finds its file damaged.
    private func begun(_ request: UploadRequest, _ asset: AssetRecord) async throws -> UploadRecord? {
        guard let attempt = request.attempt,
            let begun = try await catalog.upload(into: asset.name, attempt: attempt),
            begun.length == request.length, begun.storageKey == storageKey(request, asset),
            begun.isSealed == (request.isSealed ? true : nil)
        else { return nil }
        switch request.role {
        case .partial: return begun.role == .partial ? begun : nil
        case .whole(let name):
            guard let file = try await catalog.assetFile(asset: asset.name, name: name), file.state == .uploading,
                file.digest == request.digest, file.contentType == request.contentType, begun.role == .whole(file.id)
            else { return nil }
            return begun
        case .final: return nil
        }
    }

    /// What the bytes of an upload are encrypted under as they come.
    private func storageKey(_ request: UploadRequest, _ asset: AssetRecord) -> KeyID? {
        guard !request.isSealed else { return nil }
        return request.isEncrypted ?? settings.isEncrypted ? asset.storageKey : nil
    }

    /// For the audit log, where the asset's account is away, drained or full, and another one takes the bytes.
    private static func elsewhere(_ upload: UploadRecord, _ asset: AssetRecord) -> String {
        guard let first = upload.parts.first, first.storageAccount != asset.storageAccount else { return "" }
        return ", in storage account \(StorageAccounts.text(first.storageAccount)): "
            + "\(StorageAccounts.text(asset.storageAccount)) does not take it"
    }

    private func admit(_ length: UInt64) throws {
        guard length <= settings.sizeLimit else {
            throw AssetFileError(.tooLarge, "\(length) bytes; an upload may have \(settings.sizeLimit)")
        }
    }

    /// What must hold in the transaction that makes the upload, so that of several that come at once none is too much.
    private func limits(of request: UploadRequest, _ asset: AssetRecord) -> [CatalogChange] {
        var limits: [CatalogChange] = []
        // The bytes of a final upload were counted when its parts were begun.
        let isNew = if case .final = request.role { false } else { true }
        if let quota = settings.quota, isNew { limits.append(.require(.uploadedBytes(atMost: quota))) }
        if request.name != nil {
            limits.append(.require(.assetFiles(asset: asset.name, atMost: settings.filesPerAsset)))
        }
        return limits
    }

    private func record(
        _ request: UploadRequest, _ role: UploadRecord.Role, _ asset: AssetRecord
    ) async throws -> UploadRecord {
        UploadRecord(
            id: UploadID(), asset: asset.name, role: role, length: request.length, metadata: request.metadata,
            storageKey: storageKey(request, asset), parts: try await parts(request, asset),
            isComplete: request.length == 0,
            isSealed: request.isSealed ? true : nil, attempt: request.attempt, created: now(),
            expires: now().addingTimeInterval(settings.expiry))
    }

    /// The first part: with the asset's others, or where there is room for all of it.
    private func parts(_ request: UploadRequest, _ asset: AssetRecord) async throws -> [OriginalPart] {
        guard request.length > 0 else { return [] }
        let account = try await DiskLook.run {
            try storage.place(asset.name, .preferred(asset.storageAccount), size: request.length)
        }
        guard !request.isSealed else { return [Self.sealedPart(account)] }
        return [try await newPart(of: asset.name, in: account)]
    }

    /// Its nonce is 0, the first upload's of a file; the final upload of several numbers them.
    private static func sealedPart(_ account: String?) -> OriginalPart {
        OriginalPart(id: UUID().uuidString.lowercased(), size: 0, nonce: 0, storageAccount: account)
    }

    /// The key of a file that its sender encrypted, as it is stored; nil for any other file.
    private func sealedKey(
        _ request: UploadRequest, _ name: String, _ asset: AssetRecord, lengths: [UInt64]
    ) async throws -> UploadKeys.TakenOver? {
        guard request.isSealed else { return nil }
        guard let keys else { throw AssetFileError(.malformed, "files that are encrypted before are not taken here") }
        guard let digest = request.digest, let sealed = request.sealedKey else {
            // Without it nobody would see that a bit was flipped on the way.
            throw AssetFileError(.malformed, "a file that its sender encrypted needs its sealed key and its SHA-256")
        }
        return try await keys.takeOver(
            sealed, of: SealedUpload(asset: asset.name, name: name, digest: digest, lengths: lengths), at: now())
    }

    private func whole(
        _ request: UploadRequest, _ name: String, _ asset: AssetRecord
    ) async throws -> (UploadRecord, [CatalogChange]) {
        let file = AssetFileID()
        let key = try await sealedKey(request, name, asset, lengths: [request.length])
        let record = try await record(request, .whole(file), asset)
        let fileRecord = AssetFileRecord(
            id: file, asset: asset.name, name: name, contentType: request.contentType, size: request.length,
            digest: request.digest, state: record.isComplete ? .quarantine : .uploading,
            storageKey: key?.record.keyID ?? record.storageKey, created: record.created, changed: record.created)
        return (record, Self.insertion(of: fileRecord, under: key) + [.insertUpload(record)])
    }

    /// No byte is moved: the file is made of the parts as they lie.
    private func final(
        _ request: UploadRequest, _ name: String, _ ids: [UploadID], _ asset: AssetRecord
    ) async throws -> (UploadRecord, [CatalogChange]) {
        guard (1...Self.maximumPartials).contains(ids.count), Set(ids).count == ids.count else {
            throw AssetFileError(.malformed, "a file is made of 1 to \(Self.maximumPartials) different uploads")
        }
        var partials: [UploadRecord] = []
        for id in ids {
            let partial = try await upload(id)
            guard partial.role == .partial, partial.isComplete, partial.asset == asset.name,
                partial.isSealed == (request.isSealed ? true : nil),
                partials.allSatisfy({ $0.storageKey == partial.storageKey })
            else {
                throw AssetFileError(
                    .malformed,
                    "upload \(id) is not a complete partial upload into '\(asset.name)', stored and encrypted as the others"
                )
            }
            partials.append(partial)
        }
        let length = partials.reduce(0) { $0 + $1.length }
        guard length <= settings.sizeLimit else {
            throw AssetFileError(.tooLarge, "\(length) bytes; a file may have \(settings.sizeLimit)")
        }
        let key = try await sealedKey(request, name, asset, lengths: partials.map(\.length))
        let file = AssetFileRecord(
            id: AssetFileID(), asset: asset.name, name: name, contentType: request.contentType, size: length,
            digest: request.digest, state: .quarantine, storageKey: key?.record.keyID ?? partials[0].storageKey,
            parts: Self.joined(partials), created: now(), changed: now())
        let record = UploadRecord(
            id: UploadID(), asset: asset.name, role: .final(file.id, of: ids), length: length,
            metadata: request.metadata, storageKey: key == nil ? file.storageKey : nil, parts: [], isComplete: true,
            created: now(), expires: now().addingTimeInterval(settings.expiry))
        // Of two that use the same part one finds it gone.
        return (
            record,
            ids.map { .deleteUpload($0) } + Self.insertion(of: file, under: key) + [.insertUpload(record)]
        )
    }

    /// A file, and the key of its own if it has one. That the key was used is said last: who asks for the same file again is to
    /// hear that it exists.
    private static func insertion(of file: AssetFileRecord, under key: UploadKeys.TakenOver?) -> [CatalogChange] {
        guard let key else { return [.insertAssetFile(file)] }
        return [.insertContentKey(key.record), .insertAssetFile(file), .useSealedKey(key.use)]
    }

    /// The parts of uploads, as parts of one file. What its sender encrypted is under the upload's number.
    private static func joined(_ partials: [UploadRecord]) -> [OriginalPart] {
        partials.enumerated().flatMap { number, partial in
            partial.parts.filter { $0.size > 0 }.map { part in
                var part = part
                if partial.isSealed == true { part.nonce = UInt64(number) }
                return part
            }
        }
    }
}

extension UploadRequest {
    var name: String? {
        switch role {
        case .whole(let name), .final(let name, _): name
        case .partial: nil
        }
    }
}
