import COpenSSL

/// AES of a single block (FIPS 197): the forward cipher function, which is ECB mode over one block.
public enum AESBlock {
    /// In bytes.
    public static let size = 16

    /// The encryption of a block, as NIST SP 800-38A, Appendix C, makes an unpredictable IV from a nonce, and as the
    /// PlayReady checksum is made. Distinct blocks give distinct results.
    ///
    /// - Parameter key: 16 bytes for AES-128, 32 for AES-256.
    public static func encrypt(_ block: [UInt8], key: UnsafeRawBufferPointer) throws(CryptographyError) -> [UInt8] {
        guard block.count == size else { throw CryptographyError("AES block length") }
        guard key.count == 16 || key.count == 32 else { throw CryptographyError("AES key length") }
        guard let context = EVP_CIPHER_CTX_new() else { throw CryptographyError("AES context") }
        // Freeing the context zeroes the key schedule.
        defer { EVP_CIPHER_CTX_free(context) }
        var result = [UInt8](repeating: 0, count: size)
        var written: Int32 = 0
        guard
            EVP_EncryptInit_ex(
                context, key.count == 16 ? EVP_aes_128_ecb() : EVP_aes_256_ecb(), nil,
                key.assumingMemoryBound(to: UInt8.self).baseAddress, nil) == 1,
            EVP_CIPHER_CTX_set_padding(context, 0) == 1,
            EVP_EncryptUpdate(context, &result, &written, block, Int32(size)) == 1, Int(written) == size
        else { throw CryptographyError("AES block") }
        return result
    }
}
