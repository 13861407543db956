import Foundation
import TestSupport
import Testing

/// What is revoked opens nothing a second later, on every server of the catalog; what is taken back opens again.
@Suite(.waiting) struct RevocationTests {
    private let data: DataFolder
    private let issuer: ExampleIssuer
    private let servers: [RunningServer]
    private let keyID: String
    private let policy: String

    init() throws {
        issuer = try ExampleIssuer()
        data = try DataFolder(environment: ["KEYWAY_KEY_SETS_HOSTS": "127.0.0.1:\(issuer.port)"])
        policy = """
            kind: AuthorizationPolicy
            name: subscribers
            options:
              - name: web
                delivery: [aes]
                restrictions:
                  - token:
                      type: jwt
                      issuer: \(issuer.url)
                      audience: urn:example:films
                      verificationKeys: [{ jwks: "\(issuer.url)/jwks.json" }]
            ---
            kind: ContentKey
            name: film
            type: envelope
            authorizationPolicy: subscribers

            """
        try data.must("apply", try data.folder.write("policy.yaml", Data(policy.utf8)))
        let list = try data.must("key", "list", "--json").json()["keys"] as? [[String: Any]]
        keyID = try #require(list?.first?["keyId"] as? String)
        servers = [try RunningServer(data), try RunningServer(data)]
    }

    private func statuses(_ token: String) throws -> [Int] {
        try servers.map {
            try curl("\($0.origin)/keys/aes?kid=\(keyID)", "-H", "Authorization: Bearer \(token)").status
        }
    }

    private func claim(_ name: String, of token: String) throws -> String {
        let inspected = try data.must("token", "inspect", "--json", input: Data(token.utf8)).json()
        let claims = try #require(inspected["claims"] as? [String: String])
        return try #require(claims[name]).trimmingCharacters(in: ["\""])
    }

    @Test func everyKindOfThing() throws {
        let (first, other) = (try issuer.token(), try issuer.token(#"{"sub":"viewer-2"}"#))
        // Twice, so that what follows is about tokens that are remembered.
        for _ in 0..<2 { #expect(try statuses(first) + statuses(other) == [200, 200, 200, 200]) }
        let published = try JSONSerialization.jsonObject(with: curl("\(issuer.url)/jwks.json").body) as? [String: Any]
        let kid = try #require((published?["keys"] as? [[String: Any]])?.first?["kid"] as? String)
        let hash = try #require(
            try data.must("token", "inspect", "--json", input: Data(first.utf8)).json()["hash"] as? String)
        let cases: [(arguments: [String], input: String, isOtherRefused: Bool)] = [
            (["--token-file", "-"], first, false), (["--token-hash", hash], "", false),
            (["--token-id", try claim("jti", of: first)], "", false),
            (["--token-id", try claim("jti", of: first), "--issuer", issuer.url], "", false),
            (["--subject", "viewer-1"], "", false), (["--subject", "viewer-1", "--issuer", issuer.url], "", false),
            (["--key-id", kid], "", true), (["--key-id", kid, "--issuer", issuer.url], "", true),
        ]
        for (arguments, input, isOtherRefused) in cases {
            let added = try run(
                Programs.own("keyway"), ["revocation", "add", "--json", "--reason", "test"] + arguments,
                input: Data(input.utf8), environment: data.environment)
            #expect(added.status == 0, "\(arguments): \(added.errors)")
            #expect(try eventually { try statuses(first) == [401, 401] }, "\(arguments)")
            #expect(
                try eventually { try statuses(other) == (isOtherRefused ? [401, 401] : [200, 200]) }, "\(arguments)")
            let id = try #require(try added.json()["id"] as? String)
            #expect(try data.must("revocation", "list").text.contains(id))
            try data.must("revocation", "remove", id)
            #expect(
                try eventually { try statuses(first) + statuses(other) == [200, 200, 200, 200] }, "\(arguments)")
        }
        let tail = try data.must("audit", "tail", "-n", "200").text
        #expect(tail.contains("reason=tokenRevoked") && tail.contains("revocationAdded"))
        #expect(try data.must("audit", "verify").status == 0)
    }

    /// Another issuer's tokens of the same names are not meant, and a revocation that ended holds no more.
    @Test func onlyWhatWasMeant() throws {
        let token = try issuer.token()
        #expect(try statuses(token) == [200, 200])
        try data.must("revocation", "add", "--subject", "viewer-1", "--issuer", "https://other.example")
        try data.must("revocation", "add", "--subject", "viewer-11")
        try data.must("revocation", "add", "--key", String(repeating: "00", count: 32))
        try data.must("revocation", "add", "--subject", "viewer-1", "--expires", "15s")
        #expect(try eventually { try statuses(token) == [401, 401] })
        #expect(try eventually { try statuses(token) == [200, 200] })
        // A server that starts knows what was revoked before.
        try data.must("revocation", "add", "--token-file", "-", input: Data(token.utf8))
        let late = try RunningServer(data)
        let answer = try curl("\(late.origin)/keys/aes?kid=\(keyID)", "-H", "Authorization: Bearer \(token)")
        #expect(answer.status == 401)
        #expect(answer.headers["www-authenticate"]?.contains("invalid_token") == true)
        late.stop()
    }

    /// A policy that is switched off.
    @Test func aPolicyIsSwitchedOff() throws {
        let token = try issuer.token()
        #expect(try statuses(token) == [200, 200])
        try data.must(
            "apply",
            try data.folder.write(
                "off.yaml", Data(policy.replacingOccurrences(of: "options:", with: "enabled: false\noptions:").utf8)))
        #expect(try eventually { try statuses(token) == [403, 403] })
        try data.must("apply", try data.folder.write("on.yaml", Data(policy.utf8)))
        #expect(try eventually { try statuses(token) == [200, 200] })
    }
}
