import Foundation
import TestSupport
import Testing

/// Keys in the clear leave only where nobody on the way can read them: TLS, this machine, a trusted proxy. What counts is
/// each connection, not what the configuration allows to others.
@Suite(.waiting) struct ProtectedConnectionTests {
    /// An address of this machine that is not loopback.
    private static let address = (try? run(Programs.outside("hostname"), ["-I"]))?.text.split(separator: " ").lazy
        .map(String.init).first { $0.contains(".") && !$0.hasPrefix("127.") }
    private static let policy = """
        kind: AuthorizationPolicy
        name: films
        options:
          - { name: all, delivery: [aes, clearkey], restrictions: [open: {}] }
        """

    /// Sends a PROXY protocol header and one request over a socket, and gives the status and the body.
    private func send(_ header: String, to base: String, _ path: String, token: String, body: String) throws -> String {
        let script = """
            import socket, sys
            host, port = sys.argv[1].rsplit("/", 1)[-1].split(":")
            connection = socket.create_connection((host, int(port)))
            connection.settimeout(60)
            connection.sendall(sys.argv[2].encode() + (
                f"POST {sys.argv[3]} HTTP/1.1\\r\\nHost: x\\r\\nAuthorization: Bearer {sys.argv[4]}\\r\\n"
                f"Content-Type: application/json\\r\\nContent-Length: {len(sys.argv[5])}\\r\\nConnection: close\\r\\n\\r\\n"
                f"{sys.argv[5]}").encode())
            heard = b""
            while True:
                part = connection.recv(65536)
                if not part: break
                heard += part
            head, _, body = heard.decode().partition("\\r\\n\\r\\n")
            print(head.split(" ")[1], body)
            """
        let outcome = try run(Programs.outside("python3"), ["-c", script, base, header, path, token, body])
        #expect(outcome.status == 0, "\(outcome.errors)")
        return outcome.text
    }

    /// A proxy on this machine passes connections on and says so by the PROXY protocol alone, which no header tells of.
    @Test func aProxyOnThisMachineIsNotThisMachine() throws {
        let data = try DataFolder()
        try data.must("apply", data.folder.write("policy.yaml", Data(Self.policy.utf8)))
        try data.must("key", "create", "--type", "envelope", "--name", "film", "--auth", "films")
        let token = try #require(
            try data.must("admin", "token", "create", "me", "--role", "key-admin", "--json").json()["token"] as? String)
        let server = try RunningServer(
            data, environment: ["KEYWAY_PROXY_PROTOCOL": "admin", "KEYWAY_TRUSTED_PROXIES": "127.0.0.1/32"])
        defer { server.stop() }
        func export(_ header: String) throws -> String {
            try send(
                header + "\r\n", to: server.admin, "/v1/keys/film/export", token: token, body: #"{"confirmed":true}"#)
        }
        for header in [
            "PROXY TCP4 203.0.113.5 127.0.0.1 4711 8090", "PROXY TCP6 2001:db8::5 ::1 4711 8090", "PROXY UNKNOWN",
        ] {
            let refused = try export(header)
            #expect(refused.hasPrefix("403 ") && refused.contains("over TLS or on this machine only"), "\(refused)")
        }
        let given = try export("PROXY TCP4 127.0.0.1 127.0.0.1 4711 8090")
        #expect(given.hasPrefix("200 "), "\(given.prefix(300))")
    }

    /// Asks for keys in the clear by Tests/CPIX/speke.py.
    private func ask(_ server: RunningServer, _ token: String) throws -> (status: Int?, code: String?, hasKey: Bool) {
        let script = Programs.repository.appendingPathComponent("Tests/CPIX/speke.py").path
        let outcome = try run(
            Programs.outside("python"),
            [
                script, server.origin + "/cpix/keys", token, "film-42", "cbcs",
                "HD=aeb4050d-e44b-4802-932e-27d75083e266",
            ])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let answer = try outcome.json()
        let keys = answer["keys"] as? [String: [String: Any]] ?? [:]
        return (
            answer["status"] as? Int, (answer["problem"] as? [String: Any])?["code"] as? String,
            keys.values.contains { $0["key"] is String }
        )
    }

    /// That there is a trusted proxy says nothing of who comes past it.
    @Test(.enabled(if: address != nil, "there is no network address besides loopback"))
    func whoComesPastTheProxyIsNotProtected() throws {
        let address = try #require(Self.address)
        let data = try DataFolder()
        try data.must("apply", data.folder.write("policy.yaml", Data(Self.policy.utf8)))
        let token = try data.must("encryptor", "create", "packager", "--policy", "films").text
            .trimmingCharacters(in: .whitespacesAndNewlines)
        for (proxies, isProtected) in [("127.0.0.1/32", false), ("\(address)/32", true)] {
            let server = try RunningServer(
                data, environment: ["KEYWAY_TRUSTED_PROXIES": proxies, "KEYWAY_LISTEN_ORIGIN": "\(address):0"])
            defer { server.stop() }
            let answer = try ask(server, token)
            #expect(answer.hasKey == isProtected)
            #expect(answer.status == (isProtected ? 200 : 403))
            #expect(answer.code == (isProtected ? nil : "connectionNotProtected"))
        }
    }
}
