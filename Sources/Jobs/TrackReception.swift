import Catalog
import ContentKeys
import Cryptography
import EncoderProtocol
import Foundation
import MediaModel
import MediaStorage

/// Takes one track from the encoder: media straight through encryption into the staged file, the index into memory, where
/// it is checked before it is stored. Owned by one task.
final class TrackReception {
    private let number: Int
    private let staged: any StagedVersion
    private let nonce: UInt64
    private let key: ContentKey?
    private let writer: StoredFileWriter
    private var mediaSize: UInt64 = 0
    private var index: [UInt8] = []

    /// - Parameters:
    ///   - key: nil for media that is stored in the clear.
    ///   - nonce: of this file alone under the key.
    init(number: Int, staged: any StagedVersion, key: ContentKey?, nonce: UInt64) throws {
        self.number = number
        self.staged = staged
        self.nonce = nonce
        self.key = key
        writer = try StoredFileWriter(
            staged, name: Self.mediaFile(number), form: key.map { .encrypted($0, nonce: nonce) } ?? .clear)
    }

    static func mediaFile(_ number: Int) -> String { "track-\(number).cmaf" }
    static func indexFile(_ number: Int) -> String { "track-\(number).index" }

    func takeMedia(_ bytes: [UInt8]) throws {
        mediaSize += UInt64(bytes.count)
        try bytes.withUnsafeBytes { try writer.append($0) }
    }

    func takeIndex(_ bytes: [UInt8]) throws {
        guard index.count + bytes.count <= TrackIndex.maximumSize else {
            throw JobFailure(.encoderProtocol, "the index of track \(number) is too long")
        }
        index.append(contentsOf: bytes)
    }

    /// What may leave in the clear beside a protected film is bounded in size.
    private func checkStills(_ index: TrackIndex) throws {
        guard index.description.kind != .image || ImageFormat.isBounded(index) else {
            throw JobFailure(.encoderProtocol, "the still pictures of track \(number) are too many or too large")
        }
    }

    /// Checks the index against what arrived, stores it, and says what the catalog records.
    func finish() throws -> TrackRecord {
        let data = Data(index)
        let checked: TrackIndex
        do {
            checked = try TrackIndex(validating: data)
        } catch {
            throw JobFailure(.encoderProtocol, "track \(number): \(error)")
        }
        guard checked.mediaSize == mediaSize else {
            throw JobFailure(.encoderProtocol, "track \(number) has another size than its index says")
        }
        try checkStills(checked)
        let tagsDigest = try writer.finish()
        let indexFile = Self.indexFile(number)
        let file = try staged.create(indexFile)
        try data.withUnsafeBytes { try file.append($0) }
        try file.close()
        let digest = try SHA256.digest(index)
        return TrackRecord(
            description: checked.description, duration: checked.duration, segmentCount: checked.segmentCount,
            mediaFile: Self.mediaFile(number), indexFile: indexFile, mediaSize: mediaSize, mediaNonce: nonce,
            indexDigest: digest, isStorageEncrypted: key != nil, tagsDigest: tagsDigest,
            indexTag: try key.map { try IndexTag.code(of: data, digest: digest, key: $0) })
    }
}
