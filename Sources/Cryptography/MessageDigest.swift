import COpenSSL

/// The digests of the SHA-2 family (FIPS 180-4) that signatures are made with.
public enum MessageDigest: Sendable, Hashable, CaseIterable {
    case sha256
    case sha384
    case sha512

    /// In bytes.
    public var size: Int {
        switch self {
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    /// The digest of bytes that are all at hand.
    public func digest(_ message: UnsafeRawBufferPointer) throws(CryptographyError) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: size)
        guard EVP_Digest(message.baseAddress, message.count, &result, nil, function, nil) == 1 else {
            throw CryptographyError("message digest")
        }
        return result
    }

    var function: OpaquePointer? {
        switch self {
        case .sha256: EVP_sha256()
        case .sha384: EVP_sha384()
        case .sha512: EVP_sha512()
        }
    }
}
