import Foundation
import Glibc
import KeyServer
import Synchronization

/// A file that is sent: read in pieces, so that its size does not matter.
final class SourceFile: Sendable {
    static let pieceSize = 256 << 10

    let path: String
    /// In bytes, when it was opened.
    let size: UInt64
    private let descriptor: Int32

    init(path: String) throws {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        var facts = stat()
        guard descriptor >= 0, fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            throw CommandFailure(.noInput, "cannot read '\(path)'")
        }
        size = UInt64(clamping: facts.st_size)
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// - Throws: `CommandFailure` when the file has become shorter.
    func read(at offset: UInt64, count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let result = bytes.withUnsafeMutableBytes { buffer in
                pread(descriptor, buffer.baseAddress.map { $0 + filled }, count - filled, off_t(offset) + off_t(filled))
            }
            if result < 0, errno == EINTR { continue }
            guard result > 0 else { throw CommandFailure(.inputOutput, "'\(path)' changes while it is read") }
            filled += result
        }
        return bytes
    }

    /// For what reads it twice and finds two contents.
    var hasChanged: CommandFailure {
        CommandFailure(.inputOutput, "'\(path)' changes while it is sent: run the command again when it does not")
    }

    /// - Parameter part: what encrypts them on their way; nil for bytes as they are.
    func bytes(in range: Range<UInt64>, of part: FileSeal.Part? = nil) -> Bytes {
        Bytes(file: self, range: range, part: part)
    }

    /// A range of the file, a piece at a time.
    struct Bytes: AsyncSequence, Sendable {
        let file: SourceFile
        let range: Range<UInt64>
        let part: FileSeal.Part?
        /// Why the file could not be read. Whoever sends sees a broken request only.
        let obstacle = Obstacle()

        final class Obstacle: Sendable {
            private let error = Mutex<(any Error)?>(nil)

            func note(_ error: any Error) { self.error.withLock { $0 = error } }

            func check() throws {
                if let error = error.withLock({ $0 }) { throw error }
            }
        }

        struct Iterator: AsyncIteratorProtocol {
            let bytes: Bytes
            var rest: Range<UInt64>

            mutating func next() async throws -> [UInt8]? {
                guard !rest.isEmpty else { return nil }
                do {
                    let next = rest.lowerBound..<bytes.end(after: rest.lowerBound)
                    let piece = try bytes.read(next)
                    rest = next.upperBound..<rest.upperBound
                    return piece
                } catch {
                    bytes.obstacle.note(error)
                    throw error
                }
            }
        }

        func makeAsyncIterator() -> Iterator { Iterator(bytes: self, rest: range) }

        /// Where the piece ends that begins at a place.
        private func end(after start: UInt64) -> UInt64 {
            let pieceSize = part == nil ? UInt64(SourceFile.pieceSize) : SourceDigest.pieceSize
            // Pieces of the file: each is read once.
            return Swift.min(range.upperBound, (start / pieceSize + 1) * pieceSize)
        }

        private func read(_ range: Range<UInt64>) throws -> [UInt8] {
            guard let part else { return try file.read(at: range.lowerBound, count: range.count) }
            return try part.seal.read(range, of: part)
        }
    }
}
