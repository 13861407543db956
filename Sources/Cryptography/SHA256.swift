import COpenSSL

/// SHA-256 (FIPS 180-4).
public enum SHA256 {
    /// In bytes.
    public static let digestSize = 32

    /// The digest of bytes that are all at hand.
    public static func digest(_ message: some Sequence<UInt8>) throws(CryptographyError) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: digestSize)
        let isDone =
            message.withContiguousStorageIfAvailable { Self.digest(UnsafeRawBufferPointer($0), into: &digest) }
            ?? Array(message).withUnsafeBytes { Self.digest($0, into: &digest) }
        guard isDone else { throw CryptographyError("SHA-256") }
        return digest
    }

    private static func digest(_ message: UnsafeRawBufferPointer, into digest: inout [UInt8]) -> Bool {
        EVP_Digest(message.baseAddress, message.count, &digest, nil, Fetched.sha256, nil) == 1
    }
}

/// SHA-256 over bytes that come in pieces. Not `Sendable`: one owner, one task, calls in order.
public final class SHA256Accumulator {
    private let context: OpaquePointer

    public init() throws(CryptographyError) {
        guard let context = EVP_MD_CTX_new() else { throw CryptographyError("SHA-256 context") }
        self.context = context
        guard EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else { throw CryptographyError("SHA-256 start") }
    }

    deinit {
        EVP_MD_CTX_free(context)
    }

    /// Adds the next piece.
    public func update(_ piece: UnsafeRawBufferPointer) throws(CryptographyError) {
        guard EVP_DigestUpdate(context, piece.baseAddress, piece.count) == 1 else {
            throw CryptographyError("SHA-256")
        }
    }

    /// The digest of all pieces; the accumulator then starts anew.
    public func finish() throws(CryptographyError) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: SHA256.digestSize)
        guard EVP_DigestFinal_ex(context, &digest, nil) == 1, EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            throw CryptographyError("SHA-256 end")
        }
        return digest
    }
}
