import EncoderProtocol
import Encoding
import Glibc
import MovieFiles
import TrackOutput

/// A file that was opened before the program gave up the right to open files, or an original that the parent reads.
struct OpenFile: MovieSource {
    let input: EncodingInput
    let size: UInt64

    var descriptor: Int32 { input.descriptor }
    /// The last part of its path.
    var name: String { input.name }

    /// - Throws: `EncodingFailure` when it cannot be opened, is no file, or is empty.
    init(_ path: String) throws(EncodingFailure) {
        if path.hasPrefix(EncoderTask.originalPrefix) {
            input = try EncodingInput(servedAt: String(path.dropFirst(EncoderTask.originalPrefix.count)))
            guard input.size > 0 else { throw EncodingFailure(.inputEmpty, "it is empty") }
            size = UInt64(input.size)
            return
        }
        // Not blocking: a pipe would otherwise wait for a writer before it can be told from a file.
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else {
            throw EncodingFailure(.inputMissing, "it cannot be opened: \(String(cString: strerror(errno)))")
        }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            throw EncodingFailure(.inputMissing, "it is not a file")
        }
        guard facts.st_size > 0 else { throw EncodingFailure(.inputEmpty, "it is empty") }
        size = UInt64(facts.st_size)
        input = EncodingInput(
            descriptor: descriptor, size: Int64(clamping: size),
            name: path.split(separator: "/").last.map(String.init) ?? path)
    }

    func read(_ range: Range<UInt64>) throws(MovieError) -> [UInt8] {
        let count = range.count
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let part = input.read(
                    into: buffer.baseAddress?.advanced(by: filled), count: count - filled,
                    at: Int(clamping: range.lowerBound) + filled)
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
