public import ContentKeys
import Cryptography

/// SAMPLE-AES of MPEG-TS (MPEG-2 Stream Encryption Format for HTTP Live Streaming, section 2): AES-128-CBC over parts of
/// slices and of audio frames. Every slice and every frame begins with the same IV, as every sample of `cbcs` does.
/// Owned by one task.
public final class SampleAESEncryptor {
    private static let block = AESBlockChainCipher.blockSize

    private let slices: AESPatternCipher
    private let frames: AESBlockChainCipher
    private let vector: [UInt8]

    /// - Throws: `MediaEncryptionError` when the key is not one of `cbcs`.
    public init(number: IVNumber, key: ContentKey) throws(MediaEncryptionError) {
        vector = try number.sampleStreamIV(key: key)
        (slices, frames) = try key.use(as: .commonCbcs) { bytes throws(CryptographyError) in
            (try AESPatternCipher(key: bytes), try AESBlockChainCipher(key: bytes))
        }
    }

    /// A NAL unit of a slice: 32 bytes stay clear, then one block of ten is encrypted as long as bytes follow it (2.3.1).
    public func encryptSlice(_ unit: UnsafeMutableRawBufferPointer) throws(MediaEncryptionError) {
        // Its last byte is of no block.
        guard unit.count > 32 + Self.block else { return }
        do throws(CryptographyError) {
            try slices.start(initializationVector: vector)
            try slices.encrypt(UnsafeMutableRawBufferPointer(rebasing: unit[32..<(unit.count - 1)]))
            try slices.finish()
        } catch {
            throw .cryptography(error)
        }
    }

    /// An audio frame: 16 bytes stay clear, then all whole blocks are encrypted (2.2.1).
    public func encryptFrame(_ frame: UnsafeMutableRawBufferPointer) throws(MediaEncryptionError) {
        let count = max(0, frame.count - 16) / Self.block * Self.block
        guard count > 0 else { return }
        do throws(CryptographyError) {
            try frames.start(initializationVector: vector)
            try frames.encrypt(UnsafeMutableRawBufferPointer(rebasing: frame[16..<(16 + count)]))
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
