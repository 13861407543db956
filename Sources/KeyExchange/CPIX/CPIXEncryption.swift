import ContentKeys
public import Cryptography

/// Key values that only a recipient can read (CPIX 2.3, 9.1): each content key is encrypted by AES-256-CBC under a document
/// key, a MAC by HMAC-SHA-512 stands over each ciphertext, and both keys are encrypted by RSA-OAEP-MGF1P to the recipient.
extension CPIX {
    /// In bytes.
    private static let macKeySize = 64
    private static let macKeySizes = 32...128

    /// The document with its key values encrypted to one or more certificates.
    ///
    /// - Throws: `CPIXError` for a certificate without an RSA key of 2048 bits or more, and for a document that is
    ///   encrypted already.
    public func sealed(to certificates: [Certificate]) throws(CPIXError) -> CPIX {
        guard !certificates.isEmpty else { throw CPIXError("no certificate to encrypt the keys to") }
        let documentKey = ZeroedBytes.random(count: AES256Envelope.keySize)
        let macKey = ZeroedBytes.random(count: Self.macKeySize)
        var result = self
        do {
            result.deliveries = try certificates.map { certificate in
                let recipient = try RecipientKey(certificate: certificate)
                var delivery = Delivery(certificate: certificate.der)
                delivery.documentKey = WrappedKey(
                    ciphertext: try documentKey.withUnsafeBytes { try recipient.encryptOAEPMGF1P($0) })
                delivery.macKey = WrappedKey(
                    ciphertext: try macKey.withUnsafeBytes { try recipient.encryptOAEPMGF1P($0) })
                return delivery
            }
            for position in keys.indices {
                switch keys[position].value {
                case .absent: continue
                case .encrypted: throw CPIXError("the document is encrypted already")
                case .clear(let value):
                    let ciphertext = try documentKey.withUnsafeBytes { key in
                        try value.withUnsafeBytes { try AES256Envelope.seal($0, key: key) }
                    }
                    let code = try macKey.withUnsafeBytes { try HMACSHA512.code(of: ciphertext, key: $0) }
                    result.keys[position].value = .encrypted(ciphertext: ciphertext, code: code)
                }
            }
        } catch let error as CPIXError {
            throw error
        } catch let error as CryptographyError {
            throw CPIXError(error.operation)
        } catch {
            throw CPIXError("the keys could not be encrypted")
        }
        return result
    }

    /// Whether key values have to be opened before they can be read.
    public var isEncrypted: Bool {
        keys.contains { key in
            if case .encrypted = key.value { true } else { false }
        }
    }

    /// The document with its key values in the clear. Every MAC is verified before anything is decrypted.
    ///
    /// - Throws: `CPIXError`: no delivery data is for this key, a MAC is missing or wrong.
    public func opened(with key: RSAPrivateKey) throws(CPIXError) -> CPIX {
        let delivery = try delivery(for: key)
        guard let documentKey = delivery.documentKey else { throw CPIXError("the document has no document key") }
        guard let macKey = delivery.macKey else {
            throw CPIXError("the document has no MACMethod: what protects the key values from change is missing")
        }
        let opened = (try Self.open(documentKey, with: key), try Self.open(macKey, with: key))
        guard opened.0.count == AES256Envelope.keySize, Self.macKeySizes.contains(opened.1.count) else {
            throw CPIXError("the document key has 32 bytes and the MAC key 32 to 128")
        }
        for content in keys {
            guard case .encrypted(let ciphertext, let code) = content.value else { continue }
            let isValid = opened.1.withUnsafeBytes {
                (try? HMACSHA512.isValid(code ?? [], of: ciphertext, key: $0)) ?? false
            }
            guard code != nil, isValid else {
                throw CPIXError("the MAC of key \(content.keyID) is \(code == nil ? "missing" : "wrong")")
            }
        }
        var result = self
        for position in keys.indices {
            guard case .encrypted(let ciphertext, _) = keys[position].value else { continue }
            let value = opened.0.withUnsafeBytes { key in
                try? AES256Envelope.open(ciphertext, key: key) { ZeroedBytes(copying: $0) }
            }
            guard let value else { throw CPIXError("the value of key \(keys[position].keyID) cannot be decrypted") }
            result.keys[position].value = .clear(value)
        }
        result.deliveries = []
        return result
    }

    private func delivery(for key: RSAPrivateKey) throws(CPIXError) -> Delivery {
        let fingerprint = try? key.fingerprint()
        let found = deliveries.first { delivery in
            let holder = try? Certificate(der: delivery.certificate).keyFingerprint()
            return holder != nil && holder == fingerprint
        }
        guard let found else {
            throw CPIXError(
                deliveries.count == 1
                    ? "the document's keys are encrypted to one certificate, which is not of this private key"
                    : "the document's keys are encrypted to \(deliveries.count) certificates, and none is of this private key"
            )
        }
        return found
    }

    private static func open(_ wrapped: WrappedKey, with key: RSAPrivateKey) throws(CPIXError) -> ZeroedBytes {
        do {
            return try key.openOAEPMGF1P(wrapped.ciphertext, digest: wrapped.usesSHA256 ? .sha256 : .sha1) {
                ZeroedBytes(copying: $0)
            }
        } catch {
            throw CPIXError("the document's keys cannot be opened: \(error.operation)")
        }
    }
}
