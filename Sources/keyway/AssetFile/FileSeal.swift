import ContentKeys
import Crypto
import Foundation
import KeyServer
import MediaStorage

/// Encrypts a file on its way out, in the form in which storage has it.
///
/// No place of the key stream is ever used for two contents: what is encrypted is what the file held when it was hashed as a
/// whole, piece by piece, or it is not sent; and a key is of one content, one division into uploads and one run of `begin` only.
struct FileSeal: Sendable {
    let file: SourceFile
    let digest: SourceDigest
    let key: ContentKey

    /// The upload that some bytes of the file are of.
    struct Part: Sendable {
        let seal: FileSeal
        /// Among the uploads of the file, from 0: the nonce.
        let number: UInt64
        /// Where it begins in the file.
        let start: UInt64
    }

    /// - Parameter range: of the file, within one piece and one upload.
    /// - Throws: `CommandFailure` when the file is not what it was.
    func read(_ range: Range<UInt64>, of part: Part) throws -> [UInt8] {
        let number = range.lowerBound / SourceDigest.pieceSize
        let start = number * SourceDigest.pieceSize
        let piece = try file.read(at: start, count: Int(min(SourceDigest.pieceSize, file.size - start)))
        guard digest.isPiece(number, piece) else { throw file.hasChanged }
        var bytes = Array(piece[Int(range.lowerBound - start)..<Int(range.upperBound - start)])
        let cipher = try StorageCipher(key: key, nonce: part.number)
        try bytes.withUnsafeMutableBytes { try cipher.apply(to: $0, at: range.lowerBound - part.start) }
        return bytes
    }
}

/// What a file held when it was read through: of 256 GiB its pieces' hashes take 8 MiB.
struct SourceDigest: Sendable {
    /// In bytes; the last piece may be shorter.
    static let pieceSize: UInt64 = 1 << 20

    /// SHA-256 of the whole.
    let whole: [UInt8]
    /// SHA-256 of each piece, one behind the other; none unless they were asked for.
    private let pieces: [UInt8]

    /// - Parameters:
    ///   - pieces: whether they are hashed, too.
    ///   - progress: is given how many bytes were read.
    init(of file: SourceFile, pieces isInPieces: Bool, progress: (UInt64) -> Void) throws {
        var hash = SHA256()
        var pieces: [UInt8] = []
        var position: UInt64 = 0
        while position < file.size {
            let bytes = try file.read(at: position, count: Int(min(file.size - position, Self.pieceSize)))
            hash.update(data: bytes)
            if isInPieces { pieces += SHA256.hash(data: bytes) }
            position += UInt64(bytes.count)
            progress(position)
        }
        whole = Array(hash.finalize())
        self.pieces = pieces
    }

    func isPiece(_ number: UInt64, _ bytes: [UInt8]) -> Bool {
        guard let start = Int(exactly: number).map({ $0 * SHA256.byteCount }), start <= pieces.count - SHA256.byteCount
        else { return false }
        return SHA256.hash(data: bytes).elementsEqual(pieces[start..<start + SHA256.byteCount])
    }
}
