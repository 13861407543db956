import ContentKeys
import Testing

@Suite struct ContentKeyTests {
    @Test func keysAreRedacted() throws {
        let bytes: [UInt8] = Array(0x41...0x50)
        let key = try #require(bytes.withUnsafeBytes { ContentKey(.common, copying: $0) })
        for text in ["\(key)", String(reflecting: key), "\(Mirror(reflecting: key).children.count)", "\([key])"] {
            #expect(!text.contains("ABCDEF") && !text.contains("4142") && !text.contains("65, 66"))
        }
        #expect(Mirror(reflecting: key).children.isEmpty)
    }

    @Test(arguments: ContentKeyType.allCases)
    func lengthsAreOfTheType(type: ContentKeyType) {
        for length in [0, 15, 16, 17, 31, 32, 33] {
            let bytes = [UInt8](repeating: 1, count: length)
            let key = bytes.withUnsafeBytes { ContentKey(type, copying: $0) }
            #expect((key != nil) == (length == type.keyLength))
        }
        #expect(ContentKey.random(type).withUnsafeBytes { $0.count } == type.keyLength)
    }

    @Test func equalityIsOfTypeAndBytes() throws {
        func key(_ type: ContentKeyType, _ byte: UInt8) throws -> ContentKey {
            try #require([UInt8](repeating: byte, count: 16).withUnsafeBytes { ContentKey(type, copying: $0) })
        }
        #expect(try key(.common, 1) == key(.common, 1))
        #expect(try key(.common, 1) != key(.common, 2))
        #expect(try key(.common, 1) != key(.commonCbcs, 1))
        #expect(ContentKey.random(.common) != ContentKey.random(.common))
    }

    @Test(arguments: [
        "00112233-4455-6677-8899-aabbccddeeff", "00112233-4455-6677-8899-AABBCCDDEEFF",
        "00112233445566778899aabbccddeeff",
    ])
    func keyIDsHaveThreeSpellings(text: String) throws {
        let keyID = try #require(KeyID(text))
        #expect(keyID.description == "00112233-4455-6677-8899-aabbccddeeff")
        #expect(keyID.hexadecimal == "00112233445566778899aabbccddeeff")
        #expect(keyID.bytes.first == 0 && keyID.bytes.last == 0xFF)
        // The reference's order of a GUID's bytes (1.2).
        #expect(keyID.littleEndianBytes.prefix(8) == [0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66])
    }

    @Test(arguments: [
        "", "0011", "{00112233-4455-6677-8899-aabbccddeeff}", "urn:uuid:00112233-4455-6677-8899-aabbccddeeff",
        "00112233-4455-6677-8899-aabbccddeefg", " 0112233-4455-6677-8899-aabbccddeeff",
        "0011223344556677-8899-aabbccddeeff--",
        "００112233445566778899aabbccddee",
    ])
    func whatIsNoUUIDIsNoKeyID(text: String) {
        #expect(KeyID(text) == nil)
    }

    @Test func randomKeyIDsAreVersion4() {
        for _ in 0..<100 {
            let bytes = KeyID.random().bytes
            #expect(bytes[6] >> 4 == 4 && bytes[8] >> 6 == 2)
        }
    }
}
