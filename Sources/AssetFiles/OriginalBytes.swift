import Catalog
import MediaStorage

/// The bytes of a range of an original, decrypted, a piece at a time: each is read when it is asked for, on a thread that may
/// wait for the disk.
public struct OriginalBytes: AsyncSequence, Sendable {
    static let pieceSize: UInt64 = 256 << 10

    let content: any MediaReader
    let range: Range<UInt64>
    let threads: BlockingThreads

    public struct Iterator: AsyncIteratorProtocol {
        let bytes: OriginalBytes
        var position: UInt64

        public mutating func next() async throws -> [UInt8]? {
            let start = position
            guard start < bytes.range.upperBound else { return nil }
            let end = Swift.min(start + OriginalBytes.pieceSize, bytes.range.upperBound)
            position = end
            let content = bytes.content
            return try await withTaskExecutorPreference(bytes.threads) {
                try await OriginalBytes.read(content, start..<end)
            }
        }
    }

    public func makeAsyncIterator() -> Iterator { Iterator(bytes: self, position: range.lowerBound) }

    private static func read(_ content: any MediaReader, _ range: Range<UInt64>) async throws -> [UInt8] {
        var piece: [UInt8] = []
        try content.append(range, to: &piece)
        return piece
    }
}

extension UploadService {
    /// An original that may be read.
    ///
    /// - Parameter actor: who is given bytes of it, which is audited first; nil when nobody is.
    /// - Throws: `AssetFileError` with `missing`, or `notReady` for what has not left quarantine.
    public func original(asset: String, name: String, readBy actor: String?) async throws -> Original {
        guard let file = try await catalog.assetFile(asset: asset, name: name) else {
            throw AssetFileError(
                .missing, "asset '\(asset.prefix(128))' has no file '\(name.prefix(128))'")
        }
        let content = try await assets.open(file)
        try await audit(.assetFileRead, of: file, by: actor)
        return Original(record: file, content: content, threads: threads)
    }

    /// An original that waits for a decision, for who decides. Nothing has vouched for it.
    ///
    /// - Parameter actor: as of one that may be read.
    /// - Throws: `AssetFileError` with `missing`, or `notReady` for what does not wait for a decision.
    public func originalInReview(_ id: String, readBy actor: String?) async throws -> Original {
        guard let found = try await catalog.quarantinedFile(AssetFileID(rawValue: id.lowercased())) else {
            throw AssetFileError(
                .missing, "there is no review '\(id.prefix(128))'; 'keyway review list' lists them")
        }
        let content = try await assets.openForReview(found)
        try await audit(.reviewFetched, of: found.file, by: actor)
        return Original(record: found.file, content: content, threads: threads)
    }

    /// Before any byte leaves.
    private func audit(_ action: AuditAction, of file: AssetFileRecord, by actor: String?) async throws {
        guard let actor else { return }
        var event = AuditEvent(time: now(), action: action)
        event.actor = actor
        event.detail = "\(file.asset): \(file.name)"
        try await catalog.apply([.audit(event)])
    }
}
