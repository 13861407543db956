import Foundation
import TestSupport
import Testing

/// The key service as a program of its own.
@Suite(.waiting) struct KeywayKeysTests {
    private func site() throws -> (DataFolder, keyID: String, token: String) {
        let data = try DataFolder()
        try data.must("secret", "set", "sts", input: Data(repeating: 0x5A, count: 32))
        let text = """
            kind: AuthorizationPolicy
            name: viewers
            options:
              - name: web
                delivery: [aes, clearkey]
                restrictions:
                  - token:
                      type: jwt
                      issuer: https://sts.example
                      audience: films
                      verificationKeys: [{ secret: sts, algorithms: [HS256] }]
            ---
            kind: ContentKey
            name: film
            type: common
            authorizationPolicy: viewers

            """
        try data.must("apply", try data.folder.write("policy.yaml", Data(text.utf8)))
        let list = try data.must("key", "list", "--json").json()["keys"] as? [[String: Any]]
        let token = try data.must("token", "issue", "--policy", "viewers").text
        return (
            data, try #require(list?.first?["keyId"] as? String), token.trimmingCharacters(in: .whitespacesAndNewlines)
        )
    }

    @Test func keysAndAdministrationWithoutAnOrigin() throws {
        let (data, keyID, token) = try site()
        let server = try RunningServer(data, command: ["keyway-keys"])
        let bearer = "Authorization: Bearer \(token)"
        #expect(try curl("\(server.origin)/keys/aes?kid=\(keyID)", "-H", bearer).body.count == 16)
        #expect(try curl("\(server.origin)/keys/aes?kid=\(keyID)").status == 401)
        // As Azure Media Services' addresses were.
        #expect(try curl("\(server.origin)/?kid=\(keyID)", "-H", "Authorization: Bearer=\(token)").body.count == 16)
        #expect(try curl("\(server.origin)/?kid=\(keyID)").status == 401)
        #expect(try curl("\(server.origin)/").status == 400)
        let kid = Data(keyID.replacing("-", with: "").chunks(of: 2).compactMap { UInt8($0, radix: 16) })
            .base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        let licence = try curl(
            "\(server.origin)/keys/clearkey", "-H", bearer, "-H", "Content-Type: application/json", "-d",
            #"{"kids":["\#(kid)"],"type":"temporary"}"#)
        #expect(licence.status == 200 && String(decoding: licence.body, as: UTF8.self).contains(kid))
        // No origin: a locator's address is nothing here.
        let locator = "\(server.origin)/2b0d10f5-8792-4723-802d-556e59577797/film.ism/manifest"
        #expect(try curl(locator, "-g").status == 404)
        #expect(try curl("\(server.admin)/readyz").status == 200)
        // The commands work on its folder while it runs, and over its admin API.
        let admin = try data.must("admin", "token", "create", "me", "--role", "key-admin").text
        let remote = try run(
            Programs.own("keyway"), ["key", "disable", keyID],
            environment: [
                "KEYWAY_URL": server.admin, "KEYWAY_DATA": "",
                "KEYWAY_TOKEN": admin.trimmingCharacters(in: .whitespacesAndNewlines),
            ])
        #expect(remote.status == 0, "\(remote.errors)")
        #expect(
            try eventually { try curl("\(server.origin)/keys/aes?kid=\(keyID)", "-H", bearer).status == 404 })
        server.stop()
        #expect(server.process.terminationStatus == 0)
        #expect(try data.must("audit", "verify").text.hasPrefix("intact"))
    }

    @Test func itLinksNoMediaCode() throws {
        let libraries = try run("/usr/bin/env", ["ldd", Programs.own("keyway-keys")]).text
        #expect(libraries.contains("libcrypto") && !libraries.contains("libav"))
        let symbols = try run("/usr/bin/env", ["nm", "--defined-only", Programs.own("keyway-keys")]).text
        for module in ["12ISOBaseMedia", "15MediaEncryption", "15TransportStream", "11CodecSyntax"] {
            #expect(!symbols.contains("$s\(module)"), "\(module)")
        }
        #expect(symbols.contains("$s11KeyDelivery"))
    }

    @Test func aWrongConfigurationIsSaid() throws {
        let data = try DataFolder()
        let outcome = try run(
            Programs.own("keyway-keys"), [],
            environment: data.environment.merging(["KEYWAY_LISTEN_KEYS": "nowhere"]) { $1 })
        #expect(outcome.status == 65 && outcome.errors.hasPrefix("keyway-keys: listen.keys must be HOST:PORT"))
    }
}

extension String {
    fileprivate func chunks(of length: Int) -> [String] {
        stride(from: 0, to: count, by: length).map { String(dropFirst($0).prefix(length)) }
    }
}
