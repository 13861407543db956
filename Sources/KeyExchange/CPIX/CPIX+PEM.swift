import Cryptography

/// The same for callers that hold PEM texts.
extension CPIX {
    /// Someone who can open encrypted key values, or who signs documents: a certificate.
    public struct Holder: Sendable {
        let certificate: Certificate
        /// SHA-256 of the SubjectPublicKeyInfo, in hexadecimal digits.
        public let fingerprint: String

        /// - Throws: `CPIXError` for what is no certificate, first of all a private or a bare public key.
        public init(pem: String) throws(CPIXError) {
            do {
                certificate = try Certificate(pem: pem)
                fingerprint = try certificate.keyFingerprint().hexadecimal
            } catch {
                throw CPIXError("\(error.operation): CPIX names its parties by X.509 certificates, in PEM")
            }
        }
    }

    /// - Throws: `CPIXError`.
    public func sealed(to holders: [Holder]) throws(CPIXError) -> CPIX {
        try sealed(to: holders.map(\.certificate))
    }

    /// - Parameter pem: of a private RSA key without a passphrase. The caller zeroes its own copy.
    /// - Throws: `CPIXError`.
    public func opened(withPEM pem: UnsafeRawBufferPointer) throws(CPIXError) -> CPIX {
        let key: RSAPrivateKey
        do {
            key = try RSAPrivateKey(pem: pem)
        } catch {
            throw CPIXError(error.operation)
        }
        return try opened(with: key)
    }
}

extension CPIX.Received {
    /// Fingerprints of the keys that signed, in hexadecimal digits.
    public var signers: [String] {
        signatures.compactMap { try? $0.certificate.keyFingerprint().hexadecimal }
    }

    /// Asks for one signer whose signatures cover everything that is used of the document.
    ///
    /// - Throws: `CPIXError` that names a list that is not covered.
    public func require(signer: CPIX.Holder) throws(CPIXError) {
        let covered = signatures.filter { $0.certificate.der == signer.certificate.der }
            .reduce(into: Set<String>()) { $0.formUnion($1.covers) }
        let lists = [
            ("ContentKeyList", document.keys.isEmpty), ("DeliveryDataList", document.deliveries.isEmpty),
            ("ContentKeyUsageRuleList", document.usageRules.isEmpty),
        ]
        for (list, isEmpty) in lists where !isEmpty && !covered.contains(list) {
            throw CPIXError("the \(list) is not signed by the certificate that was named")
        }
    }
}
