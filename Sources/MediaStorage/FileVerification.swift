import Cryptography

/// A place where a stored file is not what was written.
public struct StorageDamage: Sendable, Hashable {
    /// The file's name within its version.
    public var file: String
    /// The bytes within which it is; nil for the whole file.
    public var range: Range<UInt64>?
    public var reason: String

    public init(file: String, range: Range<UInt64>? = nil, reason: String) {
        self.file = file
        self.range = range
        self.reason = reason
    }
}

/// Reads a file and its tags through, in constant memory, and says where either is not what was written.
public struct FileVerification {
    private let storage: any MediaStorage

    /// More places than these are not listed one by one.
    static let maximumPlaces = 32

    public init(_ storage: any MediaStorage) {
        self.storage = storage
    }

    /// What storage does not give is damage, too: one bad sector does not end the look at everything else.
    ///
    /// - Parameters:
    ///   - size: that the catalog knows.
    ///   - tagsDigest: that the catalog knows; nil for a file of before there were tags, of which only the size is checked.
    ///   - look: is told how many bytes were read, a piece at a time; what it throws ends the reading.
    public func damage(
        of file: StoredFile, form: StorageForm, size: UInt64, tagsDigest: [UInt8]?,
        _ look: (UInt64) throws -> Void = { _ in }
    ) throws -> [StorageDamage] {
        do {
            let reader = try storage.open(file)
            guard reader.size == size else {
                return [StorageDamage(file: file.name, reason: "it has \(reader.size) bytes instead of \(size)")]
            }
            guard let tagsDigest else { return [] }
            return try compare(reader, file, try PieceTagger(form), tagsDigest, look)
        } catch let error as MediaStorageError {
            return [Self.finding(error, file)]
        }
    }

    private static func finding(_ error: MediaStorageError, _ file: StoredFile) -> StorageDamage {
        StorageDamage(file: file.name, reason: error.code == .missing ? "it is missing" : error.reason)
    }

    /// - Parameters:
    ///   - digest: SHA-256 of a whole file.
    ///   - look: as of a file with tags.
    public func damage(
        of file: StoredFile, digest: [UInt8], _ look: (UInt64) throws -> Void = { _ in }
    ) throws -> [StorageDamage] {
        do {
            let isWhole = try storage.open(file).digest(look) == digest
            return isWhole ? [] : [StorageDamage(file: file.name, reason: "changed")]
        } catch let error as MediaStorageError {
            return [Self.finding(error, file)]
        }
    }

    private func compare(
        _ reader: any MediaReader, _ file: StoredFile, _ tagger: PieceTagger, _ tagsDigest: [UInt8],
        _ look: (UInt64) throws -> Void
    ) throws -> [StorageDamage] {
        let tagsName = file.tags.name
        var stored = try? storage.open(file.tags)
        let expectedSize = PieceTagger.count(reader.size) * UInt64(PieceTagger.tagSize)
        var damage: [StorageDamage] = []
        if let size = stored?.size, size != expectedSize {
            damage.append(StorageDamage(file: tagsName, reason: "it has \(size) bytes instead of \(expectedSize)"))
            stored = nil
        } else if stored == nil {
            damage.append(StorageDamage(file: tagsName, reason: "it cannot be opened"))
        }
        let places = Places()
        let accumulator = try TagAccumulator(tagger) { try places.take($0, stored) }
        try reader.forEachPiece { piece in
            try accumulator.append(piece)
            try look(UInt64(piece.count))
        }
        if let problem = places.problem {
            damage.append(Self.finding(problem, file.tags))
            stored = nil
        }
        // Which of the two was changed: made again from whole media, the tags are those of the catalog.
        if try accumulator.finish() == tagsDigest {
            return damage
                + places.differing.map { StorageDamage(file: tagsName, range: Self.tagRange($0), reason: "changed") }
        }
        guard let stored, (try? stored.digest()) == tagsDigest else {
            return damage + [
                StorageDamage(file: file.name, reason: "it and its tags are not those that the catalog knows")
            ] + places.differing.map { piece(Self.range($0, reader), file) }
        }
        return places.differing.map { piece(Self.range($0, reader), file) }
    }

    private func piece(_ range: Range<UInt64>, _ file: StoredFile) -> StorageDamage {
        StorageDamage(file: file.name, range: range, reason: "changed")
    }

    private static func range(_ piece: UInt64, _ reader: any MediaReader) -> Range<UInt64> {
        PieceTagger.range(of: piece, in: reader.size)
    }

    private static func tagRange(_ piece: UInt64) -> Range<UInt64> {
        let start = piece * UInt64(PieceTagger.tagSize)
        return start..<start + UInt64(PieceTagger.tagSize)
    }
}

/// The pieces whose tags are not those that are stored.
private final class Places {
    private(set) var differing: [UInt64] = []
    /// Why the stored tags could not be read further.
    private(set) var problem: MediaStorageError?
    private var number: UInt64 = 0

    func take(_ tag: [UInt8], _ stored: (any MediaReader)?) throws {
        defer { number += 1 }
        guard let stored, problem == nil, differing.count < FileVerification.maximumPlaces else { return }
        var expected: [UInt8] = []
        let start = number * UInt64(PieceTagger.tagSize)
        do {
            try stored.append(start..<start + UInt64(PieceTagger.tagSize), to: &expected)
        } catch let error as MediaStorageError {
            problem = error
            return
        }
        if expected != tag { differing.append(number) }
    }
}
