public import ContentKeys
import Cryptography

/// Storage encryption: AES-256 in counter mode, as Azure Media Services had it (reference, 6.2). The counter block is the
/// file's 64-bit nonce and the number of the 16-byte block in the file, both big-endian, so that any range can be
/// encrypted or decrypted alone. Each file under a key has a nonce of its own.
public struct StorageCipher: Sendable {
    private let key: ContentKey
    private let nonce: UInt64

    /// - Throws: `MediaStorageError` unless the key is of type `storage`.
    public init(key: ContentKey, nonce: UInt64) throws {
        guard key.type == .storage else {
            throw MediaStorageError(.wrongKeyType, "a key of type \(key.type.rawValue) cannot encrypt storage")
        }
        self.key = key
        self.nonce = nonce
    }

    /// Encrypts or decrypts, in place, bytes that lie at `offset` in the file.
    public func apply(to bytes: UnsafeMutableRawBufferPointer, at offset: UInt64) throws {
        let stream = try key.withUnsafeBytes { try AESCounterCipher(key: $0) }
        try stream.start(high: nonce, low: offset / 16)
        // The key stream's start inside a block is skipped.
        var skipped = [UInt8](repeating: 0, count: Int(offset % 16))
        try skipped.withUnsafeMutableBytes { try stream.apply(to: $0) }
        try stream.apply(to: bytes)
    }
}

/// Encrypts what it appends.
public final class EncryptingWriter: MediaWriter {
    private let writer: any MediaWriter
    private let cipher: StorageCipher
    private var offset: UInt64 = 0

    public init(_ writer: any MediaWriter, cipher: StorageCipher) {
        self.writer = writer
        self.cipher = cipher
    }

    public func append(_ bytes: UnsafeRawBufferPointer) throws {
        var copy = [UInt8](bytes)
        try copy.withUnsafeMutableBytes { try cipher.apply(to: $0, at: offset) }
        try copy.withUnsafeBytes { try writer.append($0) }
        offset += UInt64(copy.count)
    }

    public func close() throws {
        try writer.close()
    }
}

/// Decrypts what it reads.
public struct DecryptingReader: MediaReader {
    private let reader: any MediaReader
    private let cipher: StorageCipher

    public init(_ reader: any MediaReader, cipher: StorageCipher) {
        self.reader = reader
        self.cipher = cipher
    }

    public var size: UInt64 { reader.size }

    public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws {
        try reader.read(into: buffer, at: offset)
        try cipher.apply(to: buffer, at: offset)
    }

    public func readAtHand(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws -> Bool {
        guard try reader.readAtHand(into: buffer, at: offset) else { return false }
        try cipher.apply(to: buffer, at: offset)
        return true
    }
}
