import COpenSSL

/// A private RSA key: what was encrypted to its public half is opened with it, and documents are signed with it.
///
/// `@unchecked Sendable`: set up in the initialiser and never changed. OpenSSL zeroes the key when it is freed.
public final class RSAPrivateKey: @unchecked Sendable {
    private static let bits = 2048...8192

    private let key: OpaquePointer

    /// From PEM, without a passphrase (`PRIVATE KEY` of RFC 7468, 10, or `RSA PRIVATE KEY`). The caller zeroes its own copy.
    ///
    /// - Throws: for anything else, and for a key that is not RSA of 2048 to 8192 bits.
    public init(pem: UnsafeRawBufferPointer) throws(CryptographyError) {
        guard pem.count <= RecipientKey.longestPEM, let source = BIO_new_mem_buf(pem.baseAddress, Int32(pem.count))
        else {
            throw CryptographyError("private key: PEM too long")
        }
        defer { BIO_free(source) }
        // Without a callback of ours, OpenSSL would ask the terminal for a passphrase.
        guard let key = PEM_read_bio_PrivateKey(source, nil, { _, _, _, _ in -1 }, nil) else {
            ERR_clear_error()
            throw CryptographyError("not a PRIVATE KEY in PEM without a passphrase")
        }
        guard EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA, Self.bits.contains(Int(EVP_PKEY_get_bits(key))) else {
            EVP_PKEY_free(key)
            throw CryptographyError("private key: not an RSA key of \(Self.bits.lowerBound) bits or more")
        }
        self.key = key
    }

    deinit {
        EVP_PKEY_free(key)
    }

    /// SHA-256 of the SubjectPublicKeyInfo: says which certificates are this key's.
    public func fingerprint() throws(CryptographyError) -> [UInt8] {
        try SubjectKey.fingerprint(key)
    }

    /// The digest of RSA-OAEP-MGF1P in XML Encryption (5.5.2); the mask is always made with SHA-1.
    public enum OAEPDigest: Sendable, Hashable {
        case sha1
        case sha256
    }

    /// Opens what was encrypted by RSA-OAEP-MGF1P, and gives it for the time of a call; it is zeroed after.
    public func openOAEPMGF1P<Result>(
        _ ciphertext: [UInt8], digest: OAEPDigest, _ body: (UnsafeRawBufferPointer) -> Result
    ) throws(CryptographyError) -> Result {
        guard let context = EVP_PKEY_CTX_new(key, nil) else { throw CryptographyError("RSA-OAEP context") }
        defer { EVP_PKEY_CTX_free(context) }
        guard EVP_PKEY_decrypt_init(context) == 1,
            EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1,
            EVP_PKEY_CTX_set_rsa_oaep_md(context, digest == .sha1 ? EVP_sha1() : EVP_sha256()) == 1,
            EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha1()) == 1
        else { throw CryptographyError("RSA-OAEP") }
        var size = Int(EVP_PKEY_get_size(key))
        var plain = [UInt8](repeating: 0, count: max(size, 0))
        defer { OPENSSL_cleanse(&plain, plain.count) }
        guard EVP_PKEY_decrypt(context, &plain, &size, ciphertext, ciphertext.count) == 1, size <= plain.count else {
            ERR_clear_error()
            throw CryptographyError("RSA-OAEP: not encrypted to this key")
        }
        return plain.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[..<size])) }
    }

    /// RSASSA-PKCS1-v1_5 (RFC 8017, 8.2.1).
    public func signPKCS1(_ message: UnsafeRawBufferPointer, digest: MessageDigest) throws(CryptographyError) -> [UInt8]
    {
        guard let context = EVP_MD_CTX_new() else { throw CryptographyError("signature context") }
        defer { EVP_MD_CTX_free(context) }
        let bytes = message.assumingMemoryBound(to: UInt8.self).baseAddress
        var size = Int(EVP_PKEY_get_size(key))
        var signature = [UInt8](repeating: 0, count: max(size, 0))
        guard EVP_DigestSignInit(context, nil, digest.function, nil, key) == 1,
            EVP_DigestSign(context, &signature, &size, bytes, message.count) == 1
        else {
            ERR_clear_error()
            throw CryptographyError("RSA signature")
        }
        return Array(signature.prefix(size))
    }
}
