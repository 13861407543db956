import ContentKeys
import Cryptography

/// Makes the tags that find a changed bit: one for each piece of a file as it is stored.
///
/// A piece's tag is the start of SHA-256 of the piece; in an encrypted file, of HMAC-SHA-256 over that digest, the file's
/// nonce and the piece's number, under a key that is derived from the storage key. The SHA-256 of all tags stands in the
/// catalog, so that neither a piece nor a tag can be moved, left out or put back.
public struct PieceTagger: Sendable {
    /// In bytes; the last piece of a file may be shorter.
    public static let pieceSize = 256 << 10
    /// In bytes.
    public static let tagSize = 16

    private let nonce: UInt64
    /// Nil for a file in the clear.
    private let key: ContentKey?

    /// - Throws: `MediaStorageError` unless the key is of type `storage`.
    public init(_ form: StorageForm) throws {
        switch form {
        case .clear: (key, nonce) = (nil, 0)
        case .encrypted(let storageKey, let nonce):
            guard storageKey.type == .storage else {
                throw MediaStorageError(
                    .wrongKeyType, "a key of type \(storageKey.type.rawValue) cannot protect storage")
            }
            var derived = try storageKey.withUnsafeBytes { try HMAC.code(of: "keyway storage tags 1".utf8, key: $0) }
            key = derived.withUnsafeMutableBytes { bytes in
                defer { cleanse(bytes) }
                return ContentKey(.storage, copying: UnsafeRawBufferPointer(bytes))
            }
            self.nonce = nonce
            guard key != nil else { throw MediaStorageError(.inputOutput, "no memory for the key of tags") }
        }
    }

    /// - Parameter digest: SHA-256 of the piece.
    func tag(piece number: UInt64, digest: [UInt8]) throws -> [UInt8] {
        guard let key else { return Array(digest.prefix(Self.tagSize)) }
        let place = [nonce, number].flatMap { value in (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * $0)) }
        }
        return try key.withUnsafeBytes { Array(try HMAC.code(of: digest + place, key: $0).prefix(Self.tagSize)) }
    }
}

/// The pieces of a file.
extension PieceTagger {
    static func count(_ size: UInt64) -> UInt64 {
        size / UInt64(pieceSize) + (size % UInt64(pieceSize) == 0 ? 0 : 1)
    }

    /// The bytes of a piece; it must be one of the file's.
    static func range(of piece: UInt64, in size: UInt64) -> Range<UInt64> {
        let start = piece * UInt64(pieceSize)
        return start..<min(start + UInt64(pieceSize), size)
    }
}

/// Tags the bytes of a file as they come. Owned by one task.
public final class TagAccumulator {
    private let tagger: PieceTagger
    private let piece: SHA256Accumulator
    private let all: SHA256Accumulator
    private let take: ([UInt8]) throws -> Void
    private var number: UInt64 = 0
    private var filled = 0

    /// - Parameter take: is given each tag in turn.
    public init(_ tagger: PieceTagger, take: @escaping ([UInt8]) throws -> Void) throws {
        self.tagger = tagger
        self.take = take
        piece = try SHA256Accumulator()
        all = try SHA256Accumulator()
    }

    /// - Parameter bytes: the next ones, as they are stored.
    public func append(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while rest.count > 0 {
            let count = min(rest.count, PieceTagger.pieceSize - filled)
            try piece.update(UnsafeRawBufferPointer(rebasing: rest[..<count]))
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            filled += count
            if filled == PieceTagger.pieceSize { try endPiece() }
        }
    }

    /// Ends the file.
    ///
    /// - Returns: the SHA-256 of all tags.
    public func finish() throws -> [UInt8] {
        if filled > 0 { try endPiece() }
        return try all.finish()
    }

    private func endPiece() throws {
        let tag = try tagger.tag(piece: number, digest: try piece.finish())
        try tag.withUnsafeBytes { try all.update($0) }
        try take(tag)
        number += 1
        filled = 0
    }
}
