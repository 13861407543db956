import Catalog
import ContentKeys
import Foundation
import Glibc
import MediaStorage

/// The files that originals are stored in, in a folder of media.
enum BackedUpOriginals {
    static func folder(_ root: String) -> String { "\(root)/originals" }

    /// Removes what is not wanted.
    ///
    /// - Parameter isUnwanted: is asked for each file.
    static func removeAll(in root: String, where isUnwanted: (_ name: String) -> Bool) throws {
        let folder = folder(root)
        guard BackupFiles.isFolder(folder) else { return }
        for name in try BackupFiles.entries(folder) where isUnwanted(name) {
            try BackupFiles.remove("\(folder)/\(name)")
        }
    }

    /// Gives a file a second name on the same file system.
    ///
    /// - Returns: false where that cannot be; nothing was changed then.
    static func link(_ name: String, from source: String, to target: String) -> Bool {
        guard (try? BackupFiles.makeFolder(folder(target))) != nil else { return false }
        return linkat(AT_FDCWD, "\(folder(source))/\(name)", AT_FDCWD, "\(folder(target))/\(name)", 0) == 0
    }
}

/// Copies originals into a backup that is being made. Parts of originals never change once all bytes are here; their tags
/// come later.
struct OriginalsWriter {
    private let part: String
    private let storage: any MediaStorage
    private let live: any CatalogEngine
    private let isCopying: Bool
    private let base: ContentLines<BackedUpOriginal>?
    private let baseMedia: String
    private let key: OriginalKey

    private var media: String { "\(part)/media" }

    /// - Parameters:
    ///   - part: the backup's folder.
    ///   - base: an earlier backup's; nil for none.
    init(
        part: String, storage: any MediaStorage, live: any CatalogEngine, isCopying: Bool,
        base: ContentLines<BackedUpOriginal>?, baseMedia: String, key: @escaping OriginalKey
    ) {
        self.part = part
        self.storage = storage
        self.live = live
        self.isCopying = isCopying
        self.base = base
        self.baseMedia = baseMedia
        self.key = key
    }

    /// Parts of which one line tells: far less than what a line may have.
    private static let partsOfLine = 1000

    /// The parts of each line of an original; one without parts has a line, too.
    static func ranges(of file: AssetFileRecord) -> [Range<Int>] {
        file.parts.isEmpty
            ? [0..<0]
            : stride(from: 0, to: file.parts.count, by: partsOfLine).map {
                $0..<min($0 + partsOfLine, file.parts.count)
            }
    }

    /// Of an original, to hold its parts against their tags.
    enum Key {
        case known(ContentKey?)
        /// It cannot be had: nothing is held against tags.
        case unknown
    }

    /// - Parameter defects: is told when it cannot be had.
    func key(of file: AssetFileRecord, _ defects: inout [FileDefect]) async -> Key {
        guard isCopying else { return .unknown }
        do {
            return .known(try await key(file))
        } catch {
            let place = BackedUpOriginalPlace(asset: file.asset, name: file.name, from: 0)
            defects.append(FileDefect(place, "its key cannot be had, so it was not held against its tags"))
            return .unknown
        }
    }

    /// - Parameters:
    ///   - range: of its parts.
    ///   - defects: is given what is missing or damaged.
    /// - Returns: the parts' line, and whether it was copied; nil when it was deleted while the backup was made.
    func back(
        up file: AssetFileRecord, _ range: Range<Int>, _ key: Key, _ defects: inout [FileDefect]
    ) async throws -> (line: BackedUpOriginal, isNew: Bool)? {
        let stored = try stored(file.parts[range])
        let head = BackedUpOriginal(
            asset: file.asset, name: file.name, from: range.lowerBound == 0 ? nil : range.lowerBound, files: [])
        let notes = donePath(file, range)
        if let line = try done(head, stored, notes) { return (line, false) }
        if let line = try linked(head, stored) {
            try note(line, notes)
            return (line, false)
        }
        var found: [FileDefect] = []
        let line = try copied(head, stored, key, &found)
        guard found.isEmpty else {
            guard try await live.assetFile(file.id) != nil else {
                for name in line.files.map(\.name) { try BackupFiles.remove(path(name)) }
                return nil
            }
            defects += found
            return (line, true)
        }
        try note(line, notes)
        return (line, true)
    }

    /// Removes what an attempt that was interrupted has not finished.
    func removeUndone() throws {
        var known: Set<String> = []
        for name in try BackupFiles.entries("\(part)/done") where name.hasPrefix(Self.prefix) {
            guard let data = try? BackupFiles.contents("\(part)/done/\(name)", limit: 1 << 20),
                let line = try? BackupJSON.decode(BackedUpOriginal.self, data)
            else { continue }
            known.formUnion(line.files.map(\.name))
        }
        try BackedUpOriginals.removeAll(in: media) { !known.contains($0) }
    }

    /// Removes originals that an attempt that was interrupted copied, and that were deleted since.
    func removeForgotten() throws {
        let lines = try ContentLines<BackedUpOriginal>("\(part)/\(BackupFolder.originalsFile)")
        var known: Set<String> = []
        while let line = try lines.next() { known.formUnion(line.files.map(\.name)) }
        try BackedUpOriginals.removeAll(in: media) { !known.contains($0) }
    }

    /// A stored file of an original.
    private struct Stored {
        var file: StoredFile
        /// In bytes; nil for tags.
        var size: UInt64?
        /// SHA-256 in hexadecimal digits, where the catalog knows it.
        var digest: String?
        /// Nil for tags.
        var part: OriginalPart?
    }

    private func stored(_ parts: ArraySlice<OriginalPart>) throws -> [Stored] {
        try parts.flatMap { part in
            let content = StoredFile(original: part.id, account: part.storageAccount)
            let tags = content.tags
            let hasTags = try part.tagsDigest != nil || reader(of: tags) != nil
            return [Stored(file: content, size: part.size, part: part)]
                + (hasTags ? [Stored(file: tags, digest: part.tagsDigest.map { Hex.text($0) })] : [])
        }
    }

    private func reader(of file: StoredFile) throws -> (any MediaReader)? {
        do {
            return try storage.open(file)
        } catch let error as MediaStorageError where error.code == .missing {
            return nil
        }
    }

    private func isSame(_ line: BackedUpOriginal, _ stored: [Stored]) -> Bool {
        line.files.map(\.name) == stored.map(\.file.name)
            && zip(line.files, stored).allSatisfy { file, stored in
                file.sha256 != nil && file.isDamaged == nil && (stored.size == nil || stored.size == file.size)
                    && (stored.size != nil || stored.digest == file.sha256)
            }
    }

    private func done(_ head: BackedUpOriginal, _ stored: [Stored], _ notes: String) throws -> BackedUpOriginal? {
        guard isCopying, let data = try? BackupFiles.contents(notes, limit: 1 << 20),
            let line = try? BackupJSON.decode(BackedUpOriginal.self, data)
        else { return nil }
        guard isSame(line, stored), line.files.allSatisfy({ BackupFiles.exists(path($0.name)) }) else {
            try BackupFiles.remove(notes)
            for name in line.files.map(\.name) where AssetRecord.isName(name) { try BackupFiles.remove(path(name)) }
            return nil
        }
        return BackedUpOriginal(asset: head.asset, name: head.name, from: head.from, files: line.files)
    }

    private func linked(_ head: BackedUpOriginal, _ stored: [Stored]) throws -> BackedUpOriginal? {
        guard let old = try base?.line(at: head.place), isSame(old, stored) else { return nil }
        for name in old.files.map(\.name) where !BackedUpOriginals.link(name, from: baseMedia, to: media) {
            for name in old.files.map(\.name) { try BackupFiles.remove(path(name)) }
            return nil
        }
        try BackupFiles.synchronize(BackedUpOriginals.folder(media))
        return old
    }

    private func copied(
        _ head: BackedUpOriginal, _ stored: [Stored], _ key: Key, _ defects: inout [FileDefect]
    ) throws -> BackedUpOriginal {
        var line = head
        for stored in stored {
            let name = stored.file.name
            guard let reader = try reader(of: stored.file) else {
                defects.append(FileDefect(line.place, "'\(name)' is missing"))
                line.files.append(.init(name: name))
                continue
            }
            var (digest, reason): (String?, String?) = (nil, nil)
            if isCopying { (digest, reason) = try copied(stored, reader, key) }
            if let size = stored.size, reader.size != size { reason = "has \(reader.size) bytes instead of \(size)" }
            if let reason { defects.append(FileDefect(line.place, "'\(name)' \(reason)")) }
            line.files.append(
                .init(name: name, size: reader.size, sha256: digest, isDamaged: reason == nil ? nil : true))
        }
        return line
    }

    /// - Returns: its SHA-256 in hexadecimal digits, and what is wrong with it: a part is held against the tags that the
    ///   catalog knows while it is read through anyway.
    private func copied(_ stored: Stored, _ reader: any MediaReader, _ key: Key) throws -> (String, String?) {
        try BackupFiles.makeFolder(BackedUpOriginals.folder(media))
        let writer = try NewFile(path(stored.file.name))
        let tags = try tags(of: stored, key)
        let digest = try StoredCopy.run(reader, to: writer) { try tags?.append($0) }
        try writer.close()
        if let known = stored.digest, known != digest {
            return (digest, "is not what the catalog knows: it was changed")
        }
        guard let tags, try tags.finish() != stored.part?.tagsDigest else { return (digest, nil) }
        return (digest, "is not what its tags say: it was changed")
    }

    /// Nil where nothing can be held against tags.
    private func tags(of stored: Stored, _ key: Key) throws -> TagAccumulator? {
        guard case .known(let key) = key, let part = stored.part, part.tagsDigest != nil else { return nil }
        let form = key.map { StorageForm.encrypted($0, nonce: part.nonce) } ?? .clear
        return try TagAccumulator(PieceTagger(form)) { _ in }
    }

    private func note(_ line: BackedUpOriginal, _ path: String) throws {
        guard isCopying else { return }
        try BackupFiles.remove(path + ".new")
        try BackupFiles.write(try BackupJSON.encode(line), to: path + ".new")
        try BackupFiles.rename(path + ".new", to: path)
    }

    private func path(_ name: String) -> String { "\(BackedUpOriginals.folder(media))/\(name)" }

    private static let prefix = "original="
    private func donePath(_ file: AssetFileRecord, _ range: Range<Int>) -> String {
        "\(part)/done/\(Self.prefix)\(file.id)" + (range.lowerBound == 0 ? "" : "=\(range.lowerBound)")
    }
}
