import NIOSSL

/// The certificate that is shown to a server that asks for one.
public struct ClientIdentity: Sendable {
    let chain: [NIOSSLCertificateSource]
    let key: NIOSSLPrivateKeySource

    /// - Parameters:
    ///   - certificate: a PEM file with the certificate, and those that lead to its authority.
    ///   - key: a PEM file with its private key, without a passphrase.
    /// - Throws: `ClientIdentityError`.
    public init(certificate: String, key: String) throws(ClientIdentityError) {
        guard let chain = try? NIOSSLCertificate.fromPEMFile(certificate), let leaf = chain.first,
            let der = try? leaf.toDERBytes()
        else { throw ClientIdentityError("'\(certificate)' holds no PEM certificate that can be read") }
        guard let privateKey = try? NIOSSLPrivateKey(file: key, format: .pem) else {
            throw ClientIdentityError("'\(key)' holds no PEM private key that can be read, without a passphrase")
        }
        self.chain = chain.map { .certificate($0) }
        self.key = .privateKey(privateKey)
        certificateDER = der
        var trial = TLSConfiguration.makeClientConfiguration()
        (trial.certificateChain, trial.privateKey) = (self.chain, self.key)
        guard (try? NIOSSLContext(configuration: trial)) != nil else {
            throw ClientIdentityError("'\(key)' is not the private key of '\(certificate)'")
        }
    }

    /// The certificate itself.
    public let certificateDER: [UInt8]
}

/// Files that are no identity. Says which, and why.
public struct ClientIdentityError: Error, Sendable, Hashable, CustomStringConvertible {
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
