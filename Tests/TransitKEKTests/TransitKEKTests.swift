import ContentKeys
import Foundation
import KeyWrapping
import Logging
import Synchronization
import TestSupport
import Testing
import TransitKEK

@Suite(.waiting) struct TransitKEKTests {
    private static let one = KEKVersion(rawValue: 1)

    private final class Fixture: Sendable {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("keyway-tkek-\(UUID().uuidString)")
            .path
        let server: TransitServer

        init(isSecure: Bool = false) throws { server = try TransitServer(isSecure: isSecure) }

        deinit {
            try? FileManager.default.removeItem(atPath: path)
        }

        func store(
            key: String = "keyway", namespace: String? = nil, caFile: String? = nil, timeout: Duration = .seconds(60)
        )
            throws -> TransitKEKStore
        {
            let configuration = try TransitConfiguration(
                address: server.address, key: key, tokenFile: server.tokenFile, caFile: caFile, namespace: namespace)
            return TransitKEKStore(
                folder: KEKFolder(path: path), configuration: configuration, timeout: timeout)
        }

        var ciphertext: URL { URL(fileURLWithPath: path + "/kek-1.transit") }
    }

    private func failure(_ body: () async throws -> Void) async -> String {
        do {
            try await body()
            return "nothing failed"
        } catch {
            return "\(error)"
        }
    }

    @Test func aVersionIsMadeAndOpenedAgain() async throws {
        let fixture = try Fixture()
        let made = try await fixture.store(namespace: "team/a").create(Self.one)
        let text = try String(contentsOf: fixture.ciphertext, encoding: .utf8)
        #expect(text.hasPrefix("vault:v1:"))
        #expect(
            try FileManager.default.attributesOfItem(atPath: fixture.ciphertext.path)[.posixPermissions] as? Int
                == 0o600)
        let opened = try await fixture.store().load(Self.one)
        #expect(opened.made(proof: try made.makeProof()))
        let asked = fixture.server.log()
        #expect(asked.first == "/v1/transit/datakey/wrapped/keyway team/a 200")
        #expect(asked.last == "/v1/transit/decrypt/keyway - 200")
        // The clear key is made by nobody who could keep it: only its ciphertext was asked for.
        #expect(!asked.contains { $0.contains("datakey/plaintext") })
        #expect(try fixture.store().loadNow(Self.one) == nil)
    }

    /// The key that comes over HTTP is the one that Python's AES-GCM opens the ciphertext to.
    @Test func theKeyIsWhatTheCiphertextHolds() async throws {
        let fixture = try Fixture()
        let made = try await fixture.store().create(Self.one)
        let script = """
            import base64, sys
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM
            key, text = open(sys.argv[1], 'rb').read(), open(sys.argv[2]).read()
            sealed = base64.b64decode(text.removeprefix('vault:v1:'))
            sys.stdout.buffer.write(AESGCM(key).decrypt(sealed[:12], sealed[12:], None))
            """
        let python = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent(".tools/venv/bin/python").path
        let clear = try Tool.run([
            python, "-c", script, fixture.server.folder.path + "/key", fixture.ciphertext.path,
        ]).standardOutput
        let kek = try #require(Array(clear).withUnsafeBytes { KEK(version: Self.one, copying: $0) })
        #expect(kek.made(proof: try made.makeProof()))
    }

    @Test(arguments: [
        ("slow", "in time"), ("drip", "in time"), ("oversize", "64 KiB"), ("redirect", "redirect"),
        ("sealed", "sealed"), ("garbage", "without a plaintext"), ("short", "16 bytes"),
    ])
    func whatTheServerDoesWrongIsSaid(mode: String, words: String) async throws {
        let fixture = try Fixture()
        let store = try fixture.store()
        _ = try await store.create(Self.one)
        try fixture.server.set("mode", mode)
        // Only who is to be given up on is waited for shortly: a loaded machine is slow, too.
        let asking = words == "in time" ? try fixture.store(timeout: .seconds(2)) : store
        let message = await failure { _ = try await asking.load(Self.one) }
        #expect(message.contains(words), "\(message)")
        #expect(!message.contains("hvs.test"))
        // A redirect is not followed, with or without the token.
        #expect(!fixture.server.log().contains { $0.contains("elsewhere") })
        try fixture.server.set("mode", "")
        _ = try await store.load(Self.one)
    }

    @Test func refusalsSayWhatToDo() async throws {
        let fixture = try Fixture()
        let store = try fixture.store()
        _ = try await store.create(Self.one)
        try fixture.server.set("token-file", "hvs.other\n")
        #expect(await failure { _ = try await store.load(Self.one) }.contains("403"))
        // The file is read again for each question.
        try fixture.server.set("token-file", "hvs.test\n")
        _ = try await store.load(Self.one)
        #expect(await failure { _ = try await fixture.store(key: "other").load(Self.one) }.contains("404"))
        // A ciphertext of another key.
        try FileManager.default.removeItem(at: fixture.server.folder.appendingPathComponent("key"))
        #expect(await failure { _ = try await store.load(Self.one) }.contains("400"))
    }

    @Test func aServerThatIsAwayIsSaid() async throws {
        let fixture = try Fixture()
        _ = try await fixture.store().create(Self.one)
        let gone = try TransitKEKStore(
            folder: KEKFolder(path: fixture.path),
            configuration: TransitConfiguration(
                address: "http://127.0.0.1:1", key: "keyway", tokenFile: fixture.server.tokenFile))
        #expect(await failure { _ = try await gone.load(Self.one) }.contains("could not be reached"))
    }

    @Test func theTokenFileIsPrivate() async throws {
        let fixture = try Fixture()
        let store = try fixture.store()
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: fixture.server.tokenFile)
        #expect(await failure { _ = try await store.create(Self.one) }.contains("chmod"))
        for bad in ["", "two words", "a\r\nx-header: y", String(repeating: "a", count: 10_000)] {
            try fixture.server.set("token-file", bad)
            #expect(await failure { _ = try await store.create(Self.one) }.contains("does not hold a token"))
        }
        #expect(fixture.server.log().isEmpty)
    }

    @Test(arguments: ["", "vault:v1:", "vault:v1:AA\"", "hello", "vault:v1:AAAA\",\"x\":\"", "vault:vx:AAAA"])
    func whatIsNoCiphertextIsNotSent(text: String) async throws {
        let fixture = try Fixture()
        let store = try fixture.store()
        _ = try Array(text.utf8).withUnsafeBytes { try KEKFolder(path: fixture.path).create("kek-1.transit", $0) }
        #expect(await failure { _ = try await store.load(Self.one) }.contains("not a transit ciphertext"))
        #expect(fixture.server.log().isEmpty)
    }

    @Test func theTokenIsRenewedAtHalfOfItsLease() async throws {
        let fixture = try Fixture()
        try fixture.server.set("lease", "1")
        let store = try fixture.store()
        let task = Task { await store.keepToken(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }) }
        defer { task.cancel() }
        func renewals(_ status: Int) -> Int {
            fixture.server.log().count { $0.hasPrefix("/v1/auth/token/renew-self") && $0.hasSuffix("\(status)") }
        }
        func within(_ seconds: Int, _ condition: () -> Bool) async throws -> Bool {
            for _ in 0..<(seconds * 20) {
                if condition() { return true }
                try await Task.sleep(for: .milliseconds(50))
            }
            return condition()
        }
        #expect(try await within(60) { renewals(200) >= 3 })
        // A failure is tried again, and a new token in the file is taken up.
        try fixture.server.set("accepted", "hvs.next")
        #expect(try await within(60) { renewals(403) >= 1 })
        let before = renewals(200)
        try fixture.server.set("token-file", "hvs.next")
        #expect(try await within(60) { renewals(200) > before })
    }

    @Test(arguments: [
        "http://vault.example.com:8200", "ftp://127.0.0.1", "http://127.0.0.1.example.com", "https://", "vault:8200",
        "https://vault/", "https://user:password@vault", "https://vault?x=y", "http://10.0.0.1", "http://127.1",
    ])
    func onlyHTTPSOrLoopback(address: String) {
        #expect(throws: KEKError.self) { try TransitConfiguration(address: address, key: "k", tokenFile: "t") }
    }

    @Test(arguments: [
        "https://vault", "https://vault:8200", "http://127.0.0.1:8200", "http://[::1]:8200", "http://localhost",
    ])
    func theseMayBeAsked(address: String) throws {
        _ = try TransitConfiguration(address: address, key: "k", tokenFile: "t")
    }

    @Test(arguments: ["", "a/b", "..", "a b", "a?b", "a\"b", "é"])
    func namesAreNames(name: String) {
        #expect(throws: KEKError.self) {
            try TransitConfiguration(address: "https://vault", key: name, tokenFile: "t")
        }
        if name != "a/b" {
            #expect(throws: KEKError.self) {
                try TransitConfiguration(address: "https://vault", mount: name, key: "k", tokenFile: "t")
            }
        }
    }

    @Test func overTLSTheServerMustBeTheOneThatIsTrusted() async throws {
        let fixture = try Fixture(isSecure: true)
        _ = try await fixture.store(caFile: fixture.server.certificateFile).create(Self.one)
        let message = await failure { _ = try await fixture.store().load(Self.one) }
        #expect(message.contains("TLS"), "\(message)")
        let other = try TransitServer(isSecure: true)
        let wrong = try fixture.store(caFile: other.certificateFile)
        #expect(await failure { _ = try await wrong.load(Self.one) }.contains("TLS"))
        #expect(fixture.server.log().count == 3)
    }

    @Test func aWrongAuthorityFileIsSaid() async throws {
        let fixture = try Fixture()
        let store = try fixture.store(caFile: fixture.server.tokenFile)
        #expect(await failure { _ = try await store.create(Self.one) }.contains("kek.transit.caFile"))
    }
}
