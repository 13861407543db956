import Cryptography
import ISOBaseMedia

/// Block chaining with a constant IV and a pattern; the chain and the pattern start again with each subsample, and a
/// last partial block stays clear (ISO/IEC 23001-7, 9.6 and 10.4).
final class ChainSampleCipher: SampleCipher {
    private static let blockSize = AESBlockChainCipher.blockSize

    private let cipher: AESBlockChainCipher
    private let iv: [UInt8]
    /// Bytes that are encrypted together, and bytes left clear after them; without a pattern there is no end to either.
    private let cryptSize: Int
    private let skipSize: Int
    private var cryptLeft = 0
    private var skipLeft = 0

    init(cipher: AESBlockChainCipher, iv: [UInt8], pattern: EncryptionPattern) {
        self.cipher = cipher
        self.iv = iv
        let isPatternless = pattern.cryptBlocks == 0 || pattern.skipBlocks == 0
        cryptSize =
            isPatternless ? Int.max / Self.blockSize * Self.blockSize : Int(pattern.cryptBlocks) * Self.blockSize
        skipSize = isPatternless ? 0 : Int(pattern.skipBlocks) * Self.blockSize
    }

    func startSample(_ sample: UInt32) {}

    func startSubsample() throws(CryptographyError) {
        try cipher.start(initializationVector: iv)
        cryptLeft = cryptSize
        skipLeft = skipSize
    }

    func encrypt(_ bytes: UnsafeMutableRawBufferPointer, isLast: Bool) throws(CryptographyError) -> Int {
        var done = 0
        while done < bytes.count {
            let left = bytes.count - done
            if cryptLeft > 0 {
                let count = min(cryptLeft, left / Self.blockSize * Self.blockSize)
                guard count > 0 else { return isLast ? bytes.count : done }
                try cipher.encrypt(UnsafeMutableRawBufferPointer(rebasing: bytes[done..<(done + count)]))
                cryptLeft -= count
                done += count
            } else {
                let count = min(skipLeft, left)
                skipLeft -= count
                done += count
                if skipLeft == 0 { (cryptLeft, skipLeft) = (cryptSize, skipSize) }
            }
        }
        return done
    }
}
