import Catalog
import ContentKeys
import Cryptography
import EncoderProtocol
import Foundation
import MediaModel
import MediaStorage

/// Where pieces of films lie that are encoded and wait for the others: a folder of this machine, beside the catalog. A piece
/// is there whole or not at all, encrypted as the version will be, under a key that is wrapped beside it.
public struct PieceShelf: Sendable {
    private static let recordFile = "piece.json"
    private static let recordLimit = 1 << 20

    private let root: String
    let storage: any MediaStorage

    /// - Parameter root: made when it is not there.
    public init(root: String) throws {
        self.root = root
        storage = try FileSystemMediaStorage(root: root)
    }

    /// A piece of a job that was made as `fingerprint` says; nil when there is none, or none that can be used.
    func piece(_ number: Int, of job: JobID, _ fingerprint: String) -> PieceRecord? {
        let file = StoredFile(asset: job.rawValue, version: number + 1, name: Self.recordFile)
        guard let data = try? storage.contents(of: file, limit: Self.recordLimit),
            let record = try? JSONDecoder().decode(PieceRecord.self, from: data), record.fingerprint == fingerprint,
            record.isPlausible, isWhole(record, number, of: job)
        else { return nil }
        return record
    }

    /// Whether its files are there, and as long as they were.
    private func isWhole(_ record: PieceRecord, _ number: Int, of job: JobID) -> Bool {
        record.tracks.allSatisfy { track in
            let file = StoredFile(asset: job.rawValue, version: number + 1, name: track.mediaFile)
            guard let media = try? storage.open(file), media.size == track.mediaSize,
                let index = try? contents(of: track.indexFile, number, job)
            else { return false }
            return (try? SHA256.digest(Array(index))) == track.indexDigest
        }
    }

    /// Puts a piece there whose files are complete.
    func put(_ record: PieceRecord, _ staged: any StagedVersion, as number: Int, of job: JobID) throws {
        let file = try staged.create(Self.recordFile)
        try JSONEncoder().encode(record).withUnsafeBytes { try file.append($0) }
        try file.close()
        // Of another order, or of another encoder.
        try remove(number, of: job)
        try staged.commit(asset: job.rawValue, version: number + 1)
    }

    /// Removes one piece; none is fine.
    func remove(_ number: Int, of job: JobID) throws {
        let folder = "\(root)/assets/\(job.rawValue)/v\(number + 1)"
        if FileManager.default.fileExists(atPath: folder) { try FileManager.default.removeItem(atPath: folder) }
    }

    func contents(of file: String, _ number: Int, _ job: JobID) throws -> Data {
        try storage.contents(
            of: StoredFile(asset: job.rawValue, version: number + 1, name: file), limit: TrackIndex.maximumSize)
    }

    func media(of track: PieceRecord.Track, _ number: Int, _ job: JobID, key: ContentKey?) throws -> any MediaReader {
        try storage.open(
            StoredFile(asset: job.rawValue, version: number + 1, name: track.mediaFile),
            form: key.map { .encrypted($0, nonce: track.nonce) } ?? .clear, verifying: track.tagsDigest)
    }

    /// Removes the pieces of a job; none is fine.
    func removePieces(of job: JobID) throws { try storage.removeVersions(of: job.rawValue) }

    /// Removes what a worker that died has left, but for the pieces of jobs that go on.
    func removeLeftovers(goesOn: (JobID) async throws -> Bool) async throws {
        try storage.removeLeftovers(in: nil) { _, _ in true }
        try await removeEnded(goesOn: goesOn)
    }

    /// Removes the pieces of jobs that do not go on; what is being made stays.
    func removeEnded(goesOn: (JobID) async throws -> Bool) async throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: root + "/assets") {
            let job = JobID(rawValue: name)
            if try await !goesOn(job) { try removePieces(of: job) }
        }
    }
}

/// What is known of a piece besides its media.
struct PieceRecord: Sendable, Codable {
    struct Track: Sendable, Codable {
        var number: Int
        var mediaFile: String
        var indexFile: String
        var mediaSize: UInt64
        var nonce: UInt64
        var tagsDigest: [UInt8]?
        var indexDigest: [UInt8]

        init(_ record: TrackRecord, number: Int) {
            self.number = number
            mediaFile = record.mediaFile
            indexFile = record.indexFile
            mediaSize = record.mediaSize
            nonce = record.mediaNonce
            tagsDigest = record.tagsDigest
            indexDigest = record.indexDigest
        }
    }

    /// Whether numbers are such as a reception lets pass.
    var isPlausible: Bool {
        qualities.count <= EncoderFrame.maximumTracks && qualities.allSatisfy(\.isPlausible)
            && RenditionQuality.possiblePictures.contains(pictures ?? 0)
            && tracks.allSatisfy { (0..<EncoderFrame.maximumTracks).contains($0.number) }
    }

    /// Of everything that a piece depends on (`PieceFingerprint`).
    var fingerprint: String
    /// Nil for what lies in the clear.
    var key: WrappedContentKey?
    var tracks: [Track]
    /// Of the film up to the piece's end; nil for sound.
    var pictures: Int?
    var warnings: [String]
    var qualities: [RenditionQuality]
}

/// What the bytes of a piece depend on, in one word: pieces of another order, input or encoder are not joined to it.
enum PieceFingerprint {
    static func word(_ order: String, inputs: [String], film: DividedFilm, encoder: String) throws -> String {
        let json = JSONEncoder()
        json.outputFormatting = [.sortedKeys]
        var text = order + "\n" + String(decoding: try json.encode(film), as: UTF8.self)
        for file in inputs + [encoder] { text += "\n" + file + " " + facts(file) }
        return try SHA256.digest(Array(text.utf8)).map { String(format: "%02x", $0) }.joined()
    }

    /// Size and time of a file; nothing for an original, which never changes.
    private static func facts(_ path: String) -> String {
        guard let facts = try? FileManager.default.attributesOfItem(atPath: path) else { return "" }
        let time = (facts[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
        return "\((facts[.size] as? NSNumber)?.int64Value ?? 0) \(time)"
    }
}
