import COpenSSL

extension PublicKey {
    /// In bytes: what a number of a key is read from at most.
    private static let longestNumber = 2048

    /// An RSA key from its two numbers, big-endian and non-negative (RFC 8017, 3.1; RFC 7518, 6.3.1).
    public convenience init(rsaModulus modulus: [UInt8], exponent: [UInt8]) throws(CryptographyError) {
        guard modulus.count <= Self.longestNumber, (1...8).contains(exponent.count) else {
            throw CryptographyError("public key: RSA number out of range")
        }
        let key = DER.sequence(DER.integer(modulus) + DER.integer(exponent))
        // rsaEncryption with NULL parameters (RFC 3279, 2.3.1).
        let algorithm: [UInt8] = [
            0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00,
        ]
        try self.init(subjectPublicKeyInfo: Self.info(algorithm, key))
    }

    /// An EC key from its point's coordinates, big-endian and each as long as the curve's field (RFC 7518, 6.2.1).
    public convenience init(curve kind: Kind, x: [UInt8], y: [UInt8]) throws(CryptographyError) {
        let (identifier, size): ([UInt8], Int)
        switch kind {
        case .ecP256: (identifier, size) = ([0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07], 32)
        case .ecP384: (identifier, size) = ([0x2B, 0x81, 0x04, 0x00, 0x22], 48)
        case .ecP521: (identifier, size) = ([0x2B, 0x81, 0x04, 0x00, 0x23], 66)
        case .rsa, .ed25519: throw CryptographyError("public key: not a curve with two coordinates")
        }
        guard x.count == size, y.count == size else { throw CryptographyError("public key: coordinate length") }
        // id-ecPublicKey with the named curve (RFC 5480, 2.1.1), and the point in full (SEC 1, 2.3.3).
        let ecPublicKey: [UInt8] = [0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01]
        try self.init(
            subjectPublicKeyInfo: Self.info(ecPublicKey + DER.element(0x06, identifier), [0x04] + x + y))
    }

    /// An Ed25519 key from its 32 bytes (RFC 8032, 5.1.5; RFC 8037, 2).
    public convenience init(ed25519 bytes: [UInt8]) throws(CryptographyError) {
        guard bytes.count == 32 else { throw CryptographyError("public key: Ed25519 length") }
        try self.init(owning: EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, bytes.count))
    }

    /// A SubjectPublicKeyInfo (RFC 5280, 4.1.2.7).
    private static func info(_ algorithm: [UInt8], _ key: [UInt8]) -> [UInt8] {
        DER.sequence(DER.sequence(algorithm) + DER.element(0x03, [0x00] + key))
    }
}
