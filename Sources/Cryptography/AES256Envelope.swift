import COpenSSL

/// AES-256-CBC as XML Encryption 1.1 has it (5.2.1, 5.2.2): a random IV of 16 bytes, then the blocks; the last byte of the
/// last block says how many bytes of padding there are.
///
/// It gives no integrity: open only what a MAC was verified of.
public enum AES256Envelope {
    /// In bytes.
    public static let keySize = 32
    private static let blockSize = 16
    /// Longest message, in bytes: this is for keys.
    static let longest = 4096

    /// IV and ciphertext.
    /// - Parameter key: 32 bytes.
    public static func seal(
        _ message: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer
    ) throws(CryptographyError) -> [UInt8] {
        guard message.count <= longest else { throw CryptographyError("AES-256-CBC: message too long") }
        let size = (message.count / blockSize + 1) * blockSize
        var result = [UInt8](repeating: 0, count: blockSize + size)
        guard RAND_bytes(&result, Int32(blockSize)) == 1 else { throw CryptographyError("random bytes") }
        var plain = [UInt8](repeating: UInt8(size - message.count), count: size)
        defer { OPENSSL_cleanse(&plain, plain.count) }
        plain.withUnsafeMutableBytes { $0.copyMemory(from: message) }
        let vector = Array(result[..<blockSize])
        try transform(plain, into: &result, at: blockSize, key: key, vector: vector, encrypting: true)
        return result
    }

    /// Gives the message for the time of a call; it is zeroed after.
    /// - Throws: also for padding that is none.
    public static func open<Result>(
        _ sealed: [UInt8], key: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Result
    ) throws(CryptographyError) -> Result {
        let size = sealed.count - blockSize
        guard size >= blockSize, size <= longest + blockSize, size % blockSize == 0 else {
            throw CryptographyError("AES-256-CBC: length")
        }
        var plain = [UInt8](repeating: 0, count: size)
        defer { OPENSSL_cleanse(&plain, plain.count) }
        try transform(
            Array(sealed[blockSize...]), into: &plain, at: 0, key: key, vector: Array(sealed[..<blockSize]),
            encrypting: false)
        let padding = Int(plain[size - 1])
        guard (1...blockSize).contains(padding) else { throw CryptographyError("AES-256-CBC: padding") }
        return plain.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[..<(size - padding)])) }
    }

    private static func transform(
        _ input: [UInt8], into output: inout [UInt8], at offset: Int, key: UnsafeRawBufferPointer, vector: [UInt8],
        encrypting: Bool
    ) throws(CryptographyError) {
        guard key.count == keySize else { throw CryptographyError("AES-256-CBC key length") }
        guard let context = EVP_CIPHER_CTX_new() else { throw CryptographyError("AES-256-CBC context") }
        defer { EVP_CIPHER_CTX_free(context) }
        let keyBytes = key.assumingMemoryBound(to: UInt8.self).baseAddress
        guard EVP_CipherInit_ex(context, EVP_aes_256_cbc(), nil, keyBytes, vector, encrypting ? 1 : 0) == 1,
            EVP_CIPHER_CTX_set_padding(context, 0) == 1
        else { throw CryptographyError("AES-256-CBC key") }
        let done = output.withUnsafeMutableBufferPointer { buffer -> Bool in
            guard let base = buffer.baseAddress, buffer.count - offset >= input.count else { return false }
            var written: Int32 = 0
            return EVP_CipherUpdate(context, base + offset, &written, input, Int32(input.count)) == 1
                && Int(written) == input.count
        }
        guard done else { throw CryptographyError("AES-256-CBC") }
    }
}
