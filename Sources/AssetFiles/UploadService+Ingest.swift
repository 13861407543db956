public import Catalog
import ContentKeys
import Cryptography
import Foundation
import MediaStorage

extension UploadService {
    /// Looks at all originals that are waiting for it.
    ///
    /// - Returns: how many were looked at.
    public func ingestAll() async throws -> Int {
        var count = 0
        for file in try await catalog.assetFiles(in: .quarantine) where file.reason == nil {
            try Task.checkCancellation()
            do {
                if try await ingest(file.id) != nil { count += 1 }
            } catch let error as MediaStorageError where error.code == .missing {
                // One that is not there must not keep the others waiting.
                var file = file
                file.reason = error.reason
                file.changed = now()
                try await catalog.apply([.updateAssetFile(file)])
            } catch let error as MediaStorageError where error.code == .unavailable {
                // It waits until its account is back.
                continue
            }
        }
        return count
    }

    /// Reads an original through that has arrived: tags it, holds it against the hash that was said, and puts it to the
    /// checks. Only what passes all of it leaves quarantine. Done again from the start when the process dies.
    ///
    /// - Returns: the file as it is then; nil while another process looks at it.
    public func ingest(_ id: AssetFileID) async throws -> AssetFileRecord? {
        try await withTaskExecutorPreference(ingestThreads) { try await lookAt(id) }
    }

    private func lookAt(_ id: AssetFileID) async throws -> AssetFileRecord? {
        guard var file = try await catalog.assetFile(id) else {
            throw AssetFileError(.missing, "there is no file \(id)")
        }
        guard file.state == .quarantine, file.reason == nil else { return file }
        let lock: (any OriginalWriter)?
        do {
            lock = try file.parts.first.map { try storage.append(toOriginal: $0.id, in: $0.storageAccount) }
        } catch let error as MediaStorageError where error.code == .busy {
            return nil
        }
        defer { withExtendedLifetime(lock) {} }
        do {
            try await examine(&file)
        } catch let error as AssetFileError where error.code == .damaged {
            file.reason = error.reason
        }
        file.changed = now()
        try await catalog.apply([.updateAssetFile(file)])
        return file
    }

    private func examine(_ file: inout AssetFileRecord) async throws {
        let digest = try await tag(&file)
        if let expected = file.digest, expected != digest {
            file.reason = "its SHA-256 is \(digest.hexDigits), and \(expected.hexDigits) was said"
            return
        }
        file.digest = digest
        for check in checks {
            switch try await check.verdict(on: file, content: assets.content(of: file)) {
            case .passed: continue
            case .held(let reason):
                file.reason = "\(check.name): \(reason)"
            case .rejected(let reason):
                file.state = .rejected
                file.reason = "\(check.name): \(reason)"
            }
            return
        }
        file.state = .ready
    }

    /// - Returns: SHA-256 of the content.
    private func tag(_ file: inout AssetFileRecord) async throws -> [UInt8] {
        let key = try await assets.key(of: file)
        let content = try SHA256Accumulator()
        for index in file.parts.indices {
            let part = file.parts[index]
            let form = StoredAssets.form(key, part)
            let cipher = try form.cipher()
            let reader = try storage.open(part.file)
            guard reader.size == part.size else {
                throw AssetFileError(.damaged, "it is not whole in storage: send it again")
            }
            let tags = try storage.createTags(ofOriginal: part.id, in: part.storageAccount)
            let accumulator = try TagAccumulator(PieceTagger(form)) { tag in
                try tag.withUnsafeBytes { try tags.append($0) }
            }
            var position: UInt64 = 0
            try reader.forEachPiece { piece in
                try Task.checkCancellation()
                try accumulator.append(piece)
                var clear = [UInt8](piece)
                if let cipher { try clear.withUnsafeMutableBytes { try cipher.apply(to: $0, at: position) } }
                try clear.withUnsafeBytes { try content.update($0) }
                position += UInt64(piece.count)
            }
            file.parts[index].tagsDigest = try accumulator.finish()
            try tags.close()
        }
        return try content.finish()
    }

    /// Removes uploads that do not go on, and bytes that nobody knows of. What is being written is nobody's only for as long
    /// as its upload is.
    public func removeExpired() async throws {
        for upload in try await catalog.uploads(expiringBefore: now()) { _ = try await remove(upload) }
        for file in try storage.originals() where try await !catalog.isOriginalKnown(file.name) {
            try storage.removeOriginal(file.name, in: file.account)
        }
    }
}
