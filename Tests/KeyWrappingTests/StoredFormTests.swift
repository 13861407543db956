import ContentKeys
import KeyWrapping
import Policies
import Testing

/// What a catalog holds opens for good: keys and secrets that Python's `cryptography` sealed, with the associated data
/// written out in it.
@Suite struct StoredFormTests {
    private struct OneKEK: KEKProvider {
        let current: KEK

        func kek(_ version: KEKVersion) -> KEK? { version == current.version ? current : nil }
    }

    private static func wrapping(_ version: KEKVersion) throws -> KeyWrapping {
        let bytes = Array(UInt8(0)..<32)
        return KeyWrapping(
            provider: OneKEK(current: try #require(bytes.withUnsafeBytes { KEK(version: version, copying: $0) })))
    }

    private static func bytes(hex: String) throws -> [UInt8] {
        let digits = Array(hex)
        return try stride(from: 0, to: digits.count, by: 2).map {
            try #require(UInt8(String(digits[$0..<$0 + 2]), radix: 16))
        }
    }

    @Test(arguments: [
        (
            "00112233-4455-6677-8899-aabbccddeeff", ContentKeyType.envelope, 7,
            "a0a1a2a3a4a5a6a7a8a9aaabf6096e3e51de14a87a7c9dc81b67dec14d0a8b4d0a97fc38662ecd60e2e0499a"
        ),
        (
            "fedcba98-7654-3210-0123-456789abcdef", .commonCbcs, 4_294_967_295,
            "a0a1a2a3a4a5a6a7a8a9aaabf6096e3e51de14a87a7c9dc81b67dec1b84c21477116705fe9a5b24197c440a8"
        ),
        (
            "00112233-4455-6677-8899-aabbccddeeff", .common, 1,
            "a0a1a2a3a4a5a6a7a8a9aaabf6096e3e51de14a87a7c9dc81b67dec19fa6d853ec37e33813ee751c858e34e0"
        ),
        (
            "00112233-4455-6677-8899-aabbccddeeff", .storage, 12,
            "a0a1a2a3a4a5a6a7a8a9aaabf6096e3e51de14a87a7c9dc81b67dec1"
                + "508d7b33b692644bb4270cad53865b2e4f5d7d909389f6645110b44cae5d55a2"
        ),
    ])
    func contentKeysOpen(keyID: String, type: ContentKeyType, version: Int, sealed: String) async throws {
        let version = KEKVersion(rawValue: version)
        let wrapped = WrappedContentKey(
            keyID: try #require(KeyID(keyID)), type: type, kek: version, ciphertext: try Self.bytes(hex: sealed))
        let wrapping = try Self.wrapping(version)
        // More often than a KEK opens before it is prepared for opening.
        for _ in 0..<40 { #expect(wrapping.opens(wrapped)) }
        guard type == .storage else { return }
        let key = try await LocalKeyUnwrapper(wrapping: wrapping).unwrap(wrapped, for: .storage)
        #expect(key.withUnsafeBytes { Array($0) } == Array(0x10..<0x30))
    }

    @Test func secretsOpen() throws {
        let wrapping = try Self.wrapping(KEKVersion(rawValue: 3))
        let sealed = "b0b1b2b3b4b5b6b7b8b9babbf8752cce9ea4dd362499e3cba233a8a9e145b9c5fffe1a11c744a341311e707e779a"
        let secret = try wrapping.withSecret(
            named: "sts", kek: KEKVersion(rawValue: 3), ciphertext: try Self.bytes(hex: sealed)
        ) { String(decoding: $0, as: UTF8.self) }
        #expect(secret == "a verification key")
    }
}
