import Cryptography

/// Block chaining with a constant IV over all whole blocks; the chain starts again with each subsample, and a last partial
/// block stays clear (ISO/IEC 23001-7, 9.5 and 10.4).
final class ChainSampleCipher: SampleCipher {
    private let cipher: AESBlockChainCipher
    private let iv: [UInt8]

    init(cipher: AESBlockChainCipher, iv: [UInt8]) {
        self.cipher = cipher
        self.iv = iv
    }

    func startSample(_ sample: UInt32) {}

    func startSubsample() throws(CryptographyError) {
        try cipher.start(initializationVector: iv)
    }

    func encrypt(_ bytes: UnsafeMutableRawBufferPointer, isLast: Bool) throws(CryptographyError) -> Int {
        let whole = bytes.count / AESBlockChainCipher.blockSize * AESBlockChainCipher.blockSize
        try cipher.encrypt(UnsafeMutableRawBufferPointer(rebasing: bytes[..<whole]))
        return isLast ? bytes.count : whole
    }
}
