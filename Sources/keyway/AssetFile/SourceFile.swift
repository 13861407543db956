import Crypto
import Foundation
import Glibc
import KeyServer

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

    /// SHA-256 of the whole file.
    func digest(progress: (UInt64) -> Void) throws -> [UInt8] {
        var hash = SHA256()
        var position: UInt64 = 0
        while position < size {
            let bytes = try read(at: position, count: Int(min(size - position, UInt64(Self.pieceSize))))
            hash.update(data: bytes)
            position += UInt64(bytes.count)
            progress(position)
        }
        return Array(hash.finalize())
    }

    func bytes(in range: Range<UInt64>) -> Bytes { Bytes(file: self, range: range) }

    /// A range of the file, a piece at a time.
    struct Bytes: AsyncSequence, Sendable {
        let file: SourceFile
        let range: Range<UInt64>

        struct Iterator: AsyncIteratorProtocol {
            let file: SourceFile
            var rest: Range<UInt64>

            mutating func next() async throws -> [UInt8]? {
                guard !rest.isEmpty else { return nil }
                let count = rest.prefix(SourceFile.pieceSize).count
                let bytes = try file.read(at: rest.lowerBound, count: count)
                rest = rest.lowerBound + UInt64(count)..<rest.upperBound
                return bytes
            }
        }

        func makeAsyncIterator() -> Iterator { Iterator(file: file, rest: range) }
    }
}
