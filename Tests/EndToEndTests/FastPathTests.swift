import Foundation
import TestSupport
import Testing

/// Keys are given out by two ways: read from the connection's bytes, or by the router, to which `Connection: close` leads.
/// Nobody may be able to tell by which one an answer came.
@Suite(.waiting) struct FastPathTests {
    private static let near = """
        kind: AuthorizationPolicy
        name: near
        options:
          - { name: o, delivery: [aes, clearkey], restrictions: [{ ip: { allow: [127.0.0.0/8] } }] }
        """

    private static let policies =
        near + """

            ---
            kind: AuthorizationPolicy
            name: far
            options:
              - { name: o, delivery: [aes, clearkey], restrictions: [{ ip: { allow: [192.0.2.0/24] } }] }
            ---
            kind: AuthorizationPolicy
            name: viewers
            options:
              - name: o
                delivery: [aes, clearkey]
                restrictions:
                  - token:
                      type: jwt
                      issuer: https://sts.example.com
                      audience: films
                      verificationKeys: [{ secret: viewers, algorithms: [HS256] }]
            """

    private static func licence(_ kids: [String], _ type: String = "temporary") throws -> String {
        let names = try kids.map { kid in
            let bytes = withUnsafeBytes(of: try #require(UUID(uuidString: kid)).uuid) { Data($0) }
            let text = bytes.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing(
                "=", with: "")
            return "\"\(text)\""
        }
        return "{\"kids\":[\(names.joined(separator: ","))],\"type\":\"\(type)\"}"
    }

    @Test func bothWaysGiveTheSameAnswers() throws {
        let data = try DataFolder()
        try data.must("secret", "set", "viewers", input: Data("a secret of thirty-two bytes, or more".utf8))
        try data.must("apply", try data.folder.write("policies.yaml", Data(Self.policies.utf8)))
        func key(_ policy: String, _ type: String) throws -> String {
            let made = try data.must("key", "create", "--type", type, "--auth", policy, "--json").json()
            return try #require(made["keyId"] as? String)
        }
        let kids = try ["near", "far", "viewers"].map { try key($0, "common-cbcs") }
        let envelope = try key("near", "envelope")
        let server = try RunningServer(data, environment: ["KEYWAY_CORS_ORIGINS": "https://player.example"])
        let unknown = "11111111-2222-4333-8444-555555555555"
        var requests: [(String, [String])] = (kids + [envelope, unknown, "x", ""]).flatMap { kid in
            [("/keys/aes?kid=\(kid)", []), ("/keys/aes/\(kid)", ["-X", "POST"])]
        }
        requests += [
            ("/keys/aes?KID=\(envelope.uppercased())&x=1", []), ("/keys/aes", []), ("/keys/aesx?kid=\(envelope)", []),
            ("/keys/aes/\(envelope)/", []), ("/keys/%61es?kid=\(envelope)", []),
            ("/keys/aes?kid=%7B\(envelope)%7D", []),
            ("/keys/aes?kid=\(kids[2])&token=x.y.z", []),
            ("/keys/aes?kid=\(kids[2])", ["-H", "Authorization: Bearer x"]),
            ("/keys/aes?kid=\(kids[2])", ["-H", "Authorization: Basic x"]), ("/keys/aes?kid=\(envelope)", ["-d", "x"]),
            ("/keys/aes?kid=\(envelope)", ["-H", "Origin: https://player.example"]),
            ("/keys/aes?kid=\(envelope)", ["-H", "Origin: https://other.example"]),
            ("/keys/aes?kid=\(envelope)", ["-X", "PUT"]),
            ("/keys/aes?kid=\(envelope)", ["-H", "Authorization: a", "-H", "Authorization: b"]),
            ("/keys/clearkey", []), ("/keys/clearkeys", ["-d", try Self.licence([kids[0]])]),
            ("/keys/clearkey", ["-d", "{}"]),
            ("/keys/clearkey", ["-d", "{\"kids\":[]}"]),
            ("/keys/clearkey", ["-d", try Self.licence([kids[0]], "persistent-license")]),
            ("/keys/clearkey", ["-d", String(repeating: " ", count: 70 << 10)]), ("/keys/aes", ["-X", "OPTIONS"]),
        ]
        for list in [[kids[0]], [kids[1]], [kids[0], kids[1]], [kids[2]], [unknown], [envelope], [kids[0], kids[0]]] {
            requests.append(("/keys/clearkey", ["-d", try Self.licence(list)]))
        }
        for (target, options) in requests {
            // The first answer takes what is needed into memory.
            _ = try answer(server.origin + target, options)
            let fast = try answer(server.origin + target, options)
            let routed = try answer(server.origin + target, options + ["-H", "Connection: close"])
            #expect(fast.status == routed.status, "\(target) \(options)")
            #expect(fast.body == routed.body, "\(target) \(options)")
            #expect(fast.headers == routed.headers, "\(target) \(options)")
        }
    }

    /// A key that does not open is the operator's affair: the log has the cause by the request's name, either way.
    @Test func whatFailsIsLogged() throws {
        let data = try DataFolder()
        try data.must("apply", try data.folder.write("policies.yaml", Data(Self.near.utf8)))
        let made = try data.must("key", "create", "--type", "envelope", "--auth", "near", "--json").json()
        let kid = try #require(made["keyId"] as? String)
        let server = try RunningServer(data)
        // Run again, it mends what it damaged: whoever looks for leaked keys afterwards has to open this one.
        let damage = """
            import sqlite3, sys
            kid = [bytes.fromhex(sys.argv[2])]
            with sqlite3.connect(sys.argv[1], timeout=10) as database:
                wrapped = database.execute("SELECT ciphertext FROM contentKey WHERE kid = ?", kid).fetchone()[0]
                other = bytes([wrapped[0] ^ 255]) + wrapped[1:]
                database.execute("UPDATE contentKey SET ciphertext = ? WHERE kid = ?", [other, *kid])
            """
        let arguments = ["-c", damage, data.folder.path + "/catalog.sqlite", kid.replacing("-", with: "")]
        #expect(try run(Programs.outside("python"), arguments).status == 0)
        defer { _ = try? run(Programs.outside("python"), arguments) }
        for options in [[], [], ["-H", "Connection: close"]] as [[String]] {
            let answer = try curlWith("\(server.origin)/keys/aes?kid=\(kid)", options)
            #expect(answer.status == 503)
            let document = try JSONSerialization.jsonObject(with: answer.body) as? [String: Any]
            #expect(document?["code"] as? String == "unavailable")
            let name = try #require(document?["requestId"] as? String)
            #expect(try String(contentsOf: server.errors, encoding: .utf8).contains(name))
        }
    }

    /// An answer without what differs from request to request.
    private func answer(
        _ url: String, _ options: [String]
    ) throws -> (status: Int, headers: [String: String], body: String) {
        let answer = try curlWith(url, options)
        var headers = answer.headers
        headers["connection"] = nil
        if headers["date"] != nil { headers["date"] = "" }
        let body = String(decoding: answer.body, as: UTF8.self).replacing(/"requestId":"[0-9a-z]+"/, with: "")
        return (answer.status, headers, body)
    }
}
