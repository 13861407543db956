import Cryptography

/// Encrypts the protected bytes of samples in decode order. One owner, one task.
protocol SampleCipher: AnyObject {
    /// The next bytes are of this sample of the track.
    func startSample(_ sample: UInt32) throws(CryptographyError)
    /// The next bytes start a subsample's protected part.
    func startSubsample() throws(CryptographyError)
    /// Encrypts in place the next protected bytes of the subsample.
    ///
    /// - Parameter isLast: they are the last of the subsample's protected part.
    /// - Returns: how many are finished; the others, fewer than a block, must come again with those after them.
    func encrypt(_ bytes: UnsafeMutableRawBufferPointer, isLast: Bool) throws(CryptographyError) -> Int
    /// The bytes that were given are needed: those that are finished may until now have waited for others.
    func finish() throws(CryptographyError)
    /// The bytes that were given are of no use any more.
    func abandon()
}

extension SampleCipher {
    func finish() {}
    func abandon() {}
}
