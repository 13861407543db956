public import ContentKeys
import Cryptography

/// Encrypts one whole segment in place, piece by piece, under the envelope scheme (RFC 8216, 4.3.2.4; PKCS #7 padding of
/// RFC 5652, 6.3). Owned by one task.
public final class EnvelopeEncryptor {
    private static let blockSize = AESBlockChainCipher.blockSize

    private let cipher: AESBlockChainCipher

    /// - Parameter segment: the segment's number; with `number` and `form` it gives the IV, as `IVNumber.segmentIV` does.
    /// - Throws: `MediaEncryptionError` when the key is not an envelope key.
    public init(
        number: IVNumber, segment: UInt64, form: IVNumber.SegmentForm = .transportStream, key: ContentKey
    ) throws(MediaEncryptionError) {
        let (purpose, counted) = try IVNumber.counted(segment, form)
        cipher = try key.use(as: .envelope) { bytes throws(CryptographyError) in
            let cipher = try AESBlockChainCipher(key: bytes)
            try cipher.start(initializationVector: try number.chainIV(purpose, segment: counted, key: bytes))
            return cipher
        }
    }

    /// Encrypts in place the whole blocks at the start of the next bytes.
    ///
    /// - Returns: how many bytes are finished. The others, fewer than 16, must be given again at the start of the next
    ///   piece or, after the last, to `finish`.
    public func encrypt(_ bytes: UnsafeMutableRawBufferPointer) throws(MediaEncryptionError) -> Int {
        let count = bytes.count / Self.blockSize * Self.blockSize
        do throws(CryptographyError) {
            try cipher.encrypt(UnsafeMutableRawBufferPointer(rebasing: bytes[0..<count]))
        } catch {
            throw .cryptography(error)
        }
        return count
    }

    /// The last block: what is left of the segment, and the padding. 16 bytes, or more if whole blocks are left.
    public func finish(_ rest: [UInt8]) throws(MediaEncryptionError) -> [UInt8] {
        let padding = Self.blockSize - rest.count % Self.blockSize
        var last = rest + [UInt8](repeating: UInt8(padding), count: padding)
        let result: Result<Int, MediaEncryptionError> = last.withUnsafeMutableBytes { bytes in
            do throws(MediaEncryptionError) {
                return .success(try encrypt(bytes))
            } catch {
                return .failure(error)
            }
        }
        _ = try result.get()
        return last
    }
}
