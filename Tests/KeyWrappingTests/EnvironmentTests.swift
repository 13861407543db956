import ContentKeys
import Foundation
import Glibc
import KeyWrapping
import Testing

@Suite(.serialized) struct EnvironmentTests {
    private static let one = KEKVersion(rawValue: 1)

    private func proof(_ bytes: [UInt8], _ version: Int = 1) throws -> [UInt8] {
        try #require(bytes.withUnsafeBytes { KEK(version: KEKVersion(rawValue: version), copying: $0) }).makeProof()
    }

    @Test func bothSpellingsAreRead() async throws {
        let bytes = [UInt8]((0..<32).map { 255 - $0 })
        let hex = bytes.map { String(format: "%02x", $0) }.joined()
        for value in ["hex:\(hex)", "hex:\(hex.uppercased())", "base64:\(Data(bytes).base64EncodedString())"] {
            let store = EnvironmentKEKStore(["KEYWAY_KEK_1": value])
            #expect(store.holds(Self.one))
            #expect(try await store.load(Self.one).made(proof: try proof(bytes)))
        }
    }

    @Test(arguments: [
        "", "hex:", "hex:00", "hex:\(String(repeating: "g", count: 64))", String(repeating: "0", count: 64),
        "base64:AAAA", "base64:\(String(repeating: "A", count: 44))", "base64:not base64!", "hex:0",
        "hex:\(String(repeating: "00", count: 33))", "base64:\(String(repeating: "A", count: 42))==",
    ])
    func whatIsNoKeyIsRefusedWithoutShowingIt(value: String) async throws {
        let store = EnvironmentKEKStore(["KEYWAY_KEK_1": value])
        let error = await #expect(throws: KEKError.self) { try await store.load(Self.one) }
        #expect(error?.description.contains("KEYWAY_KEK_1") == true)
        if value.count > 8 { #expect(error?.description.contains(value.dropFirst(8)) == false) }
    }

    @Test(arguments: ["KEYWAY_KEK_PROVIDER", "KEYWAY_KEK_", "KEYWAY_KEK_0", "KEYWAY_KEK_01", "KEYWAY_KEK_-1", "KEK_1"])
    func otherVariablesAreNoKEKs(name: String) {
        let store = EnvironmentKEKStore([name: "hex:\(String(repeating: "11", count: 32))"])
        for version in 0..<3 { #expect(!store.holds(KEKVersion(rawValue: version))) }
    }

    @Test func theProcessForgetsThem() async throws {
        // A version of its own: other tests of this process take what they find.
        let number = 1_000_007
        let name = "KEYWAY_KEK_\(number)"
        setenv(name, "hex:\(String(repeating: "5c", count: 32))", 1)
        let value = try #require(getenv(name))
        let store = EnvironmentKEKStore.takeFromProcess(number...number)
        #expect(getenv(name) == nil)
        #expect(ProcessInfo.processInfo.environment[name] == nil)
        // Where the value stood there is nothing of it any more.
        #expect(value.pointee == 0)
        let kek = try await store.load(KEKVersion(rawValue: number))
        #expect(kek.made(proof: try proof([UInt8](repeating: 0x5C, count: 32), number)))
    }

    @Test func itMakesNoVersionAndSaysHow() async throws {
        let store = EnvironmentKEKStore([:])
        let error = await #expect(throws: KEKError.self) { try await store.create(Self.one) }
        #expect(error?.description.contains("KEYWAY_KEK_1") == true)
        #expect(error?.description.contains("openssl rand") == true)
    }

    /// Against Foundation's decoder.
    @Test func base64IsRead() {
        var generator = SystemRandomNumberGenerator()
        for length in 0..<70 {
            let bytes = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            #expect(KeyText.base64(Array(Data(bytes).base64EncodedString().utf8)) == bytes)
        }
        for wrong in ["A", "AA", "AAA", "AA=", "AB==", "A===", "====", "AAB=", "AA==AAAA", "A A=", "AA-_"] {
            #expect(KeyText.base64(Array(wrong.utf8)) == nil, "\(wrong)")
        }
    }
}
