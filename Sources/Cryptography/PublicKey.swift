import COpenSSL

/// A public key that verifies signatures: RSA of 2048 to 8192 bits, or an EC key on P-256.
///
/// `@unchecked Sendable`: the key is set up in the initialiser and never changed; OpenSSL lets any number of threads
/// verify with one `EVP_PKEY`.
public final class PublicKey: @unchecked Sendable {
    /// What the key can verify.
    public enum Kind: Sendable, Hashable {
        case rsa
        case ecP256
    }

    public let kind: Kind
    /// In bits: the RSA modulus, or 256.
    public let bitCount: Int
    private let key: OpaquePointer

    /// The longest PEM text that is looked at, in bytes.
    static let longestPEM = 16 * 1024
    static let rsaBits = 2048...8192

    /// From PEM (RFC 7468, 13: `PUBLIC KEY`, a SubjectPublicKeyInfo). Text before the block is allowed, another block or
    /// text after it is not. A certificate or a private key is not a public key here.
    public init(pem: String) throws(CryptographyError) {
        let der = try Self.publicKeyInfo(inPEM: Array(pem.utf8))
        guard let key = Self.decode(der) else {
            ERR_clear_error()
            throw CryptographyError("public key: not a SubjectPublicKeyInfo")
        }
        do throws(CryptographyError) {
            kind = try Self.kind(of: key)
        } catch {
            EVP_PKEY_free(key)
            throw error
        }
        bitCount = Int(EVP_PKEY_get_bits(key))
        self.key = key
    }

    deinit {
        EVP_PKEY_free(key)
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, 8.2.2; `RS256` of RFC 7518). The signature has as many bytes as the
    /// modulus. False for any other kind of key.
    public func verifyPKCS1SHA256(_ signature: [UInt8], of message: some Sequence<UInt8>) -> Bool {
        kind == .rsa && signature.count == (bitCount + 7) / 8 && verify(signature, of: Array(message))
    }

    /// ECDSA on P-256 with SHA-256 (FIPS 186-5; `ES256` of RFC 7518, 3.4). The signature is r ‖ s in exactly 64 bytes.
    /// False for any other kind of key.
    public func verifyECDSASHA256(_ signature: [UInt8], of message: some Sequence<UInt8>) -> Bool {
        guard kind == .ecP256, let der = ECDSASignature.der(fromRaw: signature) else { return false }
        return verify(der, of: Array(message))
    }

    private func verify(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard let context = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(context) }
        let isValid =
            EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, key) == 1
            && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
        // A refused signature leaves its reason in the thread's queue, where an unrelated call would find it.
        if !isValid { ERR_clear_error() }
        return isValid
    }
}

extension PublicKey {
    /// The bytes of the one `PUBLIC KEY` block.
    private static func publicKeyInfo(inPEM text: [UInt8]) throws(CryptographyError) -> [UInt8] {
        guard text.count <= longestPEM, let source = BIO_new_mem_buf(text, Int32(text.count)) else {
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
            for pointer in [UnsafeMutableRawPointer(name), .init(header), .init(data)] { keyway_OPENSSL_free(pointer) }
        }
        guard String(cString: name) == "PUBLIC KEY", header.pointee == 0 else {
            throw CryptographyError("public key: the PEM block is not a PUBLIC KEY")
        }
        var rest = [UInt8](repeating: 0, count: longestPEM)
        let left = max(BIO_read(source, &rest, Int32(rest.count)), 0)
        guard rest.prefix(Int(left)).allSatisfy({ [0x09, 0x0A, 0x0D, 0x20].contains($0) }) else {
            throw CryptographyError("public key: text after the PEM block")
        }
        return Array(UnsafeBufferPointer(start: data, count: count))
    }

    /// From DER; nil also when bytes are left over.
    private static func decode(_ der: [UInt8]) -> OpaquePointer? {
        der.withUnsafeBufferPointer { bytes in
            var position = bytes.baseAddress
            guard let key = d2i_PUBKEY(nil, &position, bytes.count) else { return nil }
            guard let start = bytes.baseAddress, position == start + bytes.count else {
                EVP_PKEY_free(key)
                return nil
            }
            return key
        }
    }

    private static func kind(of key: OpaquePointer) throws(CryptographyError) -> Kind {
        switch EVP_PKEY_get_base_id(key) {
        case EVP_PKEY_RSA:
            guard rsaBits.contains(Int(EVP_PKEY_get_bits(key))) else {
                throw CryptographyError("public key: RSA modulus outside \(rsaBits) bits")
            }
            try check(key)
            return .rsa
        case EVP_PKEY_EC:
            guard isNamedP256(key) else { throw CryptographyError("public key: EC curve is not P-256") }
            try check(key)
            return .ecP256
        default:
            throw CryptographyError("public key: neither RSA nor EC")
        }
    }

    /// The curve by its name; parameters that were written out are refused (RFC 5480, 2.1.1).
    private static func isNamedP256(_ key: OpaquePointer) -> Bool {
        var name = [CChar](repeating: 0, count: 64)
        var isExplicit: Int32 = 0
        guard EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, &name, name.count, nil) == 1,
            EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &isExplicit) == 1
        else { return false }
        return isExplicit == 0 && strcmp(name, "prime256v1") == 0
    }

    /// The point is on the curve, the modulus and exponent are plausible.
    private static func check(_ key: OpaquePointer) throws(CryptographyError) {
        guard let context = EVP_PKEY_CTX_new(key, nil) else { throw CryptographyError("public key context") }
        defer { EVP_PKEY_CTX_free(context) }
        guard EVP_PKEY_public_check(context) == 1 else {
            ERR_clear_error()
            throw CryptographyError("public key: not a valid key")
        }
    }
}
