import NIOSSL

/// The authorities that a server's certificate is held against, instead of the system's.
public struct Authorities: Sendable {
    let certificates: [NIOSSLCertificate]

    /// - Parameter file: certificates in PEM, one after the other.
    /// - Throws: `AuthoritiesError`.
    public init(file: String) throws(AuthoritiesError) {
        guard let certificates = try? NIOSSLCertificate.fromPEMFile(file), !certificates.isEmpty else {
            throw AuthoritiesError(file: file)
        }
        self.certificates = certificates
    }
}

/// A file that holds no authorities. Reads on after the name of what named it.
public struct AuthoritiesError: Error, Sendable, Hashable, CustomStringConvertible {
    public let file: String

    public var description: String { "'\(file)' holds no PEM certificate that can be read" }
}
