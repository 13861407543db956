import COpenSSL

/// A public key that verifies signatures: RSA of 2048 to 8192 bits, EC on P-256, P-384 or P-521, or Ed25519.
///
/// `@unchecked Sendable`: the key is set up in the initialiser and never changed; OpenSSL lets any number of threads
/// verify with one `EVP_PKEY`.
public final class PublicKey: @unchecked Sendable {
    /// What the key can verify.
    public enum Kind: Sendable, Hashable, CaseIterable {
        case rsa
        case ecP256
        case ecP384
        case ecP521
        case ed25519
    }

    public let kind: Kind
    /// In bits: the RSA modulus, or the curve's field.
    public let bitCount: Int
    /// The SubjectPublicKeyInfo (RFC 5280, 4.1.2.7) in DER.
    public let subjectPublicKeyInfo: [UInt8]
    /// SHA-256 over the SubjectPublicKeyInfo: names the key.
    public let fingerprint: [UInt8]
    private let key: OpaquePointer

    static let rsaBits = 2048...8192

    /// Takes over a key, which is freed here also when it is refused.
    /// - Throws: for a key of another kind or size, and for one that is not valid (a point off its curve).
    init(owning key: OpaquePointer?) throws(CryptographyError) {
        guard let key else {
            ERR_clear_error()
            throw CryptographyError("public key: not a SubjectPublicKeyInfo")
        }
        do throws(CryptographyError) {
            kind = try PublicKeyChecks.kind(of: key)
            subjectPublicKeyInfo = try Self.encoded(key)
            fingerprint = try SHA256.digest(subjectPublicKeyInfo)
        } catch {
            EVP_PKEY_free(key)
            throw error
        }
        bitCount = kind == .ed25519 ? 256 : Int(EVP_PKEY_get_bits(key))
        self.key = key
    }

    deinit {
        EVP_PKEY_free(key)
    }

    /// Whether a signature is the message's. False for a scheme that does not go with the key, and for a signature of
    /// another length than the scheme's.
    public func verifies(
        _ signature: [UInt8], of message: some Sequence<UInt8>, by scheme: SignatureScheme
    ) -> Bool {
        guard kind == scheme.keyKind else { return false }
        switch scheme {
        case .rsaPKCS1(let hash):
            return signature.count == numberSize && verify(signature, of: Array(message), hash)
        case .rsaPSS(let hash):
            return signature.count == numberSize && verify(signature, of: Array(message), hash, isPSS: true)
        case .ecdsa(let hash):
            guard let der = ECDSASignature.der(fromRaw: signature, numberSize: numberSize) else { return false }
            return verify(der, of: Array(message), hash)
        case .ed25519:
            return signature.count == 64 && verify(signature, of: Array(message), nil)
        }
    }

    /// How many bytes a number of the key has: the modulus, or the curve's order.
    private var numberSize: Int { (bitCount + 7) / 8 }

    private func verify(_ signature: [UInt8], of message: [UInt8], _ hash: HashAlgorithm?, isPSS: Bool = false) -> Bool
    {
        guard let context = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(context) }
        var parameters: OpaquePointer?
        let isValid =
            EVP_DigestVerifyInit(context, &parameters, hash?.function, nil, key) == 1
            && (!isPSS || Self.setPSS(parameters))
            && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
        // A refused signature leaves its reason in the thread's queue, where an unrelated call would find it.
        if !isValid { ERR_clear_error() }
        return isValid
    }

    /// MGF1 takes the signature's hash where nothing else is said.
    private static func setPSS(_ parameters: OpaquePointer?) -> Bool {
        EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1
            && EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) == 1
    }

    private static func encoded(_ key: OpaquePointer) throws(CryptographyError) -> [UInt8] {
        var encoded: UnsafeMutablePointer<UInt8>?
        let count = Int(i2d_PUBKEY(key, &encoded))
        guard count > 0, let encoded else {
            ERR_clear_error()
            throw CryptographyError("public key: encoding")
        }
        defer { keyway_OPENSSL_free(encoded) }
        return Array(UnsafeBufferPointer(start: encoded, count: count))
    }
}

/// Which keys are good enough.
private enum PublicKeyChecks {
    static func kind(of key: OpaquePointer) throws(CryptographyError) -> PublicKey.Kind {
        switch EVP_PKEY_get_base_id(key) {
        case EVP_PKEY_RSA:
            guard PublicKey.rsaBits.contains(Int(EVP_PKEY_get_bits(key))) else {
                throw CryptographyError("public key: RSA modulus outside \(PublicKey.rsaBits) bits")
            }
            try check(key)
            return .rsa
        case EVP_PKEY_EC:
            let kind = try curve(of: key)
            try check(key)
            return kind
        case EVP_PKEY_ED25519: return .ed25519
        default:
            throw CryptographyError("public key: neither RSA, nor EC, nor Ed25519")
        }
    }

    /// The curve by its name; parameters that were written out are refused (RFC 5480, 2.1.1).
    private static func curve(of key: OpaquePointer) throws(CryptographyError) -> PublicKey.Kind {
        var name = [CChar](repeating: 0, count: 64)
        var isExplicit: Int32 = 0
        guard EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, &name, name.count, nil) == 1,
            EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &isExplicit) == 1,
            isExplicit == 0
        else {
            ERR_clear_error()
            throw CryptographyError("public key: EC curve without a name")
        }
        for (curve, kind) in [("prime256v1", PublicKey.Kind.ecP256), ("secp384r1", .ecP384), ("secp521r1", .ecP521)]
        where strcmp(name, curve) == 0 {
            return kind
        }
        throw CryptographyError("public key: EC curve is none of P-256, P-384, P-521")
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
