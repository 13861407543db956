import Foundation
import Glibc
import TestSupport
import Testing

/// The example of a security token service in Documentation/examples, running.
final class ExampleIssuer: @unchecked Sendable {
    // Sendable: the process is started in the initialiser and only signalled after.
    private let process = Process()
    let url: String

    /// - Parameter port: to be there again after it was away; 0 for any.
    init(port: Int = 0) throws {
        let folder = try Folder()
        let output = folder.url("out")
        try Data().write(to: output)
        process.executableURL = URL(fileURLWithPath: try Programs.outside("python"))
        process.arguments = [
            Programs.repository.appendingPathComponent("Documentation/examples/sts.py").path, String(port),
        ]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = FileHandle.nullDevice
        try process.run()
        ServersToStop.add(process)
        var line = ""
        for _ in 0..<600 where line.isEmpty {
            usleep(50_000)
            let text = String(decoding: try Data(contentsOf: output), as: UTF8.self)
            line = text.split(separator: "\n").first.map(String.init) ?? ""
        }
        guard line.hasPrefix("http://") else { throw ToolMissing(name: "the example issuer") }
        url = line
    }

    var port: Int { URL(string: url)?.port ?? 0 }

    /// By force: a child of the test process inherits its blocked signals.
    func stop() {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    deinit {
        if process.isRunning { stop() }
    }

    func token(_ wishes: String = "{}") throws -> String {
        let answer = try curl("\(url)/token", "-X", "POST", "-d", wishes)
        return try (JSONSerialization.jsonObject(with: answer.body) as? [String: Any])?["access_token"] as? String ?? ""
    }

    func post(_ path: String) throws {
        #expect(try curl("\(url)/\(path)", "-X", "POST", "-d", "{}").status == 200)
    }
}

/// A key service whose policy verifies with the keys that an issuer publishes.
@Suite(.waiting) struct IssuerTests {
    private func policy(_ issuer: String, _ key: String) -> Data {
        Data(
            """
            kind: AuthorizationPolicy
            name: subscribers
            options:
              - name: web
                delivery: [aes]
                restrictions:
                  - token:
                      type: jwt
                      issuer: \(issuer)
                      audience: urn:example:films
                      verificationKeys: [\(key)]
                      requiredClaims: { plan: [premium, family], sub: { present: true } }
                      maxLifetime: 15m
            ---
            kind: ContentKey
            name: film
            type: envelope
            authorizationPolicy: subscribers

            """.utf8)
    }

    private func setUp(_ issuer: ExampleIssuer, _ key: String) throws -> (DataFolder, String) {
        let data = try DataFolder(environment: ["KEYWAY_KEY_SETS_HOSTS": "127.0.0.1:\(issuer.port)"])
        try data.must("apply", try data.folder.write("policy.yaml", policy(issuer.url, key)))
        let list = try data.must("key", "list", "--json").json()["keys"] as? [[String: Any]]
        return (data, try #require(list?.first?["keyId"] as? String))
    }

    private func status(_ server: RunningServer, _ keyID: String, _ token: String) throws -> Int {
        try curl("\(server.origin)/keys/aes?kid=\(keyID)", "-H", "Authorization: Bearer \(token)").status
    }

    @Test(arguments: ["openid: ISSUER/.well-known/openid-configuration", "jwks: ISSUER/jwks.json"])
    func keysRollOverWithoutAnyoneNoticing(source: String) throws {
        var issuer = try ExampleIssuer()
        let (data, keyID) = try setUp(issuer, "{ \(source.replacingOccurrences(of: "ISSUER", with: issuer.url)) }")
        let server = try RunningServer(data)
        let first = try issuer.token()
        #expect(try status(server, keyID, first) == 200)
        #expect(try status(server, keyID, try issuer.token(#"{"plan":"family"}"#)) == 200)
        for _ in 0..<2 {
            let basic = try issuer.token(#"{"plan":"basic"}"#)
            let answer = try curl("\(server.origin)/keys/aes?kid=\(keyID)", "-H", "Authorization: Bearer \(basic)")
            #expect(answer.status == 403)
            #expect(answer.headers["www-authenticate"] == #"Bearer realm="keyway", error="insufficient_scope""#)
        }
        // Right after the rollover: the new name is not known here, and one new reading finds it. The reading at the
        // server's start was just now, so that the pause between two may have to pass.
        try issuer.post("rotate")
        let second = try issuer.token()
        var answer = 0
        for _ in 0..<240 where answer != 200 {
            answer = try status(server, keyID, second)
            if answer != 200 { usleep(500_000) }
        }
        #expect(answer == 200)
        #expect(try status(server, keyID, first) == 200)
        #expect(
            try data.must(
                "policy", "test", "--kid", keyID, "--ip", "192.0.2.1", "--token-file", "-", input: Data(second.utf8)
            ).status == 0)
        // Its tokens go on while the issuer is away, after a restart too.
        let port = issuer.port
        issuer.stop()
        #expect(try status(server, keyID, second) == 200)
        server.stop()
        let restarted = try RunningServer(data)
        #expect(try status(restarted, keyID, second) == 200)
        // Somebody else at the issuer's address: other keys, none of which signed these tokens. What is read goes by what
        // the issuer says, so that its word takes away as well as it gives.
        issuer = try ExampleIssuer(port: port)
        let third = try issuer.token()
        answer = 0
        for _ in 0..<240 where answer != 200 {
            answer = try status(restarted, keyID, third)
            if answer != 200 { usleep(500_000) }
        }
        #expect(answer == 200)
        #expect(try status(restarted, keyID, second) == 401)
        restarted.stop()
    }

    @Test func hostsThatAreNotListedAreRefusedWhenTheyAreNamed() throws {
        let data = try DataFolder()
        let file = try data.folder.write(
            "policy.yaml", policy("https://sts.example.com", "{ jwks: https://sts.example.com/jwks.json }"))
        let outcome = try data.keyway("apply", file)
        #expect(outcome.status == 65)
        #expect(outcome.errors.contains("policy.yaml:11:38: 'jwks': sts.example.com may not be asked for keys"))
        #expect(outcome.errors.contains("keySets.hosts"))
    }

    /// Keys are read where the policy says and nowhere else.
    @Test func redirectsAreNotFollowed() throws {
        let issuer = try ExampleIssuer()
        let redirector = try Redirector(to: issuer.url + "/jwks.json")
        let data = try DataFolder(
            environment: ["KEYWAY_KEY_SETS_HOSTS": "127.0.0.1:\(issuer.port), 127.0.0.1:\(redirector.port)"])
        let file = try data.folder.write(
            "policy.yaml", policy(issuer.url, "{ jwks: http://127.0.0.1:\(redirector.port)/ }"))
        try data.must("apply", file)
        let list = try data.must("key", "list", "--json").json()["keys"] as? [[String: Any]]
        let keyID = try #require(list?.first?["keyId"] as? String)
        let server = try RunningServer(data)
        #expect(try status(server, keyID, try issuer.token()) == 401)
        let tail = try data.must("audit", "tail", "-n", "10").text
        #expect(tail.contains("detail=keySetUnavailable"))
        let metrics = try curl("\(server.admin)/metrics").body
        #expect(String(decoding: metrics, as: UTF8.self).contains(#"keyway_key_set_reads_total{outcome="failed"}"#))
        server.stop()
    }
}

/// A server that answers everything with a redirect.
private final class Redirector: @unchecked Sendable {
    private let process = Process()
    let port: Int

    init(to url: String) throws {
        let folder = try Folder()
        let output = folder.url("out")
        try Data().write(to: output)
        process.executableURL = URL(fileURLWithPath: try Programs.outside("python"))
        process.arguments = [
            "-c",
            """
            import sys
            from http.server import BaseHTTPRequestHandler, HTTPServer
            class Handler(BaseHTTPRequestHandler):
                def do_GET(self):
                    self.send_response(302)
                    self.send_header("Location", sys.argv[1])
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                def log_message(self, *_): pass
            server = HTTPServer(("127.0.0.1", 0), Handler)
            print(server.server_address[1], flush=True)
            server.serve_forever()
            """, url,
        ]
        process.standardOutput = try FileHandle(forWritingTo: output)
        try process.run()
        ServersToStop.add(process)
        var found: Int?
        for _ in 0..<600 where found == nil {
            usleep(50_000)
            found = Int(
                String(decoding: try Data(contentsOf: output), as: UTF8.self).trimmingCharacters(in: .newlines))
        }
        guard let found else { throw ToolMissing(name: "a redirecting server") }
        port = found
    }

    deinit {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
