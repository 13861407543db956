import CSandbox
import EncoderProtocol
import Encoding
import Glibc
import TrackOutput

/// Takes a segment from standard input and decodes it.
struct VerificationSession {
    private var key: [UInt8]
    private let vector: [UInt8]
    private let input: VerificationInput
    private let initialization: [UInt8]
    private let media: [UInt8]

    /// Reads standard input up to the segment's end.
    ///
    /// - Throws: `EncodingFailure`.
    init() throws {
        var header = try Self.read(VerificationInput.headerSize)
        defer { header.withUnsafeMutableBytes { bytes in bytes.baseAddress.map { explicit_bzero($0, bytes.count) } } }
        guard let input = VerificationInput(header: header) else {
            throw EncodingFailure(.internalError, "standard input holds nothing to verify")
        }
        self.input = input
        key = Array(header[VerificationInput.keyRange])
        vector = Array(header[VerificationInput.vectorRange])
        initialization = try Self.read(input.initializationSize)
        media = try Self.read(input.mediaSize)
    }

    /// Init segment and segment in a file in memory; a segment that is encrypted whole is decrypted for it.
    func file() throws -> EncodingInput {
        let clear =
            input.protection == .segment ? try SegmentDecryption.decrypt(media, key: key, vector: vector) : media
        let descriptor = keyway_memory_file()
        guard descriptor >= 0 else { throw EncodingFailure(.limitExceeded, "no memory for a file") }
        try Self.write(initialization, descriptor)
        try Self.write(clear, descriptor)
        guard lseek(descriptor, 0, SEEK_SET) == 0 else {
            throw EncodingFailure(.internalError, "a file in memory cannot be read")
        }
        return EncodingInput(
            descriptor: descriptor, size: Int64(initialization.count + clear.count), name: "the segment")
    }

    /// The process has given its rights up before.
    mutating func decode(_ file: EncodingInput, _ output: FrameOutput) throws {
        defer { key.withUnsafeMutableBytes { bytes in bytes.baseAddress.map { explicit_bzero($0, bytes.count) } } }
        try SegmentDecode.run(
            descriptor: file.descriptor, size: file.size, key: input.protection == .samples ? key : nil, output: output)
    }

    private static func read(_ count: Int) throws -> [UInt8] {
        var filled = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            while filled < count {
                let part = Glibc.read(STDIN_FILENO, buffer.baseAddress?.advanced(by: filled), count - filled)
                if part < 0, errno == EINTR { continue }
                guard part > 0 else { break }
                filled += part
            }
            initialized = filled
        }
        guard filled == count else { throw EncodingFailure(.internalError, "standard input ended early") }
        return bytes
    }

    private static func write(_ bytes: [UInt8], _ descriptor: Int32) throws {
        var done = 0
        while done < bytes.count {
            let part = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress?.advanced(by: done), bytes.count - done)
            }
            if part < 0, errno == EINTR { continue }
            guard part > 0 else { throw EncodingFailure(.limitExceeded, "a file in memory cannot be written") }
            done += part
        }
    }
}
