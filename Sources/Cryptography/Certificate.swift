import COpenSSL

/// An X.509 certificate (RFC 5280), as something that carries a public key and can be compared. Whom it may be trusted for
/// is for who names it; no chain is built.
///
/// `@unchecked Sendable`: set up in the initialiser and never changed.
public final class Certificate: @unchecked Sendable {
    /// Longest certificate that is looked at, in bytes of DER.
    public static let longest = 16 * 1024
    private static let rsaBits = 2048...8192

    public let der: [UInt8]
    let certificate: OpaquePointer

    /// - Throws: for anything but one certificate.
    public init(der: [UInt8]) throws(CryptographyError) {
        guard der.count <= Self.longest, let certificate = Self.decode(der) else {
            ERR_clear_error()
            throw CryptographyError("not an X.509 certificate")
        }
        self.der = der
        self.certificate = certificate
    }

    /// From PEM: the first block must be a `CERTIFICATE` (RFC 7468, 5); what follows it is not looked at.
    public convenience init(pem: String) throws(CryptographyError) {
        // A memory BIO points into the text for as long as it lives.
        let der = try Array(pem.utf8).withUnsafeBufferPointer { text throws(CryptographyError) in
            try Self.der(inPEM: UnsafeRawBufferPointer(text))
        }
        try self.init(der: der)
    }

    private static func der(inPEM text: UnsafeRawBufferPointer) throws(CryptographyError) -> [UInt8] {
        guard text.count <= RecipientKey.longestPEM,
            let source = BIO_new_mem_buf(text.baseAddress, Int32(text.count))
        else { throw CryptographyError("certificate: PEM too long") }
        defer { BIO_free(source) }
        guard let certificate = PEM_read_bio_X509(source, nil, nil, nil) else {
            ERR_clear_error()
            throw CryptographyError("not a CERTIFICATE in PEM")
        }
        defer { X509_free(certificate) }
        var encoded: UnsafeMutablePointer<UInt8>?
        let count = Int(i2d_X509(certificate, &encoded))
        guard count > 0, let encoded else { throw CryptographyError("certificate: encoding") }
        defer { keyway_OPENSSL_free(encoded) }
        return Array(UnsafeBufferPointer(start: encoded, count: count))
    }

    deinit {
        X509_free(certificate)
    }

    private static func decode(_ der: [UInt8]) -> OpaquePointer? {
        der.withUnsafeBufferPointer { bytes in
            var position = bytes.baseAddress
            guard let certificate = d2i_X509(nil, &position, bytes.count) else { return nil }
            guard let start = bytes.baseAddress, position == start + bytes.count else {
                X509_free(certificate)
                return nil
            }
            return certificate
        }
    }

    /// A reference of its own to the key, for the caller to free; nil when there is none that is known.
    func copyKey() -> OpaquePointer? {
        let key = X509_get_pubkey(certificate)
        if key == nil { ERR_clear_error() }
        return key
    }

    /// SHA-256 of the SubjectPublicKeyInfo.
    public func keyFingerprint() throws(CryptographyError) -> [UInt8] {
        guard let key = copyKey() else { throw CryptographyError("the certificate has no key") }
        defer { EVP_PKEY_free(key) }
        return try SubjectKey.fingerprint(key)
    }

    /// RSASSA-PKCS1-v1_5 (RFC 8017, 8.2.2) under the certificate's key, of 2048 to 8192 bits. False for any other kind.
    public func verifyPKCS1(_ signature: [UInt8], of message: UnsafeRawBufferPointer, digest: MessageDigest) -> Bool {
        guard let key = copyKey() else { return false }
        defer { EVP_PKEY_free(key) }
        let bits = Int(EVP_PKEY_get_bits(key))
        guard EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA, Self.rsaBits.contains(bits),
            signature.count == (bits + 7) / 8, let context = EVP_MD_CTX_new()
        else { return false }
        defer { EVP_MD_CTX_free(context) }
        let bytes = message.assumingMemoryBound(to: UInt8.self).baseAddress
        let isValid =
            EVP_DigestVerifyInit(context, nil, digest.function, nil, key) == 1
            && EVP_DigestVerify(context, signature, signature.count, bytes, message.count) == 1
        if !isValid { ERR_clear_error() }
        return isValid
    }
}

/// What names a public key, whoever holds it.
enum SubjectKey {
    static func fingerprint(_ key: OpaquePointer) throws(CryptographyError) -> [UInt8] {
        var encoded: UnsafeMutablePointer<UInt8>?
        let count = Int(i2d_PUBKEY(key, &encoded))
        guard count > 0, let encoded else { throw CryptographyError("public key: encoding") }
        defer { keyway_OPENSSL_free(encoded) }
        return try SHA256.digest(UnsafeBufferPointer(start: encoded, count: count))
    }
}
