import COpenSSL

/// AES-128 in cipher block chaining mode (NIST SP 800-38A, 6.2) without padding, in place, over whole blocks.
///
/// The key is set once; a new IV costs no key schedule. Not `Sendable`: one owner, one task, calls in order.
public final class AESBlockChainCipher {
    /// In bytes.
    public static let blockSize = 16

    private let context: OpaquePointer

    /// - Parameter key: 16 bytes.
    public init(key: UnsafeRawBufferPointer) throws(CryptographyError) {
        guard key.count == 16 else { throw CryptographyError("AES-CBC key length") }
        guard let context = EVP_CIPHER_CTX_new() else { throw CryptographyError("AES-CBC context") }
        self.context = context
        guard EVP_EncryptInit_ex(context, EVP_aes_128_cbc(), nil, key.bytes, nil) == 1,
            EVP_CIPHER_CTX_set_padding(context, 0) == 1
        else { throw CryptographyError("AES-CBC key") }
    }

    deinit {
        EVP_CIPHER_CTX_free(context)
    }

    /// Starts a chain at an IV of 16 bytes.
    public func start(initializationVector: [UInt8]) throws(CryptographyError) {
        guard initializationVector.count == Self.blockSize,
            EVP_EncryptInit_ex(context, nil, nil, nil, initializationVector) == 1
        else { throw CryptographyError("AES-CBC IV") }
    }

    /// Encrypts whole blocks; the chain goes on over calls.
    public func encrypt(_ data: UnsafeMutableRawBufferPointer) throws(CryptographyError) {
        guard data.count % Self.blockSize == 0 else { throw CryptographyError("AES-CBC partial block") }
        var rest = data
        while let base = rest.baseAddress, rest.count > 0 {
            let count = min(rest.count, 1 << 30)
            var written: Int32 = 0
            let bytes = base.assumingMemoryBound(to: UInt8.self)
            guard EVP_EncryptUpdate(context, bytes, &written, bytes, Int32(count)) == 1, Int(written) == count else {
                throw CryptographyError("AES-CBC")
            }
            rest = UnsafeMutableRawBufferPointer(rebasing: rest[count...])
        }
    }
}
