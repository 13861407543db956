public import ContentKeys
import Cryptography

/// Encrypts one whole segment in place, piece by piece, under the envelope scheme (RFC 8216, 4.3.2.4; PKCS #7 padding of
/// RFC 5652, 6.3). Owned by one task.
public final class EnvelopeEncryptor {
    private static let blockSize = AESBlockChainCipher.blockSize

    fileprivate let cipher: AESBlockChainCipher

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

    /// How many of the next bytes of a segment can be encrypted now: whole blocks. The others, fewer than 16, must be given
    /// again at the start of the next piece or, after the last, to `finish`.
    public static func wholeBlocks(in count: Int) -> Int { count / blockSize * blockSize }

    /// Encrypts whole blocks in place.
    public func encrypt(_ bytes: UnsafeMutableRawBufferPointer) throws(MediaEncryptionError) {
        do throws(CryptographyError) {
            try cipher.encrypt(bytes)
        } catch {
            throw .cryptography(error)
        }
    }

    /// The last block: what is left of the segment, and the padding. 16 bytes, or more if whole blocks are left.
    public func finish(_ rest: [UInt8]) throws(MediaEncryptionError) -> [UInt8] {
        let padding = Self.blockSize - rest.count % Self.blockSize
        var last = rest + [UInt8](repeating: UInt8(padding), count: padding)
        let result: Result<Void, MediaEncryptionError> = last.withUnsafeMutableBytes { bytes in
            do throws(MediaEncryptionError) {
                return .success(try encrypt(bytes))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
        return last
    }
}

/// Encrypts pieces of several segments at once: a fraction of the cost, where the processor can (`AESBlockChainLanes`).
/// Equal to encrypting them one after the other. Used by one thread at a time.
public final class EnvelopeLanes {
    /// The next whole blocks of a segment. Of one call's pieces, each is of another segment.
    public struct Piece {
        public var encryptor: EnvelopeEncryptor
        public var bytes: UnsafeMutableRawBufferPointer

        public init(_ encryptor: EnvelopeEncryptor, _ bytes: UnsafeMutableRawBufferPointer) {
            self.encryptor = encryptor
            self.bytes = bytes
        }
    }

    private let lanes = AESBlockChainLanes()

    public init() {}

    /// Encrypts the pieces in place. After an error none of them may be used.
    public func encrypt(_ pieces: [Piece]) throws(MediaEncryptionError) {
        guard let lanes, pieces.count > 1 else {
            for piece in pieces { try piece.encryptor.encrypt(piece.bytes) }
            return
        }
        do throws(CryptographyError) {
            try lanes.encrypt(pieces.map { AESBlockChainLanes.Part($0.encryptor.cipher, $0.bytes) })
        } catch {
            throw .cryptography(error)
        }
    }
}
