import Foundation
import TestSupport
import Testing

/// Heads of HTTP/2 have the limits of HTTP/1.1, from the first request of a connection, and are refused as there.
@Suite(.waiting) struct HTTP2HeadTests {
    private func server() throws -> (server: RunningServer, kid: String) {
        let data = try DataFolder()
        let policy = """
            kind: AuthorizationPolicy
            name: all
            options: [{ name: o, delivery: [aes], restrictions: [open] }]
            """
        try data.must("apply", try data.folder.write("policy.yaml", Data(policy.utf8)))
        let key = try data.must("key", "create", "--type", "envelope", "--auth", "all", "--json").json()
        let (certificate, secret) = (data.folder.path + "/tls.pem", data.folder.path + "/tls.key")
        let made = try run(
            Programs.outside("openssl"),
            [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout",
                secret, "-out", certificate,
            ])
        #expect(made.status == 0)
        let server = try RunningServer(
            data,
            environment: ["KEYWAY_TLS_ORIGIN_CERTIFICATE": certificate, "KEYWAY_TLS_ORIGIN_KEY": secret])
        return (server, try #require(key["keyId"] as? String))
    }

    private func code(_ answer: Answer) -> String? {
        (try? JSONSerialization.jsonObject(with: answer.body) as? [String: Any])?["code"] as? String
    }

    @Test func headsHaveTheSameLimits() throws {
        let (server, kid) = try server()
        defer { server.stop() }
        let url = "\(server.origin)/keys/aes?kid=\(kid)"
        func bytes(_ count: Int) -> String { String(repeating: "x", count: count) }
        func field(_ name: String, _ count: Int) -> [String] { ["-H", "\(name): \(bytes(count))"] }
        let rows: [(options: [String], url: String, status: Int, code: String?)] = [
            ([], url, 200, nil),
            (["-H", "Authorization: Bearer \(bytes(16_384))"], url, 200, nil),
            (field("X-A", 20_000) + field("X-B", 20_000), url, 200, nil),
            (["-H", "Authorization: Bearer \(bytes(16_385))"], url, 431, "tokenTooLarge"),
            (field("X-A", 30_000), url, 431, "headTooLarge"),
            (field("X-A", 20_000) + field("X-B", 20_000) + field("X-C", 20_000), url, 431, "headTooLarge"),
            ((0..<120).flatMap { ["-H", "X-\($0): y"] }, url, 431, "headTooLarge"),
            ([], "\(url)&x=\(bytes(20_000))", 200, nil),
            ([], "\(url)&x=\(bytes(25_000))", 414, "targetTooLong"),
            ([], "\(url)&x=\(bytes(60_000))", 414, "targetTooLong"),
        ]
        for (number, row) in rows.enumerated() {
            for version in ["--http2", "--http1.1"] {
                let answer = try curlWith(row.url, [version, "-k"] + row.options)
                #expect(answer.status == row.status, "\(number) \(version)")
                guard let expected = row.code else { continue }
                #expect(code(answer) == expected, "\(number) \(version)")
                #expect(answer.headers["content-type"] == "application/problem+json")
                #expect(answer.headers["cache-control"] == "no-store")
            }
        }
    }

    /// One stream that is refused leaves the others: also one whose body is under way.
    @Test func theConnectionGoesOn() throws {
        let (server, kid) = try server()
        defer { server.stop() }
        let url = "\(server.origin)/keys/aes?kid=\(kid)"
        let long = "\(url)&x=\(String(repeating: "x", count: 30_000))"
        let folder = try Folder()
        let body = try folder.write("body", Data(count: 200_000))
        let shown = ["-k", "--http2", "-o", "/dev/null", "-w", "%{http_code} %{num_connects}\\n"]
        let outcome = try run(
            Programs.outside("curl"),
            ["-sS"] + shown + [long, "--next"] + shown + ["--data-binary", "@\(body)", long, "--next"] + shown + [url])
        #expect(outcome.text == "414 1\n414 0\n200 0\n", "\(outcome.text) \(outcome.errors)")
    }
}
