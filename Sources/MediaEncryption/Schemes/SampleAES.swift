public import ContentKeys
import Cryptography

/// SAMPLE-AES of MPEG-TS (MPEG-2 Stream Encryption Format for HTTP Live Streaming, section 2): AES-128-CBC over parts of
/// slices and of audio frames. Every slice and every frame begins with the same IV, as every sample of `cbcs` does.
/// Owned by one task.
public final class SampleAESEncryptor {
    private static let block = AESBlockChainCipher.blockSize

    private let cipher: AESBlockChainCipher
    private let vector: [UInt8]

    /// - Throws: `MediaEncryptionError` when the key is not one of `cbcs`.
    public init(number: IVNumber, key: ContentKey) throws(MediaEncryptionError) {
        vector = try number.sampleStreamIV(key: key)
        cipher = try key.use(as: .commonCbcs) { bytes throws(CryptographyError) in
            try AESBlockChainCipher(key: bytes)
        }
    }

    /// A NAL unit of a slice: 32 bytes stay clear, then one block of ten is encrypted as long as bytes follow it (2.3.1).
    public func encryptSlice(_ unit: UnsafeMutableRawBufferPointer) throws(MediaEncryptionError) {
        try start()
        var position = 32
        while unit.count - position > Self.block {
            try encrypt(unit, position, Self.block)
            position += 10 * Self.block
        }
    }

    /// An audio frame: 16 bytes stay clear, then all whole blocks are encrypted (2.2.1).
    public func encryptFrame(_ frame: UnsafeMutableRawBufferPointer) throws(MediaEncryptionError) {
        let count = max(0, frame.count - 16) / Self.block * Self.block
        guard count > 0 else { return }
        try start()
        try encrypt(frame, 16, count)
    }

    private func start() throws(MediaEncryptionError) {
        do throws(CryptographyError) {
            try cipher.start(initializationVector: vector)
        } catch {
            throw .cryptography(error)
        }
    }

    private func encrypt(
        _ bytes: UnsafeMutableRawBufferPointer, _ position: Int, _ count: Int
    ) throws(MediaEncryptionError) {
        do throws(CryptographyError) {
            try cipher.encrypt(UnsafeMutableRawBufferPointer(rebasing: bytes[position..<(position + count)]))
        } catch {
            throw .cryptography(error)
        }
    }
}

extension IVNumber {
    /// The IV of a track's samples in MPEG-TS, as playlists signal it.
    ///
    /// - Throws: `MediaEncryptionError` when the key is not one of `cbcs`.
    public func sampleStreamIV(key: ContentKey) throws(MediaEncryptionError) -> [UInt8] {
        try key.use(as: .commonCbcs) { bytes throws(CryptographyError) in
            try chainIV(.sampleStream, key: bytes)
        }
    }
}
