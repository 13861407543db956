import COpenSSL

/// PlayReady's key-seed algorithm ("PlayReady Header Object", Key Seed): one secret gives every KID a key of its own.
public enum PlayReadyKeySeed {
    /// What is used of a seed, in bytes.
    public static let seedSize = 30
    /// In bytes.
    public static let keySize = 16

    /// Derives a key. With S the first 30 bytes of the seed and K the KID as a little-endian GUID, the six halves of
    /// SHA-256(S ‖ K), SHA-256(S ‖ K ‖ S) and SHA-256(S ‖ K ‖ S ‖ K) are added modulo 2.
    ///
    /// - Parameters:
    ///   - keyID: the 16 bytes of the GUID in little-endian order.
    ///   - key: 16 bytes that receive the key.
    /// - Throws: for a seed shorter than 30 bytes, and for a KID or key of another size.
    public static func derive(
        from seed: UnsafeRawBufferPointer, keyID: [UInt8], into key: UnsafeMutableRawBufferPointer
    ) throws(CryptographyError) {
        guard seed.count >= seedSize else { throw CryptographyError("a key seed has at least \(seedSize) bytes") }
        guard keyID.count == 16, key.count == keySize else { throw CryptographyError("key-seed argument length") }
        let used = UnsafeRawBufferPointer(rebasing: seed[0..<seedSize])
        for index in 0..<keySize { key[index] = 0 }
        for rounds in [[true, false], [true, false, true], [true, false, true, false]] {
            let accumulator = try SHA256Accumulator()
            for isSeed in rounds {
                var failure: CryptographyError?
                keyID.withUnsafeBytes { bytes in
                    do throws(CryptographyError) { try accumulator.update(isSeed ? used : bytes) } catch {
                        failure = error
                    }
                }
                if let failure { throw failure }
            }
            var digest = try accumulator.finish()
            for index in 0..<keySize { key[index] ^= digest[index] ^ digest[index + keySize] }
            digest.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
        }
    }
}
