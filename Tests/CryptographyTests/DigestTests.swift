import Cryptography
import Testing

func bytes(hex: String) -> [UInt8] {
    let digits = hex.utf8.compactMap { UInt8(String(UnicodeScalar($0)), radix: 16) }
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

@Suite struct DigestTests {
    /// NIST's examples for FIPS 180-4.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func digests(message: String, expected: String) throws {
        #expect(try SHA256.digest(message.utf8) == bytes(hex: expected))
    }

    @Test func piecesGiveTheDigestOfTheWhole() throws {
        let message = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let accumulator = try SHA256Accumulator()
        for _ in 0..<2 {
            for start in stride(from: 0, to: message.count, by: 37) {
                let piece = Array(message[start..<min(start + 37, message.count)])
                try piece.withUnsafeBytes { try accumulator.update($0) }
            }
            try [UInt8]().withUnsafeBytes { try accumulator.update($0) }
            #expect(try accumulator.finish() == SHA256.digest(message))
        }
    }

    /// RFC 4231, 4.2 to 4.4, 4.7.
    @Test(arguments: [
        (
            String(repeating: "0b", count: 20), "4869205468657265",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            String(repeating: "aa", count: 20), String(repeating: "dd", count: 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        (
            String(repeating: "aa", count: 131),
            "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
    ])
    func authenticationCodes(key: String, message: String, expected: String) throws {
        let (message, expected) = (bytes(hex: message), bytes(hex: expected))
        let key = bytes(hex: key)
        func code(_ message: [UInt8]) throws -> [UInt8] {
            try key.withUnsafeBytes { try HMAC.code(of: message, key: $0) }
        }
        func isValid(_ code: [UInt8], _ message: [UInt8]) throws -> Bool {
            try key.withUnsafeBytes { try HMAC.isValid(code, of: message, key: $0) }
        }
        #expect(try code(message) == expected)
        #expect(try isValid(expected, message))
        #expect(try !isValid(expected.dropLast(), message))
        #expect(try !isValid([], message))
        #expect(try !isValid(expected, message + [0]))
    }

    @Test func anEmptyKeyMakesNoCodes() {
        #expect(throws: CryptographyError.self) {
            try [UInt8]().withUnsafeBytes { try HMAC.code(of: [1], key: $0) }
        }
    }

    @Test func equality() {
        #expect(constantTimeEquals([], []))
        #expect(constantTimeEquals([1, 2], [1, 2]))
        #expect(!constantTimeEquals([1, 2], [1, 3]))
        #expect(!constantTimeEquals([1, 2], [1, 2, 3]))
        #expect(!constantTimeEquals([0], []))
    }
}
