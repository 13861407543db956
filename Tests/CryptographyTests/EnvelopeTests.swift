import Cryptography
import Foundation
import TestSupport
import Testing

/// What CPIX encrypts with, held against standards and the openssl program.
@Suite struct EnvelopeTests {
    /// RFC 4231, 4.2 and 4.3.
    @Test(arguments: [
        (
            String(repeating: "0b", count: 20), "Hi There",
            "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
                + "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"
        ),
        (
            "4a656665", "what do ya want for nothing?",
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
                + "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"
        ),
    ])
    func codes(key: String, message: String, expected: String) throws {
        let code = try bytes(hex: key).withUnsafeBytes { try HMACSHA512.code(of: Array(message.utf8), key: $0) }
        #expect(code == bytes(hex: expected))
        let isValid = try bytes(hex: key).withUnsafeBytes {
            try HMACSHA512.isValid(Array(code.dropLast()), of: Array(message.utf8), key: $0)
        }
        #expect(!isValid)
        #expect(throws: CryptographyError.self) {
            try [UInt8]().withUnsafeBytes { try HMACSHA512.code(of: [1], key: $0) }
        }
    }

    private let key = [UInt8](0..<32)

    private func openssl(_ direction: String, _ vector: [UInt8], _ input: [UInt8]) throws -> [UInt8] {
        func hex(_ bytes: some Sequence<UInt8>) -> String { bytes.map { String(format: "%02x", $0) }.joined() }
        return try OpenSSLTool.run(
            ["enc", direction, "-aes-256-cbc", "-K", hex(key), "-iv", hex(vector)], input: input)
    }

    @Test(arguments: [0, 1, 15, 16, 17, 64]) func opensWhatOpenSSLSealedAndTheOtherWayRound(count: Int) throws {
        let message = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let sealed = try key.withUnsafeBytes { key in
            try message.withUnsafeBytes { try AES256Envelope.seal($0, key: key) }
        }
        #expect(try openssl("-d", Array(sealed[..<16]), Array(sealed[16...])) == message)
        let vector = [UInt8](repeating: 9, count: 16)
        let theirs = vector + (try openssl("-e", vector, message))
        #expect(try key.withUnsafeBytes { try AES256Envelope.open(theirs, key: $0) { Array($0) } } == message)
    }

    @Test func whatIsNoEnvelope() throws {
        let sealed = try key.withUnsafeBytes { key in try AES256Envelope.seal(key, key: key) }
        for wrong in [[], Array(sealed[..<16]), Array(sealed[..<31]), [UInt8](repeating: 0, count: 5000)] {
            #expect(throws: CryptographyError.self) {
                try key.withUnsafeBytes { try AES256Envelope.open(wrong, key: $0) { $0.count } }
            }
        }
        #expect(throws: CryptographyError.self) {
            try key[..<16].withUnsafeBytes { try AES256Envelope.open(sealed, key: $0) { $0.count } }
        }
    }

    private func privateKey(_ pem: String) throws -> RSAPrivateKey {
        try Array(pem.utf8).withUnsafeBytes { try RSAPrivateKey(pem: $0) }
    }

    @Test func aPrivateKeyOpensWhatItsPublicHalfSealed() throws {
        let pair = try KeyPair.rsa.get()
        let sealed = try key.withUnsafeBytes { try RecipientKey(pem: pair.publicKey).encryptOAEPMGF1P($0) }
        let holder = try privateKey(pair.privateKey)
        #expect(try holder.openOAEPMGF1P(sealed, digest: .sha1) { Array($0) } == key)
        #expect(try holder.fingerprint() == RecipientKey(pem: pair.publicKey).fingerprint())
        #expect(throws: CryptographyError.self) { try holder.openOAEPMGF1P(sealed, digest: .sha256) { $0.count } }
        #expect(throws: CryptographyError.self) { try holder.openOAEPMGF1P([1, 2], digest: .sha1) { $0.count } }
        let other = try privateKey(KeyPair.otherRSA.get().privateKey)
        #expect(throws: CryptographyError.self) { try other.openOAEPMGF1P(sealed, digest: .sha1) { $0.count } }
    }

    @Test func otherKeysAreNone() throws {
        let pair = try KeyPair.rsa.get()
        let locked = String(
            decoding: try OpenSSLTool.run(
                ["pkey", "-aes256", "-passout", "pass:x"], input: Array(pair.privateKey.utf8)), as: UTF8.self)
        for pem in [
            "", "text", pair.publicKey, locked, try KeyPair.ec.get().privateKey, try OpenSSLTool.privateKey("RSA:1024"),
        ] {
            #expect(throws: CryptographyError.self) { try privateKey(pem) }
        }
        for pem in ["", pair.publicKey, pair.privateKey] {
            #expect(throws: CryptographyError.self) { try Certificate(pem: pem) }
        }
        #expect(throws: CryptographyError.self) { try Certificate(der: [0x30, 0x00]) }
    }
}
