import ContentKeys
import Foundation
import KeyWrapping
import Policies
import Testing

@Suite struct KeyWrappingTests {
    private final class Keys {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("keyway-kek-\(UUID().uuidString)").path

        deinit {
            try? FileManager.default.removeItem(atPath: path)
        }
    }

    private static let clear = DeliveryPolicy(name: "p", protocols: [.hls], encryption: .cbcs)

    private func plan() throws -> DeliveryPlan {
        let decision = DeliveryPlan.decide(
            DeliveryRequest(streamingProtocol: .hls, encryption: nil, capable: [.cbcs]), under: [Self.clear])
        guard case .allowed(let plan) = decision else { throw KEKTestError() }
        return plan
    }

    private struct KEKTestError: Error {}

    @Test func whatIsWrappedOpensAgainForItsPurpose() async throws {
        let keys = Keys()
        let wrapping = KeyWrapping(provider: try FileKEKProvider(folder: keys.path, mayCreate: true))
        let unwrapper = LocalKeyUnwrapper(wrapping: wrapping)
        let storage = ContentKey.random(.storage)
        let wrapped = try wrapping.wrap(storage, keyID: .random())
        #expect(try await unwrapper.unwrap(wrapped, for: .storage) == storage)
        let cbcs = ContentKey.random(.commonCbcs)
        let other = try wrapping.wrap(cbcs, keyID: .random())
        #expect(try await unwrapper.unwrap(other, for: .encryption(try plan())) == cbcs)
        #expect(wrapping.opens(wrapped))
    }

    @Test func aPurposeThatDoesNotCoverTheKeyOpensNothing() async throws {
        let keys = Keys()
        let wrapping = KeyWrapping(provider: try FileKEKProvider(folder: keys.path, mayCreate: true))
        let unwrapper = LocalKeyUnwrapper(wrapping: wrapping)
        for type in ContentKeyType.allCases {
            let wrapped = try wrapping.wrap(.random(type), keyID: .random())
            if type != .storage {
                await #expect(throws: KeyUnwrapError.purposeMismatch) {
                    try await unwrapper.unwrap(wrapped, for: .storage)
                }
            }
            if type != .commonCbcs {
                let plan = try plan()
                await #expect(throws: KeyUnwrapError.purposeMismatch) {
                    try await unwrapper.unwrap(wrapped, for: .encryption(plan))
                }
            }
        }
    }

    @Test func aChangedFieldOpensNothing() async throws {
        let keys = Keys()
        let wrapping = KeyWrapping(provider: try FileKEKProvider(folder: keys.path, mayCreate: true))
        let unwrapper = LocalKeyUnwrapper(wrapping: wrapping)
        let good = try wrapping.wrap(.random(.storage), keyID: .random())
        var bytes = good.ciphertext
        bytes[bytes.count / 2] ^= 1
        for bad in [
            WrappedContentKey(keyID: .random(), type: good.type, kek: good.kek, ciphertext: good.ciphertext),
            WrappedContentKey(keyID: good.keyID, type: good.type, kek: good.kek, ciphertext: bytes),
            WrappedContentKey(keyID: good.keyID, type: good.type, kek: good.kek, ciphertext: []),
            WrappedContentKey(keyID: good.keyID, type: good.type, kek: good.kek, ciphertext: Array(bytes.prefix(27))),
        ] {
            await #expect(throws: KeyUnwrapError.authenticationFailed) {
                try await unwrapper.unwrap(bad, for: .storage)
            }
            #expect(!wrapping.opens(bad))
        }
        // An envelope key that is passed off as a storage key does not open either.
        let envelope = try wrapping.wrap(.random(.envelope), keyID: .random())
        let relabelled = WrappedContentKey(
            keyID: envelope.keyID, type: .storage, kek: envelope.kek, ciphertext: envelope.ciphertext)
        await #expect(throws: KeyUnwrapError.authenticationFailed) {
            try await unwrapper.unwrap(relabelled, for: .storage)
        }
        let unknown = WrappedContentKey(
            keyID: good.keyID, type: good.type, kek: KEKVersion(rawValue: 9), ciphertext: good.ciphertext)
        await #expect(throws: KeyUnwrapError.kekUnavailable(KEKVersion(rawValue: 9))) {
            try await unwrapper.unwrap(unknown, for: .storage)
        }
    }

    @Test func secretsAreBoundToTheirNames() throws {
        let keys = Keys()
        let wrapping = KeyWrapping(provider: try FileKEKProvider(folder: keys.path, mayCreate: true))
        let (kek, ciphertext) = try wrapping.wrapSecret([1, 2, 3], name: "sts")
        #expect(try wrapping.withSecret(named: "sts", kek: kek, ciphertext: ciphertext) { Array($0) } == [1, 2, 3])
        #expect(throws: KEKError.self) {
            try wrapping.withSecret(named: "other", kek: kek, ciphertext: ciphertext) { Array($0) }
        }
    }

    @Test func theFileIsMadeOnceAndPrivate() throws {
        let keys = Keys()
        #expect(throws: KEKError.self) { try FileKEKProvider(folder: keys.path, mayCreate: false) }
        _ = try FileKEKProvider(folder: keys.path, mayCreate: true)
        let file = keys.path + "/kek-1.key"
        let first = try Data(contentsOf: URL(fileURLWithPath: file))
        #expect(first.count == 32)
        #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o600)
        let again = try FileKEKProvider(folder: keys.path, mayCreate: true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == first)
        #expect(!"\(again.current)".contains(first.map { String(format: "%02x", $0) }.joined()))
        #expect(try FileManager.default.contentsOfDirectory(atPath: keys.path) == ["kek-1.key"])
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: file)
        #expect(throws: KEKError.self) { try FileKEKProvider(folder: keys.path, mayCreate: true) }
    }

    @Test(arguments: [0, 16, 31, 33])
    func aFileOfAnotherSizeIsNoKEK(size: Int) throws {
        let keys = Keys()
        try FileManager.default.createDirectory(atPath: keys.path, withIntermediateDirectories: true)
        _ = FileManager.default.createFile(
            atPath: keys.path + "/kek-1.key", contents: Data(count: size), attributes: [.posixPermissions: 0o600])
        #expect(throws: KEKError.self) { try FileKEKProvider(folder: keys.path, mayCreate: true) }
    }
}
