import COpenSSL

/// AES in counter mode (NIST SP 800-38A, 6.5) over 128-bit counter blocks, in place.
///
/// Encryption and decryption are the same operation. The key is set once; a new counter costs no key schedule. Not
/// `Sendable`: one owner, one task, calls in order.
public final class AESCounterCipher {
    private let context: OpaquePointer

    /// - Parameter key: 16 bytes (AES-128) or 32 bytes (AES-256).
    public init(key: UnsafeRawBufferPointer) throws(CryptographyError) {
        let cipher: OpaquePointer?
        switch key.count {
        case 16: cipher = EVP_aes_128_ctr()
        case 32: cipher = EVP_aes_256_ctr()
        default: throw CryptographyError("AES-CTR key length")
        }
        guard let context = EVP_CIPHER_CTX_new() else { throw CryptographyError("AES-CTR context") }
        self.context = context
        guard EVP_EncryptInit_ex(context, cipher, nil, key.bytes, nil) == 1 else {
            throw CryptographyError("AES-CTR key")
        }
    }

    deinit {
        EVP_CIPHER_CTX_free(context)
    }

    /// Starts at a counter block, given as its two big-endian halves.
    public func start(high: UInt64, low: UInt64) throws(CryptographyError) {
        var block = (high.bigEndian, low.bigEndian)
        let done = withUnsafeBytes(of: &block) { EVP_EncryptInit_ex(context, nil, nil, nil, $0.bytes) }
        guard done == 1 else { throw CryptographyError("AES-CTR counter") }
    }

    /// Applies the next key stream bytes to `data`; the stream goes on over calls, also inside a block.
    public func apply(to data: UnsafeMutableRawBufferPointer) throws(CryptographyError) {
        var rest = data
        while let base = rest.baseAddress, rest.count > 0 {
            // EVP counts in Int32.
            let count = min(rest.count, 1 << 30)
            var written: Int32 = 0
            let bytes = base.assumingMemoryBound(to: UInt8.self)
            guard EVP_EncryptUpdate(context, bytes, &written, bytes, Int32(count)) == 1, Int(written) == count else {
                throw CryptographyError("AES-CTR")
            }
            rest = UnsafeMutableRawBufferPointer(rebasing: rest[count...])
        }
    }
}

extension UnsafeRawBufferPointer {
    var bytes: UnsafePointer<UInt8>? {
        baseAddress?.assumingMemoryBound(to: UInt8.self)
    }
}
