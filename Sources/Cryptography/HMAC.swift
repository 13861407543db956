import COpenSSL

/// The keyed-hash message authentication code (RFC 2104, FIPS 198-1).
public enum HMAC {
    /// The authentication code of a message, as long as the hash's digest.
    /// - Throws: for an empty key, which would let anyone make codes.
    public static func code(
        of message: some Sequence<UInt8>, key: UnsafeRawBufferPointer, hash: HashAlgorithm = .sha256
    ) throws(CryptographyError) -> [UInt8] {
        guard !key.isEmpty else { throw CryptographyError("HMAC with an empty key") }
        let message = Array(message)
        var code = [UInt8](repeating: 0, count: hash.digestSize)
        var written = 0
        guard let context = EVP_MAC_CTX_dup(Fetched.hmac(hash)) else { throw CryptographyError("HMAC context") }
        defer { EVP_MAC_CTX_free(context) }
        guard EVP_MAC_init(context, key.bytes, key.count, nil) == 1,
            EVP_MAC_update(context, message, message.count) == 1,
            EVP_MAC_final(context, &code, &written, code.count) == 1, written == hash.digestSize
        else { throw CryptographyError("HMAC") }
        return code
    }

    /// Whether `code` is the message's. Constant time in the code's bytes.
    public static func isValid(
        _ code: some Sequence<UInt8>, of message: some Sequence<UInt8>, key: UnsafeRawBufferPointer,
        hash: HashAlgorithm = .sha256
    ) throws(CryptographyError) -> Bool {
        constantTimeEquals(try self.code(of: message, key: key, hash: hash), Array(code))
    }
}

/// Whether two byte strings are equal, in a time that depends on their lengths only.
public func constantTimeEquals(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
}

/// Overwrites what was secret, in a way that no optimisation leaves out.
public func cleanse(_ bytes: UnsafeMutableRawBufferPointer) {
    OPENSSL_cleanse(bytes.baseAddress, bytes.count)
}
