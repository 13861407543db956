import COpenSSL

/// A public RSA key that something is encrypted to, so that only its holder can read it.
///
/// `@unchecked Sendable`: the key is set up in the initialiser and never changed.
public final class RecipientKey: @unchecked Sendable {
    /// The longest PEM text that is looked at, in bytes.
    public static let longestPEM = 64 * 1024
    private static let bits = 2048...8192

    private let key: OpaquePointer

    /// From PEM: one block `PUBLIC KEY` (RFC 7468, 13) or the first `CERTIFICATE` (RFC 7468, 5), of which only the key is
    /// used: whether to trust it is for who names it.
    ///
    /// - Throws: for anything else, first of all a private key, and for a key that is not RSA of 2048 to 8192 bits.
    public init(pem: String) throws(CryptographyError) {
        let text = Array(pem.utf8)
        guard text.count <= Self.longestPEM else { throw CryptographyError("recipient: PEM too long") }
        // A memory BIO points into the text for as long as it lives.
        let read = try text.withUnsafeBufferPointer { text throws(CryptographyError) in
            try Self.read(UnsafeRawBufferPointer(text))
        }
        guard let key = read else {
            ERR_clear_error()
            throw CryptographyError("recipient: neither a PUBLIC KEY nor a CERTIFICATE in PEM")
        }
        guard EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA, Self.bits.contains(Int(EVP_PKEY_get_bits(key))) else {
            EVP_PKEY_free(key)
            throw CryptographyError("recipient: not an RSA key of \(Self.bits.lowerBound) bits or more")
        }
        self.key = key
    }

    deinit {
        EVP_PKEY_free(key)
    }

    private static func read(_ text: UnsafeRawBufferPointer) throws(CryptographyError) -> OpaquePointer? {
        guard let source = BIO_new_mem_buf(text.baseAddress, Int32(text.count)) else {
            throw CryptographyError("recipient: memory")
        }
        defer { BIO_free(source) }
        var name: UnsafeMutablePointer<CChar>?
        var header: UnsafeMutablePointer<CChar>?
        var data: UnsafeMutablePointer<UInt8>?
        var count = 0
        guard PEM_read_bio(source, &name, &header, &data, &count) == 1, let name, let header, let data else {
            return nil
        }
        defer {
            OPENSSL_cleanse(data, count)
            for pointer in [UnsafeMutableRawPointer(name), .init(header), .init(data)] { keyway_OPENSSL_free(pointer) }
        }
        var position: UnsafePointer<UInt8>? = UnsafePointer(data)
        switch String(cString: name) {
        case "PUBLIC KEY": return d2i_PUBKEY(nil, &position, count)
        case "CERTIFICATE":
            guard let certificate = d2i_X509(nil, &position, count) else { return nil }
            defer { X509_free(certificate) }
            return X509_get_pubkey(certificate)
        case let other where other.contains("PRIVATE KEY"):
            throw CryptographyError("recipient: this is a private key; give its public half (openssl pkey -pubout)")
        default: return nil
        }
    }

    /// SHA-256 over the key's SubjectPublicKeyInfo: names the recipient in records.
    public func fingerprint() throws(CryptographyError) -> [UInt8] {
        var encoded: UnsafeMutablePointer<UInt8>?
        let count = Int(i2d_PUBKEY(key, &encoded))
        guard count > 0, let encoded else { throw CryptographyError("recipient: encoding") }
        defer { keyway_OPENSSL_free(encoded) }
        return try SHA256.digest(UnsafeBufferPointer(start: encoded, count: count))
    }

    /// The key of a certificate, of which nothing else is used: whether to trust it is for who names it.
    ///
    /// - Throws: for a key that is not RSA of 2048 to 8192 bits.
    public init(certificate: Certificate) throws(CryptographyError) {
        guard let key = certificate.copyKey() else { throw CryptographyError("recipient: the certificate has no key") }
        guard EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA, Self.bits.contains(Int(EVP_PKEY_get_bits(key))) else {
            EVP_PKEY_free(key)
            throw CryptographyError("recipient: not an RSA key of \(Self.bits.lowerBound) bits or more")
        }
        self.key = key
    }

    /// RSAES-OAEP (RFC 8017, 7.1) with SHA-256 as hash and in MGF1, and an empty label.
    public func encryptOAEPSHA256(_ message: UnsafeRawBufferPointer) throws(CryptographyError) -> [UInt8] {
        try encryptOAEP(message, digest: EVP_sha256(), mask: EVP_sha256())
    }

    /// RSA-OAEP-MGF1P of XML Encryption (5.5.2), with SHA-1 as digest: RSAES-OAEP does not ask for collision resistance.
    public func encryptOAEPMGF1P(_ message: UnsafeRawBufferPointer) throws(CryptographyError) -> [UInt8] {
        try encryptOAEP(message, digest: EVP_sha1(), mask: EVP_sha1())
    }

    private func encryptOAEP(
        _ message: UnsafeRawBufferPointer, digest: OpaquePointer?, mask: OpaquePointer?
    ) throws(CryptographyError) -> [UInt8] {
        guard let context = EVP_PKEY_CTX_new(key, nil) else { throw CryptographyError("RSA-OAEP context") }
        defer { EVP_PKEY_CTX_free(context) }
        guard EVP_PKEY_encrypt_init(context) == 1,
            EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1,
            EVP_PKEY_CTX_set_rsa_oaep_md(context, digest) == 1,
            EVP_PKEY_CTX_set_rsa_mgf1_md(context, mask) == 1
        else { throw CryptographyError("RSA-OAEP") }
        let bytes = message.assumingMemoryBound(to: UInt8.self).baseAddress
        var size = 0
        guard EVP_PKEY_encrypt(context, nil, &size, bytes, message.count) == 1 else {
            ERR_clear_error()
            throw CryptographyError("RSA-OAEP")
        }
        var result = [UInt8](repeating: 0, count: size)
        guard EVP_PKEY_encrypt(context, &result, &size, bytes, message.count) == 1 else {
            ERR_clear_error()
            throw CryptographyError("RSA-OAEP")
        }
        return Array(result.prefix(size))
    }
}
