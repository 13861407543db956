import COpenSSL

extension PublicKey {
    /// The longest PEM text that is looked at, in bytes.
    static let longestPEM = 16 * 1024

    /// From PEM (RFC 7468, 13: `PUBLIC KEY`, a SubjectPublicKeyInfo). Text before the block is allowed, another block or
    /// text after it is not. A certificate or a private key is not a public key here.
    public convenience init(pem: String) throws(CryptographyError) {
        try self.init(subjectPublicKeyInfo: try Self.block("PUBLIC KEY", inPEM: Array(pem.utf8)))
    }

    /// The key of a certificate in PEM (RFC 7468, 5). The certificate is taken for what carries the key: neither its
    /// dates nor who signed it count, since whoever names it says that it is trusted.
    public convenience init(certificatePEM pem: String) throws(CryptographyError) {
        try self.init(certificate: try Self.block("CERTIFICATE", inPEM: Array(pem.utf8)))
    }

    /// From a SubjectPublicKeyInfo in DER, with nothing after it.
    public convenience init(subjectPublicKeyInfo der: [UInt8]) throws(CryptographyError) {
        try self.init(
            owning: Self.decode(
                der, { start, count in d2i_PUBKEY(nil, &start, count) }, { EVP_PKEY_free($0) }))
    }

    /// The key of a certificate (RFC 5280) in DER, with nothing after it.
    public convenience init(certificate der: [UInt8]) throws(CryptographyError) {
        let certificate = Self.decode(der, { start, count in d2i_X509(nil, &start, count) }, { X509_free($0) })
        guard let certificate else {
            ERR_clear_error()
            throw CryptographyError("public key: not a certificate")
        }
        defer { X509_free(certificate) }
        try self.init(owning: X509_get_pubkey(certificate))
    }

    /// `PUBLIC KEY` in PEM, 64 characters a line (RFC 7468, 2).
    public func pem() throws(CryptographyError) -> String {
        let der = subjectPublicKeyInfo
        guard let sink = BIO_new(BIO_s_mem()) else { throw CryptographyError("public key: memory") }
        defer { BIO_free(sink) }
        guard PEM_write_bio(sink, "PUBLIC KEY", "", der, der.count) > 0 else {
            throw CryptographyError("public key: encoding")
        }
        var text = [UInt8](repeating: 0, count: 2 * Self.longestPEM)
        let count = max(BIO_read(sink, &text, Int32(text.count)), 0)
        return String(decoding: text.prefix(Int(count)), as: UTF8.self)
    }

    /// The bytes of the one block, which must have this label.
    private static func block(_ label: String, inPEM text: [UInt8]) throws(CryptographyError) -> [UInt8] {
        // A memory BIO points into the text for as long as it lives.
        try text.withUnsafeBufferPointer { text throws(CryptographyError) in
            try block(label, inPEM: UnsafeRawBufferPointer(text))
        }
    }

    private static func block(
        _ label: String, inPEM text: UnsafeRawBufferPointer
    ) throws(CryptographyError) -> [UInt8] {
        guard text.count <= longestPEM, let source = BIO_new_mem_buf(text.baseAddress, Int32(text.count)) else {
            throw CryptographyError("public key: PEM too long")
        }
        defer { BIO_free(source) }
        var name: UnsafeMutablePointer<CChar>?
        var header: UnsafeMutablePointer<CChar>?
        var data: UnsafeMutablePointer<UInt8>?
        var count = 0
        guard PEM_read_bio(source, &name, &header, &data, &count) == 1, let name, let header, let data else {
            ERR_clear_error()
            throw CryptographyError("public key: no PEM block")
        }
        defer {
            // Somebody may have taken a private key for a public one.
            OPENSSL_cleanse(data, count)
            for pointer in [UnsafeMutableRawPointer(name), .init(header), .init(data)] { keyway_OPENSSL_free(pointer) }
        }
        guard String(cString: name) == label, header.pointee == 0 else {
            throw CryptographyError("public key: the PEM block is not a \(label)")
        }
        var rest = [UInt8](repeating: 0, count: longestPEM)
        let left = max(BIO_read(source, &rest, Int32(rest.count)), 0)
        guard rest.prefix(Int(left)).allSatisfy({ [0x09, 0x0A, 0x0D, 0x20].contains($0) }) else {
            throw CryptographyError("public key: text after the PEM block")
        }
        return Array(UnsafeBufferPointer(start: data, count: count))
    }

    /// From DER; nil also when bytes are left over.
    private static func decode(
        _ der: [UInt8], _ read: (inout UnsafePointer<UInt8>?, Int) -> OpaquePointer?, _ free: (OpaquePointer) -> Void
    ) -> OpaquePointer? {
        der.withUnsafeBufferPointer { bytes in
            var position = bytes.baseAddress
            guard let object = read(&position, bytes.count) else { return nil }
            guard let start = bytes.baseAddress, position == start + bytes.count else {
                free(object)
                return nil
            }
            return object
        }
    }
}
