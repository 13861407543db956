import COpenSSL

/// AES-256 in Galois/counter mode (NIST SP 800-38D), opening only: what is sealed here is sealed with swift-crypto, and key
/// requests open keys and secrets.
public enum AES256GCM {
    /// In bytes.
    public static let keySize = 32
    public static let nonceSize = 12
    public static let tagSize = 16
    /// Longest message, in bytes: this is for keys and named secrets.
    static let longest = 64 << 10

    /// Opens a nonce, the ciphertext and its tag.
    ///
    /// - Parameters:
    ///   - key: 32 bytes.
    ///   - clear: as long as the ciphertext; zeroed when this throws.
    /// - Throws: also when the tag does not fit.
    public static func open(
        _ sealed: [UInt8], key: UnsafeRawBufferPointer, authenticating data: UnsafeRawBufferPointer,
        into clear: UnsafeMutableRawBufferPointer
    ) throws(CryptographyError) {
        let count = sealed.count - nonceSize - tagSize
        guard key.count == keySize, (0...longest).contains(count), clear.count == count, data.count <= longest,
            let context = EVP_CIPHER_CTX_new()
        else { throw CryptographyError("AES-256-GCM arguments") }
        // The key schedule is zeroed with it.
        defer { EVP_CIPHER_CTX_free(context) }
        let isOpened = sealed.withUnsafeBytes { sealed -> Bool in
            guard let bytes = sealed.bytes else { return false }
            let tag = UnsafeMutableRawPointer(mutating: bytes + nonceSize + count)
            var written: Int32 = 0
            return EVP_DecryptInit_ex2(context, Fetched.aes256GCM, key.bytes, bytes, nil) == 1
                && EVP_DecryptUpdate(context, nil, &written, data.bytes, Int32(data.count)) == 1
                && EVP_DecryptUpdate(
                    context, clear.baseAddress?.assumingMemoryBound(to: UInt8.self), &written, bytes + nonceSize,
                    Int32(count)) == 1
                && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tagSize), tag) == 1
                && EVP_DecryptFinal_ex(context, nil, &written) == 1
        }
        guard isOpened else {
            cleanse(clear)
            throw CryptographyError("AES-256-GCM")
        }
    }
}

/// Algorithms that OpenSSL looked up once: by their names it would look them up again with every use, which costs more than
/// a short message. Never freed, and never changed after.
enum Fetched {
    // Each is made once and read from then on.
    nonisolated(unsafe) static let sha256 = EVP_MD_fetch(nil, "SHA2-256", nil)
    nonisolated(unsafe) static let aes256GCM = EVP_CIPHER_fetch(nil, "AES-256-GCM", nil)
    nonisolated(unsafe) private static let hmac = EVP_MAC_fetch(nil, "HMAC", nil)

    /// An HMAC whose hash is set and whose key is not: to be copied.
    static func hmac(_ hash: HashAlgorithm) -> OpaquePointer? {
        switch hash {
        case .sha256: hmacSHA256
        case .sha384: hmacSHA384
        case .sha512: hmacSHA512
        }
    }

    // The same holds for these: a copy of a context leaves it as it is.
    nonisolated(unsafe) private static let hmacSHA256 = template(.sha256)
    nonisolated(unsafe) private static let hmacSHA384 = template(.sha384)
    nonisolated(unsafe) private static let hmacSHA512 = template(.sha512)

    private static func template(_ hash: HashAlgorithm) -> OpaquePointer? {
        guard let context = EVP_MAC_CTX_new(hmac) else { return nil }
        var name = Array(hash.name.utf8CString)
        let isSet = name.withUnsafeMutableBufferPointer { name in
            let parameters = [
                OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.baseAddress, 0),
                OSSL_PARAM_construct_end(),
            ]
            return EVP_MAC_CTX_set_params(context, parameters) == 1
        }
        return isSet ? context : nil
    }
}
