import EncoderProtocol
import Encoding
import Glibc
import MovieFiles
import TrackOutput

/// A file that was opened before the program gave up the right to open files.
struct OpenFile: MovieSource {
    let descriptor: Int32
    let size: UInt64
    /// The last part of its path.
    let name: String

    /// - Throws: `EncodingFailure` when it cannot be opened, is no file, or is empty.
    init(_ path: String) throws(EncodingFailure) {
        // Not blocking: a pipe would otherwise wait for a writer before it can be told from a file.
        descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        name = path.split(separator: "/").last.map(String.init) ?? path
        guard descriptor >= 0 else {
            throw EncodingFailure(.inputMissing, "it cannot be opened: \(String(cString: strerror(errno)))")
        }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            throw EncodingFailure(.inputMissing, "it is not a file")
        }
        guard facts.st_size > 0 else { throw EncodingFailure(.inputEmpty, "it is empty") }
        size = UInt64(facts.st_size)
    }

    var input: EncodingInput { EncodingInput(descriptor: descriptor, size: Int64(clamping: size), name: name) }

    func read(_ range: Range<UInt64>) throws(MovieError) -> [UInt8] {
        let count = range.count
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let part = pread(
                    descriptor, buffer.baseAddress?.advanced(by: filled), count - filled,
                    off_t(range.lowerBound) + off_t(filled))
                if part < 0, errno == EINTR { continue }
                if part < 0 { failure = errno }
                guard part > 0 else { return }
                filled += part
            }
        }
        guard failure == 0 else {
            throw MovieError(
                .unreadable, "it cannot be read: \(String(cString: strerror(failure)))", at: range.lowerBound)
        }
        guard bytes.count == count else {
            throw MovieError(.truncated, "it became shorter while it was read", at: range.lowerBound)
        }
        return bytes
    }
}
