import Cryptography

/// Block chaining with a constant IV over one block of ten; the chain and the pattern start again with each subsample, and a
/// last partial block stays clear (ISO/IEC 23001-7, 9.6 and 10.4).
///
/// The chains of the subsamples that are given before `finish` are encrypted together.
final class PatternSampleCipher: SampleCipher {
    private let cipher: AESPatternCipher
    private let iv: [UInt8]
    /// Bytes that stay clear before the next block that is encrypted.
    private var skipped = 0

    init(cipher: AESPatternCipher, iv: [UInt8]) {
        self.cipher = cipher
        self.iv = iv
    }

    func startSample(_ sample: UInt32) {}

    func startSubsample() throws(CryptographyError) {
        try cipher.start(initializationVector: iv)
        skipped = 0
    }

    func encrypt(_ bytes: UnsafeMutableRawBufferPointer, isLast: Bool) throws(CryptographyError) -> Int {
        let start = min(skipped, bytes.count)
        skipped -= start
        let pattern = UnsafeMutableRawBufferPointer(rebasing: bytes[start...])
        // The block that is encrypted next may go on after these bytes.
        let last = pattern.count % AESPatternCipher.stride
        let isPartial = last < AESBlockChainCipher.blockSize
        try cipher.encrypt(pattern)
        if isPartial { return isLast ? bytes.count : bytes.count - last }
        skipped = AESPatternCipher.stride - last
        return bytes.count
    }

    func finish() throws(CryptographyError) {
        try cipher.finish()
    }

    func abandon() {
        cipher.abandon()
    }
}
