import ContentKeys
import Foundation
import Testing

@testable import KeyWrapping
@testable import Policies

@Suite struct KeySeedTests {
    private let wrapping: KeyWrapping
    private let folder: String

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("seed-\(UUID().uuidString)").path
        wrapping = KeyWrapping(provider: try FileKEKProvider(folder: folder, mayCreate: true))
        try FileManager.default.removeItem(atPath: folder)
    }

    private func key(_ hex: String, _ type: ContentKeyType) throws -> ContentKey {
        let bytes = stride(from: 0, to: hex.utf8.count, by: 2).compactMap { position -> UInt8? in
            UInt8(hex.dropFirst(position).prefix(2), radix: 16)
        }
        return try #require(bytes.withUnsafeBytes { ContentKey(type, copying: $0) })
    }

    private func keyID() throws -> KeyID {
        try #require(KeyID("00112233-4455-6677-8899-aabbccddeeff"))
    }

    /// The vectors of the reference: AES-128, and AES-256 for a storage key.
    @Test func checksums() throws {
        let short = try key("000102030405060708090a0b0c0d0e0f", .common)
        #expect(try short.checksum(keyID())?.base64 == "KpOvXRLUXfs=")
        let long = try key("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", .storage)
        #expect(try long.checksum(keyID())?.base64 == "pWuIS8ZQuMQ=")
        #expect(KeyChecksum(base64: "KpOvXRLUXfs=")?.base64 == "KpOvXRLUXfs=")
        #expect(KeyChecksum(base64: "KpOvXRLUXQ==") == nil)
    }

    @Test func theReferencesKeyOfASeed() async throws {
        let seed = try wrapping.wrapSeed(Array(0..<30), name: "s", type: .common)
        let derived = WrappedContentKey(keyID: try keyID(), derivedFrom: seed)
        let key = try await LocalKeyUnwrapper(wrapping: wrapping)
            .unwrap(derived, for: .export(ExportGrant(keyID: try keyID(), form: .clear(confirmed: true))))
        #expect(try key == self.key("402268c16e0d5e358dbd8efa269ddca6", .common))
    }

    @Test func aSeedKnowsItsOwnKeyIDsAndNoOthers() throws {
        let recogniser = LocalSeedRecogniser(wrapping: wrapping)
        let one = try wrapping.wrapSeed(Array(0..<30), name: "one", type: .common)
        let two = try wrapping.wrapSeed(Array(1..<31), name: "two", type: .common)
        // The same bytes for another type: nothing is shared.
        let other = try wrapping.wrapSeed(Array(0..<30), name: "other", type: .commonCbcs)
        var seen: Set<KeyID> = []
        for _ in 0..<2000 {
            let keyID = try wrapping.makeKeyID(of: one)
            #expect(keyID.version == 8)
            #expect(keyID.bytes[8] & 0xC0 == 0x80)
            #expect(recogniser.owns(keyID, one))
            #expect(!recogniser.owns(keyID, two))
            #expect(!recogniser.owns(keyID, other))
            #expect(seen.insert(keyID).inserted)
            #expect(!recogniser.owns(.random(), one))
        }
        // Any changed bit makes it unknown.
        let bytes = try wrapping.makeKeyID(of: one).bytes
        for bit in 0..<128 {
            var changed = bytes
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(!recogniser.owns(try #require(KeyID(bytes: changed)), one))
        }
    }

    @Test func aSeedIsBoundToItsNameAndType() throws {
        let seed = try wrapping.wrapSeed(Array(0..<30), name: "s", type: .common)
        for forged in [
            WrappedKeySeed(name: "t", type: .common, kek: seed.kek, ciphertext: seed.ciphertext),
            WrappedKeySeed(name: "s", type: .envelope, kek: seed.kek, ciphertext: seed.ciphertext),
            WrappedKeySeed(name: "s", type: .common, kek: KEKVersion(rawValue: 2), ciphertext: seed.ciphertext),
        ] {
            #expect(throws: KEKError.self) { try wrapping.makeKeyID(of: forged) }
            #expect(!LocalSeedRecogniser(wrapping: wrapping).owns(try wrapping.makeKeyID(of: seed), forged))
        }
        #expect(throws: KEKError.self) { try wrapping.wrapSeed(Array(0..<29), name: "s", type: .common) }
        #expect(throws: KEKError.self) { try wrapping.wrapSeed(Array(0..<65), name: "s", type: .common) }
    }

    @Test func aProofForOneKeyOpensNoOther() async throws {
        let seed = try wrapping.wrapSeed(Array(0..<30), name: "s", type: .common)
        let derived = WrappedContentKey(keyID: try wrapping.makeKeyID(of: seed), derivedFrom: seed)
        let unwrapper = LocalKeyUnwrapper(wrapping: wrapping)
        await #expect(throws: KeyUnwrapError.purposeMismatch) {
            try await unwrapper.unwrap(
                derived, for: .export(ExportGrant(keyID: .random(), form: .clear(confirmed: true))))
        }
        await #expect(throws: KeyUnwrapError.purposeMismatch) { try await unwrapper.unwrap(derived, for: .storage) }
    }
}
