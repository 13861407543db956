import Catalog
import ContentKeys
import Cryptography
import Foundation
import MediaStorage

/// The stored files of an asset version, as the catalog knows them.
struct VersionFiles {
    /// What may lie beside a media file, under its name and this.
    private static let companions = [".tags"]

    let record: AssetVersionRecord
    let identity: String

    init(_ record: AssetVersionRecord, of asset: AssetRecord) throws {
        self.record = record
        var text = "\(record.asset)\n\(record.number)\n\(record.created.timeIntervalSince1970)\n\(asset.storageKey)\n"
        for track in record.tracks {
            text += "\(track.mediaFile) \(track.mediaSize) \(track.mediaNonce) \(Hex.text(track.indexDigest))\n"
        }
        identity = Hex.text(try SHA256.digest(Array(text.utf8)))
    }

    var place: BackedUpPlace { BackedUpPlace(asset: record.asset, version: record.number) }

    func file(_ name: String) -> StoredFile {
        StoredFile(asset: record.asset, version: record.number, name: name, account: record.storageAccount)
    }

    /// Their names, where `storage` has the ones that need not be there.
    ///
    /// - Throws: `MediaStorageError` where it cannot be told, as while the storage account is away.
    func names(in storage: any MediaStorage) throws -> [String] {
        try record.tracks.flatMap { track in
            let beside = Self.companions.map { track.mediaFile + $0 }
            return [track.mediaFile, track.indexFile] + (try beside.filter { try reader(of: $0, in: storage) != nil })
        }
    }

    /// Reads a file; nil when it is missing.
    ///
    /// - Throws: `MediaStorageError` for anything else: a file in an account that is away is not missing.
    func reader(of name: String, in storage: any MediaStorage) throws -> (any MediaReader)? {
        do {
            return try storage.open(file(name))
        } catch let error as MediaStorageError where error.code == .missing {
            return nil
        }
    }

    /// What is wrong with a file whose size and digest were found; nil when nothing is.
    func defect(of name: String, size: UInt64, digest: String?) -> String? {
        for track in record.tracks {
            if name == track.mediaFile, size != track.mediaSize {
                return "it has \(size) bytes instead of \(track.mediaSize)"
            }
            if name == track.indexFile, let digest, digest != Hex.text(track.indexDigest) {
                return "it is not the index that the catalog knows"
            }
        }
        return nil
    }
}

/// A file that is not as it should be.
public struct FileDefect: Sendable, Hashable, Codable {
    public var asset: String
    /// Nil for an original.
    public var version: Int?
    /// In storage; of an original, its name.
    public var file: String
    public var reason: String

    public var description: String {
        version.map { "\(asset)/v\($0)/\(file): \(reason)" } ?? "\(asset)/\(file) (original): \(reason)"
    }

    init(_ version: BackedUpPlace, _ file: String, _ reason: String) {
        (asset, self.version, self.file, self.reason) = (version.asset, version.version, file, reason)
    }

    init(_ original: BackedUpOriginalPlace, _ reason: String) {
        (asset, file, self.reason) = (original.asset, original.name, reason)
    }
}

/// Copies stored files, and says what they were.
enum StoredCopy {
    private static let pieceSize: UInt64 = 1 << 20

    /// Reads a file through.
    ///
    /// - Parameters:
    ///   - writer: where its bytes go; nil for nowhere.
    ///   - look: is given each piece as well.
    /// - Returns: its SHA-256, in hexadecimal digits.
    /// - Throws: also `CancellationError`, when the task was cancelled.
    static func run(
        _ reader: any MediaReader, to writer: (any MediaWriter)?,
        _ look: (UnsafeRawBufferPointer) throws -> Void = { _ in }
    ) throws -> String {
        let hash = try SHA256Accumulator()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(pieceSize), alignment: 16)
        defer { buffer.deallocate() }
        var offset: UInt64 = 0
        while offset < reader.size {
            try Task.checkCancellation()
            let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(min(pieceSize, reader.size - offset))])
            try reader.read(into: piece, at: offset)
            try hash.update(UnsafeRawBufferPointer(piece))
            try writer?.append(UnsafeRawBufferPointer(piece))
            try look(UnsafeRawBufferPointer(piece))
            offset += UInt64(piece.count)
        }
        return Hex.text(try hash.finish())
    }
}

/// Gives the files of a version a second name on the same file system, which costs neither time nor space. Both are folders
/// of `FileSystemMediaStorage`.
enum LinkedVersion {
    /// Removes versions, and what was being written.
    static func removeAll(in root: String, where isUnwanted: (BackedUpPlace) -> Bool) throws {
        for name in try BackupFiles.entries("\(root)/staging") { try BackupFiles.remove("\(root)/staging/\(name)") }
        for asset in try BackupFiles.entries("\(root)/assets") {
            for name in try BackupFiles.entries("\(root)/assets/\(asset)") {
                guard let version = Int(name.dropFirst()),
                    isUnwanted(BackedUpPlace(asset: asset, version: version))
                else { continue }
                try BackupFiles.remove("\(root)/assets/\(asset)/\(name)")
            }
        }
    }

    static func folder(_ root: String, _ place: BackedUpPlace) -> String {
        "\(root)/assets/\(place.asset)/v\(place.version)"
    }

    /// - Returns: false where the file systems do not allow it; nothing was changed then.
    static func link(_ names: [String], _ place: BackedUpPlace, from source: String, to target: String) -> Bool {
        let staged = "\(target)/staging/link-\(UUID().uuidString.lowercased())"
        do {
            try BackupFiles.makeFolder(staged)
            for name in names {
                let path = "\(folder(source, place))/\(name)"
                guard linkat(AT_FDCWD, path, AT_FDCWD, "\(staged)/\(name)", 0) == 0 else {
                    throw BackupError.system("cannot link '\(path)'")
                }
            }
            try BackupFiles.synchronize(staged)
            try BackupFiles.makeFolder("\(target)/assets/\(place.asset)")
            try BackupFiles.rename(staged, to: folder(target, place))
            try BackupFiles.synchronize("\(target)/assets/\(place.asset)")
            try BackupFiles.synchronize("\(target)/assets")
            return true
        } catch {
            try? BackupFiles.remove(staged)
            return false
        }
    }
}
