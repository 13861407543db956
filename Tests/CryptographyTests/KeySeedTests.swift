import Cryptography
import TestSupport
import Testing

@Suite(.waiting) struct KeySeedTests {
    /// NIST, FIPS 197, appendices C.1 and C.3.
    @Test(arguments: [
        ("000102030405060708090a0b0c0d0e0f", "69c4e0d86a7b0430d8cdb78070b4c55a"),
        (
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "8ea2b7ca516745bfeafc49904b496089"
        ),
    ])
    func oneBlock(key: String, expected: String) throws {
        let block = try bytes(hex: key).withUnsafeBytes {
            try AESBlock.encrypt(bytes(hex: "00112233445566778899aabbccddeeff"), key: $0)
        }
        #expect(block == bytes(hex: expected))
    }

    @Test(arguments: [0, 15, 17, 24, 31, 33])
    func otherKeyLengthsAreRefused(length: Int) {
        #expect(throws: CryptographyError.self) {
            try [UInt8](repeating: 1, count: length).withUnsafeBytes {
                try AESBlock.encrypt([UInt8](repeating: 0, count: 16), key: $0)
            }
        }
    }

    private func derive(_ seed: [UInt8], _ keyID: [UInt8]) throws -> [UInt8] {
        var key = [UInt8](repeating: 0xEE, count: 16)
        try seed.withUnsafeBytes { seed in
            try key.withUnsafeMutableBytes { try PlayReadyKeySeed.derive(from: seed, keyID: keyID, into: $0) }
        }
        return key
    }

    /// The vector of the reference: S = 00…1d and the GUID 00112233-4455-6677-8899-aabbccddeeff.
    @Test func theKeyOfASeed() throws {
        let keyID = bytes(hex: "33221100554477668899aabbccddeeff")
        #expect(try derive(Array(0..<30), keyID) == bytes(hex: "402268c16e0d5e358dbd8efa269ddca6"))
        // What comes after 30 bytes does not count.
        #expect(try derive(Array(0..<40), keyID) == bytes(hex: "402268c16e0d5e358dbd8efa269ddca6"))
    }

    /// Python's hashlib, over other seeds.
    @Test func agreesWithPython() throws {
        let script = """
            import hashlib, sys
            s, k = bytes.fromhex(sys.argv[1])[:30], bytes.fromhex(sys.argv[2])
            parts = [hashlib.sha256(m).digest() for m in (s + k, s + k + s, s + k + s + k)]
            key = bytearray(16)
            for p in parts:
                for i in range(32): key[i % 16] ^= p[i]
            print(key.hex())
            """
        var random = UInt64(42)
        func next() -> UInt8 {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: random >> 33)
        }
        for length in [30, 31, 64] {
            let (seed, keyID) = ((0..<length).map { _ in next() }, (0..<16).map { _ in next() })
            func hex(_ bytes: [UInt8]) -> String {
                bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            }
            let output = try Tool.run(["python3", "-c", script, hex(seed), hex(keyID)]).standardOutput
            #expect(try hex(derive(seed, keyID)) + "\n" == String(decoding: output, as: UTF8.self))
        }
    }

    @Test func shortSeedsAreRefused() {
        #expect(throws: CryptographyError.self) { try derive(Array(0..<29), [UInt8](repeating: 1, count: 16)) }
        #expect(throws: CryptographyError.self) { try derive(Array(0..<30), [UInt8](repeating: 1, count: 15)) }
    }
}
