import Cryptography
import Testing

@Suite struct MessageTagTests {
    /// The first is test case 13 of the GCM specification; the others are those of another implementation over a zero nonce.
    @Test(arguments: [
        (true, 0, "530f8afbc74536b9a963b4f1c4cb738b"), (false, 0, "f05d76ae4ab99fe5a6f69b3148c2363d"),
        (false, 1, "060819b35e314b1a8ff69053ec5bcb37"), (false, 16, "9b375ee968f39bb81382b00183d8b823"),
        (false, 1000, "3955b68a8156821158163ee1fe997507"), (false, 70_000, "f81cb50a19555918c44972965639fc78"),
    ])
    func knownTags(hasZeroKey: Bool, count: Int, expected: String) throws {
        let key = (0..<32).map { hasZeroKey ? 0 : UInt8($0) }
        let message = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let tag = try message.withUnsafeBytes { message in
            try key.withUnsafeBytes { try AES256GMAC.code(of: message, key: $0) }
        }
        #expect(tag == bytes(hex: expected))
    }

    @Test(arguments: [0, 16, 31, 33]) func keysHaveOneSize(count: Int) {
        let key = [UInt8](repeating: 1, count: count)
        #expect(throws: CryptographyError.self) {
            try key.withUnsafeBytes { key in try [UInt8(1)].withUnsafeBytes { try AES256GMAC.code(of: $0, key: key) } }
        }
    }
}
