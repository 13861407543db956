import COpenSSL

/// HMAC with SHA-512 (RFC 2104, FIPS 198-1).
public enum HMACSHA512 {
    /// In bytes.
    public static let codeSize = 64

    /// The authentication code of a message.
    /// - Throws: for an empty key, which would let anyone make codes.
    public static func code(of message: [UInt8], key: UnsafeRawBufferPointer) throws(CryptographyError) -> [UInt8] {
        guard !key.isEmpty else { throw CryptographyError("HMAC with an empty key") }
        var code = [UInt8](repeating: 0, count: codeSize)
        var written = 0
        let done = EVP_Q_mac(
            nil, "HMAC", nil, "SHA512", nil, key.baseAddress, key.count, message, message.count, &code, codeSize,
            &written)
        guard done != nil, written == codeSize else { throw CryptographyError("HMAC-SHA-512") }
        return code
    }

    /// Whether `code` is the message's. Constant time in the code's bytes.
    public static func isValid(
        _ code: [UInt8], of message: [UInt8], key: UnsafeRawBufferPointer
    ) throws(CryptographyError) -> Bool {
        constantTimeEquals(try self.code(of: message, key: key), code)
    }
}
