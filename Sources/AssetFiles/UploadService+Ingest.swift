public import Catalog
import ContentKeys
import Cryptography
import Foundation
import MediaStorage
import Synchronization

/// The originals that are being looked at.
private final class RunningChecks: Sendable {
    private let running = Mutex<Set<AssetFileID>>([])

    var files: Set<AssetFileID> { running.withLock { $0 } }

    func add(_ file: AssetFileID) { running.withLock { _ = $0.insert(file) } }

    func remove(_ file: AssetFileID) { running.withLock { _ = $0.remove(file) } }
}

/// The originals that another process looked at a while ago.
private final class SkippedOriginals: Sendable {
    private static let duration = Duration.seconds(30)
    private let skipped = Mutex<[AssetFileID: ContinuousClock.Instant]>([:])

    /// Those that are left to it still.
    var files: Set<AssetFileID> {
        skipped.withLock { skipped in
            let now = ContinuousClock.now
            skipped = skipped.filter { $0.value > now }
            return Set(skipped.keys)
        }
    }

    func add(_ file: AssetFileID) { skipped.withLock { $0[file] = ContinuousClock.now + Self.duration } }
}

extension UploadService {
    /// Checks originals as they arrive, so many at once as are configured, until the task is cancelled.
    ///
    /// - Parameter onFailure: is told what keeps it from looking at originals at all; it is tried again.
    public func checkOriginals(onFailure: @escaping @Sendable (any Error) -> Void) async {
        let running = RunningChecks()
        let skipped = SkippedOriginals()
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                do {
                    let busy = running.files
                    let left = busy.union(skipped.files)
                    let found = try await catalog.originalsToCheck(at: now(), limit: left.count + concurrency)
                    for file in found.map(\.file.id).filter({ !left.contains($0) }).prefix(concurrency - busy.count) {
                        running.add(file)
                        group.addTask { [self] in
                            defer { running.remove(file) }
                            do {
                                if try await ingest(file) == nil { skipped.add(file) }
                            } catch  where !Task.isCancelled {
                                onFailure(error)
                                try? await Task.sleep(for: Self.pauseAfterFailure)
                            } catch {}
                        }
                    }
                } catch  where !Task.isCancelled {
                    onFailure(error)
                    try? await Task.sleep(for: Self.pauseAfterFailure)
                } catch {}
                try? await Task.sleep(for: Self.lookInterval)
            }
        }
    }

    private static let lookInterval = Duration.milliseconds(500)
    private static let pauseAfterFailure = Duration.seconds(5)

    /// Reads an original through that has arrived: tags it, holds it against the hash that was said, and puts it to the
    /// checks. Only what passes all of it leaves quarantine. When the process dies it goes on behind the last check that
    /// ended.
    ///
    /// - Returns: the file as it is then; nil while another process looks at it.
    public func ingest(_ id: AssetFileID) async throws -> AssetFileRecord? {
        let first = try await quarantined(id)
        guard first.isToBeChecked(at: now()) else { return first.file }
        let lock: (any OriginalWriter)?
        do {
            lock = try first.file.parts.first.map { try storage.append(toOriginal: $0.id, in: $0.storageAccount) }
        } catch let error as MediaStorageError where error.code == .busy {
            return nil
        } catch let error as MediaStorageError {
            // It waits until its account is back, or its disk can be read, and keeps no other from being looked at.
            var examination = Examination(first, self)
            return try await examination.postpone(error)
        }
        defer { withExtendedLifetime(lock) {} }
        // Whoever had the lock before may have ended it.
        let found = try await quarantined(id)
        guard found.isToBeChecked(at: now()) else { return found.file }
        var examination = Examination(found, self)
        return try await examination.run()
    }

    private func quarantined(_ id: AssetFileID) async throws -> QuarantinedFile {
        guard let found = try await catalog.quarantinedFile(id) else {
            throw AssetFileError(.missing, "there is no file \(id)")
        }
        return found
    }

    /// Tags an original and holds it against the hash that was said.
    func readThrough(_ file: inout AssetFileRecord) async throws -> IngestVerdict {
        let key = try await assets.key(of: file)
        let original = file
        let (parts, digest) = try await OwnThread.run { [self] stop in try tagged(original, key, stop) }
        file.parts = parts
        if let expected = file.digest, expected != digest {
            return IngestVerdict(
                .damaged, ["its SHA-256 is \(digest.hexDigits), and \(expected.hexDigits) was said"])
        }
        file.digest = digest
        return IngestVerdict(.passed)
    }

    /// - Returns: the parts with their tags' digests, and SHA-256 of the content.
    private func tagged(
        _ file: AssetFileRecord, _ key: ContentKey?, _ stop: StopFlag
    ) throws -> (parts: [OriginalPart], digest: [UInt8]) {
        var parts = file.parts
        let content = try SHA256Accumulator()
        for (index, part) in parts.enumerated() {
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
                try stop.check()
                try accumulator.append(piece)
                var clear = [UInt8](piece)
                if let cipher { try clear.withUnsafeMutableBytes { try cipher.apply(to: $0, at: position) } }
                try clear.withUnsafeBytes { try content.update($0) }
                position += UInt64(piece.count)
            }
            parts[index].tagsDigest = try accumulator.finish()
            try tags.close()
        }
        return (parts, try content.finish())
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
