import Cryptography

/// Counter mode over the protected bytes of a sample: the counter block starts with the sample's IV, its low half counts
/// from zero and goes on over subsamples (ISO/IEC 23001-7, 9.3).
final class CounterSampleCipher: SampleCipher {
    private let number: IVNumber
    private let cipher: AESCounterCipher

    init(number: IVNumber, cipher: AESCounterCipher) {
        self.number = number
        self.cipher = cipher
    }

    func startSample(_ sample: UInt32) throws(CryptographyError) {
        try cipher.start(high: number.sampleIV(sample), low: 0)
    }

    func startSubsample() {}

    func encrypt(_ bytes: UnsafeMutableRawBufferPointer, isLast: Bool) throws(CryptographyError) -> Int {
        try cipher.apply(to: bytes)
        return bytes.count
    }
}
