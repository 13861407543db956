import Foundation
import TestSupport
import Testing

@testable import OutboundHTTP

/// Against a server that misbehaves on request (Tests/Outbound/server.py).
@Suite(.serialized, .waiting) struct OutboundClientTests {
    private static let plain = Result { try StandIn("Outbound/server.py") }
    private static let secure = Result { try StandIn("Outbound/server.py") { try PrivateAuthority.make(in: $0) } }

    private func ask(
        _ url: String, _ method: OutboundRequest.Method = .get, body: [UInt8] = [], file: String? = nil,
        limit: Int = 1 << 20, timeout: Duration = .seconds(60)
    ) async throws -> OutboundAnswer {
        try await OutboundClient.askOnce(
            OutboundRequest(method, url, headers: [("x-asked", "yes")], body: body),
            authorities: try file.map { try Authorities(file: $0) }, limit: limit, timeout: timeout)
    }

    private func failure(_ body: () async throws -> Void) async -> OutboundError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? OutboundError
        }
    }

    @Test(arguments: ["plain", "chunked"]) func anAnswerComesWhole(path: String) async throws {
        let server = try Self.plain.get()
        let got = try await ask("\(server.address)/\(path)")
        #expect(got.status == 200 && got.body == Array("hello".utf8) && got.values(of: "X-List") == ["a", "b"])
        let posted = try await ask("\(server.address)/\(path)", .post, body: Array("a question".utf8))
        #expect(posted.body == Array("a question".utf8))
        let entry = try #require(server.log().last)
        #expect(entry.contains(#""method": "POST""#) && entry.contains(#""x-asked": "yes""#))
    }

    @Test(arguments: [404, 500, 201, 204]) func whatIsNot200IsNotRead(status: UInt) async throws {
        let answer = try await ask("\(Self.plain.get().address)/status/\(status)")
        #expect(answer.status == status && answer.body.isEmpty && !answer.isRedirect)
    }

    @Test func aRedirectIsNotFollowed() async throws {
        let server = try Self.plain.get()
        let answer = try await ask("\(server.address)/redirect")
        #expect(answer.status == 307 && answer.isRedirect)
        #expect(!server.log().contains { $0.contains("elsewhere") && !$0.contains("/redirect") })
    }

    @Test(arguments: ["size", "drip-size"]) func anAnswerHasALargestSize(path: String) async throws {
        let server = try Self.plain.get()
        #expect(try await ask("\(server.address)/\(path)/65536", limit: 65536).body.count == 65536)
        let failed = await failure { _ = try await ask("\(server.address)/\(path)/65537", limit: 65536) }
        #expect(failed?.code == .tooLong && failed?.reason == "answered with more than 64 KiB")
    }

    @Test(arguments: ["slow", "drip"]) func anAnswerHasALongestTime(path: String) async throws {
        let url = "\(try Self.plain.get().address)/\(path)"
        let failed = await failure { _ = try await ask(url, timeout: .seconds(1)) }
        #expect(failed?.code == .timedOut && failed?.reason == "did not answer in time")
    }

    @Test func whoDoesNotWaitIsNotKept() async throws {
        let url = "\(try Self.plain.get().address)/slow"
        let task = Task { await failure { _ = try await ask(url) } }
        try await Task.sleep(for: .milliseconds(200))
        task.cancel()
        #expect(await task.value?.code == .cancelled)
    }

    @Test func whatIsNotThereIsUnreachable() async throws {
        let url = "\(try Self.plain.get().address)/drop"
        #expect(await failure { _ = try await ask(url) }?.code == .unreachable)
        let refused = await failure { _ = try await ask("http://127.0.0.1:1/") }
        #expect(refused?.code == .unreachable && refused?.reason.contains("Connection refused") == true)
    }

    @Test(arguments: [
        "http://203.0.113.1/", "http://localhost.example/", "ftp://127.0.0.1/", "//127.0.0.1/", "", "https://",
        "http://127.1/", "http://[::2]/",
    ])
    func nothingCrossesANetworkInTheClear(url: String) async throws {
        #expect(await failure { _ = try await ask(url) }?.code == .unprotected)
    }

    @Test func aServerMustBeOfTheAuthorityThatIsTrusted() async throws {
        let server = try Self.secure.get()
        let url = server.address + "/plain"
        #expect(try await ask(url, file: server.folder.path + "/authority.pem").status == 200)
        #expect(server.log().count == 1)
        // Not the system's, and not another's of the same name.
        let other = FileManager.default.temporaryDirectory.appendingPathComponent("keyway-ca-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: other, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: other) }
        try PrivateAuthority.make(in: other)
        for file in [nil, other.path + "/authority.pem"] {
            let failed = await failure { _ = try await ask(url, file: file) }
            #expect(
                failed?.code == .untrusted && failed?.reason.contains("TLS") == true, "\(String(describing: failed))")
        }
        // A bundle of both will do.
        let bundle = other.path + "/bundle.pem"
        let both = try [other.path, server.folder.path].map {
            try Data(contentsOf: URL(fileURLWithPath: $0 + "/authority.pem"))
        }
        try Data(both.joined()).write(to: URL(fileURLWithPath: bundle))
        #expect(try await ask(url, file: bundle).status == 200)
        #expect(server.log().count == 2)
    }

    @Test func aCertificateOfAnotherAddressIsNotTrusted() async throws {
        let server = try StandIn("Outbound/server.py") { try PrivateAuthority.make(in: $0, for: "127.0.0.9") }
        let failed = await failure {
            _ = try await ask(server.address + "/plain", file: server.folder.path + "/authority.pem")
        }
        #expect(failed?.code == .untrusted, "\(String(describing: failed))")
        #expect(server.log().isEmpty)
    }

    @Test(arguments: ["/nonexistent", "/etc/hostname", "/dev/null", "/etc"])
    func authoritiesThatCannotBeReadAreSaid(file: String) {
        #expect(throws: AuthoritiesError(file: file)) { try Authorities(file: file) }
    }

    @Test func connectionsAreKeptForMany() async throws {
        let server = try StandIn("Outbound/server.py")
        let client = OutboundClient(keepsConnections: true)
        for _ in 0..<3 {
            _ = try await client.ask(OutboundRequest(.get, server.address + "/plain"), limit: 10, timeout: .seconds(60))
        }
        await client.shutDown()
        let ports = server.log().compactMap { $0.firstMatch(of: /"port": (\d+)/)?.output.1 }
        #expect(ports.count == 3 && Set(ports).count == 1)
    }
}
