import COpenSSL

/// A tag of a message that is not encrypted: GMAC with AES-256 (NIST SP 800-38D, 3). Where the processor multiplies without
/// carries it goes several times as fast as a hash.
public enum AES256GMAC {
    /// In bytes.
    public static let keySize = 32
    public static let tagSize = 16
    /// That OpenSSL takes at once.
    private static let piece = 1 << 30

    /// The tag of a message under a key that tags no other message: whoever sees two of them under one key can make more.
    ///
    /// - Parameters:
    ///   - message: of any length.
    ///   - key: 32 bytes.
    public static func code(
        of message: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer
    ) throws(CryptographyError) -> [UInt8] {
        guard key.count == keySize, let context = EVP_CIPHER_CTX_new() else { throw CryptographyError("AES-256-GMAC") }
        // The key schedule is zeroed with it.
        defer { EVP_CIPHER_CTX_free(context) }
        // The key is used once, so its nonce may be any.
        let nonce = [UInt8](repeating: 0, count: AES256GCM.nonceSize)
        guard EVP_EncryptInit_ex2(context, Fetched.aes256GCM, key.bytes, nonce, nil) == 1 else {
            throw CryptographyError("AES-256-GMAC key")
        }
        var written: Int32 = 0
        var rest = message[...]
        while !rest.isEmpty {
            let next = rest.prefix(piece)
            let bytes = UnsafeRawBufferPointer(rebasing: next)
            guard EVP_EncryptUpdate(context, nil, &written, bytes.bytes, Int32(bytes.count)) == 1 else {
                throw CryptographyError("AES-256-GMAC message")
            }
            rest = rest.dropFirst(next.count)
        }
        var tag = [UInt8](repeating: 0, count: tagSize)
        guard EVP_EncryptFinal_ex(context, nil, &written) == 1,
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tagSize), &tag) == 1
        else { throw CryptographyError("AES-256-GMAC tag") }
        return tag
    }
}
