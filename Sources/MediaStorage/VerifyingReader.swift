import Cryptography

/// Holds what it reads against the file's tags. It reads whole pieces: a short read costs a piece.
struct VerifyingReader: MediaReader {
    private let reader: any MediaReader
    private let tags: any MediaReader
    private let tagger: PieceTagger
    private let file: StoredFile

    /// - Throws: `MediaStorageError` with `damaged` when the tags are not those of the catalog.
    init(
        _ reader: any MediaReader, of file: StoredFile, form: StorageForm, _ tagsDigest: [UInt8],
        in storage: some MediaStorage
    ) throws {
        self.reader = reader
        self.file = file
        tagger = try PieceTagger(form)
        tags = try storage.open(file.tags)
        guard try tags.digest() == tagsDigest else {
            throw MediaStorageError(.damaged, "\(file.tags) is damaged: 'keyway asset verify' says where")
        }
    }

    var size: UInt64 { reader.size }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws {
        _ = try read(into: buffer, at: offset) { bytes, reader, offset in
            try reader.read(into: bytes, at: offset)
            return true
        }
    }

    func readAtHand(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws -> Bool {
        try read(into: buffer, at: offset) { bytes, reader, offset in try reader.readAtHand(into: bytes, at: offset) }
    }

    private func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64,
        by read: (UnsafeMutableRawBufferPointer, any MediaReader, UInt64) throws -> Bool
    ) throws -> Bool {
        guard offset <= size, UInt64(buffer.count) <= size - offset else {
            throw MediaStorageError(.outOfRange, "a read of \(buffer.count) bytes at \(offset) of \(file)")
        }
        var rest = buffer
        var position = offset
        while rest.count > 0 {
            let number = position / UInt64(PieceTagger.pieceSize)
            let range = PieceTagger.range(of: number, in: size)
            var piece = [UInt8](repeating: 0, count: Int(range.upperBound - range.lowerBound))
            var tag = [UInt8](repeating: 0, count: PieceTagger.tagSize)
            guard try piece.withUnsafeMutableBytes({ try read($0, reader, range.lowerBound) }),
                try tag.withUnsafeMutableBytes({ try read($0, tags, number * UInt64(PieceTagger.tagSize)) })
            else { return false }
            guard constantTimeEquals(try tagger.tag(piece: number, digest: try SHA256.digest(piece)), tag) else {
                throw MediaStorageError(
                    .damaged, "\(file) is damaged between bytes \(range.lowerBound) and \(range.upperBound)")
            }
            let start = Int(position - range.lowerBound)
            let count = min(rest.count, piece.count - start)
            piece.withUnsafeBytes { rest.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[start..<start + count])) }
            rest = UnsafeMutableRawBufferPointer(rebasing: rest[count...])
            position += UInt64(count)
        }
        return true
    }
}

extension MediaReader {
    /// The SHA-256 of the whole file, read in pieces.
    func digest(_ look: (UInt64) throws -> Void = { _ in }) throws -> [UInt8] {
        let digest = try SHA256Accumulator()
        try forEachPiece { piece in
            try digest.update(piece)
            try look(UInt64(piece.count))
        }
        return try digest.finish()
    }

    /// Reads the whole file from its start, a piece at a time.
    public func forEachPiece(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let space = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Int(min(size, UInt64(PieceTagger.pieceSize))), alignment: 16)
        defer { space.deallocate() }
        var position: UInt64 = 0
        while position < size {
            let part = UnsafeMutableRawBufferPointer(rebasing: space[..<Int(min(size - position, UInt64(space.count)))])
            try read(into: part, at: position)
            try body(UnsafeRawBufferPointer(part))
            position += UInt64(part.count)
        }
    }
}
