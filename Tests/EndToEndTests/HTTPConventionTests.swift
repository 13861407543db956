import Foundation
import TestSupport
import Testing

/// What HTTP asks of every server, seen from a socket: no decoder of ours between.
@Suite(.waiting) struct HTTPConventionTests {
    private struct Published: Sendable {
        static let shared = Result { try Published() }

        let data: DataFolder
        let server: RunningServer
        let kid: String

        private init() throws {
            data = try DataFolder()
            let policy = """
                kind: AuthorizationPolicy
                name: everybody
                options: [{ name: o, delivery: [aes, clearkey], restrictions: [{ open: {} }] }]
                """
            try data.must("apply", try data.folder.write("everybody.yaml", Data(policy.utf8)))
            let key = try data.must("key", "create", "--type", "envelope", "--auth", "everybody", "--json").json()
            kid = try #require(key["keyId"] as? String)
            server = try RunningServer(data)
        }
    }

    private let published: Published

    init() throws { published = try Published.shared.get() }

    /// Sends bytes, and gives what comes until the server closes, or for as long as `wait` says.
    private func exchange(
        _ request: String, wait: Double = 60, then more: String = "", to base: String? = nil
    ) throws -> String {
        let script = """
            import socket, sys
            connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
            connection.settimeout(float(sys.argv[2]))
            connection.sendall(sys.argv[3].encode())
            heard = b""
            try:
                if sys.argv[4]:
                    while b"100 Continue" not in heard: heard += connection.recv(4096)
                    connection.sendall(sys.argv[4].encode())
                while True:
                    part = connection.recv(65536)
                    if not part: break
                    heard += part
                print(heard.decode("latin-1") + "<closed>")
            except socket.timeout:
                print(heard.decode("latin-1") + "<open>")
            """
        let port = (base ?? published.server.origin).split(separator: ":").last.map(String.init) ?? ""
        let outcome = try run(Programs.outside("python3"), ["-c", script, port, "\(wait)", request, more])
        #expect(outcome.status == 0, "\(outcome.errors)")
        return outcome.text
    }

    private var target: String { "/keys/aes?kid=\(published.kid)" }

    @Test func whoAsksBeforeSendingIsAnswered() throws {
        let body = #"{"kids":["\#(String(repeating: "A", count: 22))"],"type":"temporary"}"#
        let heard = try exchange(
            "POST /keys/clearkey HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n"
                + "Expect: 100-continue\r\n\r\n", then: body)
        #expect(heard.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404"), "\(heard)")
    }

    @Test func anAnswerToTheOldVersionEndsTheConnection() throws {
        let heard = try exchange("GET \(target)&token= HTTP/1.0\r\n\r\n")
        #expect(heard.contains(" 200 OK\r\n") && heard.hasSuffix("<closed>\n"), "\(heard)")
    }

    @Test(arguments: ["", "Host: a\r\nHost: b\r\n"]) func aRequestNamesItsHostOnce(hosts: String) throws {
        let heard = try exchange("GET \(target) HTTP/1.1\r\n\(hosts)\r\n")
        #expect(heard.hasPrefix("HTTP/1.1 400 Bad Request\r\n") && heard.contains(#""code":"hostInvalid""#), "\(heard)")
    }

    /// The refusal of what comes behind a request is not taken for that one's answer.
    @Test func answersKeepTheirOrder() throws {
        let body = #"{"kids":["\#(String(repeating: "A", count: 22))"],"type":"temporary"}"#
        let heard = try exchange(
            "POST /keys/clearkey HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                + String(body.utf8.count, radix: 16) + "\r\n\(body)\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n")
        let statuses = heard.matches(of: /HTTP\/1\.1 (\d+)/).map { String($0.1) }
        #expect(statuses == ["404", "400"], "\(heard)")
    }

    @Test func aHeadThatIsTooLargeIsCalledSo() throws {
        for request in [
            "GET \(target) HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(String(repeating: "x", count: 100_000))\r\n\r\n",
            "GET \(target) HTTP/1.1\r\nHost: x\r\n" + (0..<2000).map { "X-\($0): y\r\n" }.joined() + "\r\n",
        ] {
            let heard = try exchange(request)
            #expect(heard.hasPrefix("HTTP/1.1 431 Request Header Fields Too Large\r\n"), "\(heard.prefix(300))")
            #expect(heard.contains("no-store") && heard.contains(#""code":"headTooLarge""#))
        }
    }

    @Test(arguments: [24_576, 60_000, 100_000]) func aURLThatIsTooLongIsCalledSo(length: Int) throws {
        let long = "\(target)&x=\(String(repeating: "x", count: length))"
        for base in [published.server.origin, published.server.admin] {
            let heard = try exchange("GET \(long) HTTP/1.1\r\nHost: x\r\n\r\n", to: base)
            #expect(heard.hasPrefix("HTTP/1.1 414 URI Too Long\r\n"), "\(heard.prefix(300))")
            #expect(heard.contains("no-store") && heard.contains(#""code":"targetTooLong""#))
        }
    }

    @Test func whatIsNotHTTPIsCalledSo() throws {
        let heard = try exchange("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: a\r\n\r\n")
        #expect(heard.hasPrefix("HTTP/1.1 400 Bad Request\r\n"), "\(heard)")
    }

    @Test(arguments: [
        ("DELETE", "/keys/aes", "GET, POST"), ("HEAD", "/keys/aes?kid=x", "GET, POST"),
        ("GET", "/keys/clearkey", "POST"),
        ("POST", "/0a2b1c3d-0000-4000-8000-000000000000/film.ism/manifest", "GET, HEAD"),
    ])
    func otherMethodsAreRefusedWithThoseThatThereAre(method: String, path: String, allowed: String) throws {
        let heard = try exchange(
            "\(method) \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        #expect(heard.hasPrefix("HTTP/1.1 405 Method Not Allowed\r\n"), "\(heard)")
        #expect(heard.lowercased().contains("\r\nallow: \(allowed.lowercased())\r\n"), "\(heard)")
    }

    /// A filter in front may have looked at the other one.
    @Test func aKeyIsNamedOnce() throws {
        let (kid, origin) = (published.kid, published.server.origin)
        #expect(try curl("\(origin)/keys/aes?kid=\(kid)").status == 200)
        #expect(try curl("\(origin)/keys/aes/\(kid)").status == 200)
        let many = (0..<40).map { "&p\($0)=1" }.joined()
        for target in [
            "aes?kid=\(kid)\(many)&kid=x", "aes/\(kid)?x=1\(many)", "aes?kid=\(kid)&kid=\(kid)",
            "aes/\(kid)?kid=\(kid)", "aes?KID=\(kid)&kid=x",
        ] {
            #expect(try curl("\(origin)/keys/\(target)").status == 400, "\(target)")
        }
    }

    /// Whoever disables a key by its KID must not disable another that is called so.
    @Test func aKIDIsNoName() throws {
        let refused = try published.data.keyway("key", "create", "--type", "envelope", "--name", published.kid)
        #expect(refused.status == 65)
        #expect(refused.errors.contains("KID"), "\(refused.errors)")
        let other = UUID().uuidString.lowercased()
        let document = "kind: ContentKey\nname: \(published.kid)\ntype: envelope\nkeyId: \(other)\n"
        let file = try published.data.folder.write("shadow.yaml", Data(document.utf8))
        #expect(try published.data.keyway("apply", file).status != 0)
        let shown = try published.data.must("key", "show", published.kid, "--json").json()
        #expect(shown["keyId"] as? String == published.kid)
    }

    /// As Azure Media Services' players wrote it.
    @Test func aTokenInTheQueryMayHaveItsScheme() throws {
        let data = published.data
        try data.must("secret", "set", "demo-sts", input: Data("hex:\(String(repeating: "5c", count: 32))".utf8))
        let policies = Programs.repository.appendingPathComponent("Policies").path
        try data.must("apply", policies)
        let key = try data.must("key", "create", "--type", "envelope", "--auth", "demo-viewers", "--json").json()
        let kid = try #require(key["keyId"] as? String)
        let token = try data.must("token", "issue", "--policy", "demo-viewers").text
            .trimmingCharacters(in: .whitespacesAndNewlines)
        for prefix in ["", "Bearer%3d", "Bearer%20", "bearer%3D"] {
            let url = "\(published.server.origin)/keys/aes?kid=\(kid)&token=\(prefix)\(token)"
            #expect(try curl(url).status == 200, "\(prefix)")
        }
    }

    /// Whoever goes away in the middle of a request is nothing that an operator could mend: no error is logged over it.
    @Test func aRequestThatBreaksOffIsNoErrorOfTheServers() throws {
        let script = """
            import socket, struct, sys
            head = b"POST /keys/clearkey HTTP/1.1\\r\\nHost: x\\r\\n"
            for rest in (b"Content-Length: 20000\\r\\n\\r\\n{", b"Transfer-Encoding: chunked\\r\\n\\r\\n5\\r\\nab"):
                for isReset in (False, True):
                    connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
                    connection.sendall(head + rest)
                    if isReset:
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    connection.close()
            """
        let port = published.server.origin.split(separator: ":").last.map(String.init) ?? ""
        #expect(try run(Programs.outside("python3"), ["-c", script, port]).status == 0)
        // What was sent is dealt with when those behind it are answered.
        for _ in 0..<20 { #expect(try curl("\(published.server.origin)\(target)").status == 200) }
        let heard = try exchange(
            "POST /keys/clearkey HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nno number\r\n")
        #expect(heard.hasPrefix("HTTP/1.1 400"), "\(heard)")
        let log = String(decoding: try Data(contentsOf: published.server.errors), as: UTF8.self)
        #expect(!log.contains("request failed"), "\(log)")
    }
}
