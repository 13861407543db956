import Foundation
import TestSupport
import Testing

/// The served specification, and the server held against it.
@Suite(.waiting) struct AdminContractTests {
    let site: AdminSite

    init() throws {
        site = try AdminSite.shared.get()
    }

    @Test func theSpecificationIsValid() throws {
        let folder = try Folder()
        let file = try folder.write("openapi.json", site.ask("GET", "/v1/openapi.json", token: nil).body)
        let outcome = try run(Programs.outside("openapi-spec-validator"), [file])
        #expect(outcome.status == 0, "\(outcome.text) \(outcome.errors)")
    }

    /// Generates requests from the specification, good and bad ones, and holds every answer against it. A folder of its
    /// own: what it makes would be in the way of other tests.
    @Test(.timeLimit(.minutes(30)), arguments: Extent.isWhole ? ["key-admin", "reader"] : ["key-admin"])
    func schemathesisFindsNothing(role: String) throws {
        let site = try AdminSite()
        let scratch = try Folder()
        let outcome = try run(
            Programs.outside("schemathesis"),
            [
                "--config-file", Programs.repository.path + "/Tests/EndToEndTests/schemathesis.toml", "run",
                site.server.admin + "/v1/openapi.json", "--header",
                "Authorization: Bearer \(site.tokens[role] ?? "")", "--checks", "all", "--max-examples",
                Extent.isWhole ? "50" : "2",
                "--seed", "1", "--generation-database", "none", "--no-color",
            ], workingFolder: scratch.url("."))
        let failures = outcome.text.range(of: "= FAILURES =").map { outcome.text[$0.upperBound...].prefix(6000) }
        #expect(outcome.status == 0, "\(failures ?? outcome.text.suffix(6000)) \(outcome.errors.suffix(1000))")
        #expect(try site.data.must("audit", "verify").text.hasPrefix("intact"))
    }

    /// Refused beyond the form: every field that is wrong is named, and nothing of a secret.
    @Test(arguments: Self.refusedFields)
    func everyFieldThatIsRefusedIsNamed(request: String, body: String, fields: [String]) throws {
        let parts = request.split(separator: " ").map(String.init)
        let answer = try site.ask(
            parts[0], parts[1], token: site.tokens["key-admin"], "-H", "Content-Type: application/json",
            "--data-binary", body)
        #expect([400, 422].contains(answer.status))
        let errors = answer.member("errors") as? [[String: Any]] ?? []
        #expect(errors.compactMap { $0["field"] as? String } == fields, "\(answer.status)")
        #expect(errors.allSatisfy { ($0["detail"] as? String)?.isEmpty == false })
        #expect(!String(decoding: answer.body, as: UTF8.self).contains("5ec4e7"))
    }

    private static let refusedFields: [(String, String, [String])] = [
        (
            "POST /v1/key-imports",
            #"{"keyId":"00112233445566778899aabbccddee0f","type":"common","value":"hex:5ec4e7","checksum":"AAAA","#
                + #""authorizationPolicy":"nobody"}"#,
            ["/checksum", "/value", "/authorizationPolicy"]
        ),
        (
            "POST /v1/key-imports",
            #"{"keyId":"00112233445566778899aabbccddee0f","type":"common","value":"hex:5ec4e7zz"}"#, ["/value"]
        ),
        ("POST /v1/keys", #"{"type":"common","authorizationPolicy":"nobody"}"#, ["/authorizationPolicy"]),
        ("POST /v1/key-seeds", #"{"name":"s","type":"common","value":"base64:5ec4e7!"}"#, ["/value"]),
        ("PUT /v1/secrets/s", #"{"value":"hex:5ec4e7z"}"#, ["/value"]),
        ("PUT /v1/secrets/s", #"{"value":"base64:5ec4e7!"}"#, ["/value"]),
        (
            "POST /v1/encryptors",
            #"{"name":"e","authorizationPolicy":"nobody","mayCreate":true,"certificate":"x"}"#,
            ["/certificate", "/authorizationPolicy"]
        ),
        ("POST /v1/origins", #"{"name":"o","certificate":"x"}"#, ["/certificate"]),
        ("GET /v1/audit/export?from=foo&to=bar", "", ["from", "to"]),
        ("DELETE /v1/keys/demo-standalone?after=99999999d", "", ["after"]),
        (
            "POST /v1/policy-tests",
            #"{"keyId":"00112233445566778899aabbccddee0f","ip":"1.2.3.999","delivery":"aes"}"#, ["/ip"]
        ),
        ("PUT /v1/access-policies/x", #"{"permissions":["fly"],"duration":"soon"}"#, ["/permissions/0", "/duration"]),
    ]

    /// Key seeds are paged as everything that may be long is.
    @Test func seedsArePaged() throws {
        let token = site.tokens["key-admin"]
        for name in ["paged-a", "paged-b"] {
            let made = try site.ask(
                "POST", "/v1/key-seeds", token: token, "-H", "Content-Type: application/json", "-d",
                #"{"name":"\#(name)","type":"common"}"#)
            #expect(made.status == 200)
        }
        let first = try site.ask("GET", "/v1/key-seeds?limit=1&after=paged-", token: token)
        #expect((first.member("seeds") as? [[String: Any]])?.compactMap { $0["name"] as? String } == ["paged-a"])
        #expect(first.member("next") as? String == "paged-a" && first.headers["link"] != nil)
        #expect(try site.remote(["key", "seed", "list"]).text.contains("paged-b"))
    }

    /// As the list writes them.
    @Test(arguments: ["H264%20Multiple%20Bitrate%201080p", "h264multiplebitrate1080p"])
    func presetsAreFoundByTheirNames(name: String) throws {
        #expect(try site.ask("GET", "/v1/presets/\(name)", token: site.tokens["reader"]).status == 200)
    }

    struct Operation {
        var method: String
        var path: String
        var role: String
        var body: Bool
    }

    /// Every operation that the specification names, with a harmless value for each of its path's fields.
    private func operations() throws -> [Operation] {
        let paths = try site.specification()["paths"] as? [String: [String: [String: Any]]] ?? [:]
        return paths.flatMap { path, methods in
            methods.compactMap { method, operation -> Operation? in
                // The events of all jobs have no end: whoever is let in waits for them.
                guard let role = operation["x-keyway-role"] as? String, path != "/v1/events" else { return nil }
                return Operation(
                    method: method.uppercased(),
                    path: path.replacing(/\{locator\}/, with: "00000000-0000-0000-0000-000000000000")
                        .replacing(/\{\w+\}/, with: "no-such-thing"),
                    role: role, body: operation["requestBody"] != nil)
            }
        }
    }

    /// Who may do what: a request that is let in and has nothing to do is refused for something else than its role.
    @Test func everyRouteTakesItsRoleAndNoLess() throws {
        let operations = try operations()
        #expect(operations.count >= 28)
        for operation in operations {
            for (rank, role) in ([nil] + AdminSite.roles.map(Optional.some)).enumerated() {
                let needed = (AdminSite.roles.firstIndex(of: operation.role) ?? 99) + 1
                let answer = try site.ask(
                    operation.method, operation.path, token: role.flatMap { site.tokens[$0] }, "-H",
                    "Content-Type: application/json", "-d", operation.body ? "[]" : "")
                let isAllowed = rank >= needed
                // Whoever is let in must speak tus.
                let isTus = operation.path.hasPrefix("/v1/uploads")
                let answers = isTus ? [412] : operation.body ? [400, 422] : [200, 404]
                let expected = rank == 0 ? [401] : isAllowed ? answers : [403]
                #expect(
                    expected.contains(answer.status),
                    "\(operation.method) \(operation.path) as \(role ?? "nobody"): \(answer.status)")
            }
        }
    }

    @Test func whatIsNotNamedIsNotThere() throws {
        let token = site.tokens["key-admin"]
        #expect(try site.ask("GET", "/v1/nothing", token: token).status == 404)
        let answer = try site.ask("PATCH", "/v1/keys", token: token)
        #expect(answer.status == 405)
        #expect(answer.headers["allow"] == "GET, POST")
        #expect(try site.ask("GET", "/healthz", token: nil).status == 200)
        #expect(try site.ask("GET", "/readyz", token: nil).status == 200)
    }

    @Test(arguments: ["/v1/openapi.json", "/v1/keys", "/v1/audit", "/v1/admin-tokens"])
    func thePublicListenerHasNoAdminAPI(path: String) throws {
        let answer = try curl(
            site.server.origin + path, "-H", "Authorization: Bearer \(site.tokens["key-admin"] ?? "")")
        #expect(answer.status == 404)
    }

    @Test func pagesOfOtherOriginsAreNotInvited() throws {
        let answer = try site.ask("GET", "/v1/openapi.json", token: nil, "-H", "Origin: https://evil.example")
        #expect(answer.headers["access-control-allow-origin"] == nil)
    }

    @Test func pagesAreLinked() throws {
        let token = site.tokens["reader"]
        let first = try site.ask("GET", "/v1/policies?limit=2", token: token)
        let next = try #require(first.member("next") as? String)
        let link = try #require(first.headers["link"])
        #expect(link.hasSuffix(">; rel=\"next\""))
        let address = String(link.dropFirst().prefix { $0 != ">" })
        #expect(address.removingPercentEncoding == "/v1/policies?limit=2&after=\(next)")
        let second = try site.ask("GET", address, token: token)
        #expect(second.status == 200)
        #expect((second.member("policies") as? [[String: Any]])?.isEmpty == false)
    }

    @Test func entityTagsGuardPolicies() throws {
        let token = site.tokens["operator"]
        func put(_ encryption: String, _ headers: String...) throws -> Answer {
            try curlWith(
                site.server.admin + "/v1/policies/delivery/tagged",
                [
                    "-X", "PUT", "-H", "Authorization: Bearer \(token ?? "")", "-H", "Content-Type: application/yaml",
                    "-d",
                    "protocols: [hls]\nencryption: \(encryption)",
                ].map { $0 } + headers.flatMap { ["-H", $0] })
        }
        let made = try put("none", "If-None-Match: *")
        #expect(made.status == 201)
        let tag = try #require(made.headers["etag"])
        #expect(try put("none", "If-None-Match: *").status == 412)
        let same = try put("none", "If-Match: \(tag)")
        #expect(same.status == 200)
        #expect(same.headers["etag"] == tag)
        let changed = try put("blocked", "If-Match: \(tag)")
        #expect(changed.status == 200)
        #expect(changed.headers["etag"] != tag)
        #expect(try put("none", "If-Match: \(tag)").status == 412)
        let shown = try site.ask("GET", "/v1/policies/delivery/tagged", token: token)
        #expect(shown.headers["etag"] == changed.headers["etag"])
        let path = "/v1/policies/delivery/tagged"
        #expect(try site.ask("DELETE", path, token: token, "-H", "If-Match: \(tag)").status == 412)
        #expect(try site.ask("DELETE", path, token: token).status == 200)
        #expect(try site.ask("DELETE", path, token: token).status == 404)
    }

    @Test func entityTagsGuardTransforms() throws {
        let token = site.tokens["operator"]
        let path = "/v1/transforms/tagged"
        func put(_ priority: Int, _ headers: String...) throws -> Answer {
            try curlWith(
                site.server.admin + path,
                [
                    "-X", "PUT", "-H", "Authorization: Bearer \(token ?? "")", "-H", "Content-Type: application/json",
                    "-d",
                    #"{"priority":\#(priority),"tasks":[{"kind":"encode","preset":"adaptive"}]}"#,
                ] + headers.flatMap { ["-H", $0] })
        }
        let made = try put(1, "If-None-Match: *")
        #expect(made.status == 201)
        let tag = try #require(made.headers["etag"])
        #expect(try site.ask("GET", path, token: token).headers["etag"] == tag)
        #expect(try put(1, "If-None-Match: *").status == 412)
        let changed = try put(2, "If-Match: \(tag)")
        #expect(changed.status == 200 && changed.headers["etag"] != tag)
        #expect(try put(3, "If-Match: \(tag)").status == 412)
        #expect(try site.ask("DELETE", path, token: token, "-H", "If-Match: \(tag)").status == 412)
        #expect(try site.ask("DELETE", path, token: site.tokens["reader"]).status == 403)
        #expect(try site.ask("DELETE", path, token: token).status == 200)
        #expect(try site.ask("DELETE", path, token: token).status == 404)
        #expect(try site.ask("DELETE", "/v1/transforms/upload", token: token).status == 409)
    }

    @Test func entityTagsGuardAccessPolicies() throws {
        let token = site.tokens["operator"]
        let path = "/v1/access-policies/tagged"
        func put(_ hours: Int, _ headers: String...) throws -> Answer {
            try curlWith(
                site.server.admin + path,
                [
                    "-X", "PUT", "-H", "Authorization: Bearer \(token ?? "")", "-H", "Content-Type: application/json",
                    "-d", #"{"permissions":["list","write"],"duration":"\#(hours)h"}"#,
                ] + headers.flatMap { ["-H", $0] })
        }
        #expect(try put(1, "If-Match: *").status == 412)
        let made = try put(1, "If-None-Match: *")
        #expect(made.status == 201)
        let tag = try #require(made.headers["etag"])
        #expect(try site.ask("GET", path, token: token).headers["etag"] == tag)
        #expect(try put(2, "If-None-Match: *").status == 412)
        #expect(try put(2, "If-Match: \"nonsense\"").status == 412)
        #expect(try site.ask("GET", path, token: token).member("duration") as? String == "1h")
        let changed = try put(2, "If-Match: \(tag)")
        #expect(changed.status == 200 && changed.headers["etag"] != tag)
        #expect(try put(2).headers["etag"] == changed.headers["etag"])
        #expect(try put(3, "If-Match: \(tag)").status == 412)
        #expect(try site.ask("DELETE", path, token: token, "-H", "If-Match: \(tag)").status == 412)
        let latest = try #require(changed.headers["etag"])
        #expect(try site.ask("DELETE", path, token: token, "-H", "If-Match: \(latest)").status == 200)
        #expect(try site.ask("DELETE", path, token: token).status == 404)
    }

    /// A condition that a route did not know would be passed over in silence.
    @Test func everyPutTakesConditions() throws {
        let paths = try site.specification()["paths"] as? [String: [String: [String: Any]]] ?? [:]
        let puts = paths.compactMap { path, methods in methods["put"].map { (path, $0) } }
        #expect(puts.count >= 6)
        for (path, operation) in puts {
            let names = (operation["parameters"] as? [[String: Any]])?.compactMap { $0["name"] as? String } ?? []
            #expect(names.contains("If-Match") && names.contains("If-None-Match"), "\(path)")
            let responses = operation["responses"] as? [String: Any] ?? [:]
            #expect(responses["201"] != nil && responses["412"] != nil, "\(path)")
        }
    }

    @Test func largeAndForeignBodiesAreRefused() throws {
        let folder = try Folder()
        let large = try folder.write("large", Data(repeating: 0x20, count: 300 << 10))
        let token = site.tokens["key-admin"]
        let type = "Content-Type: application/json"
        #expect(try site.ask("POST", "/v1/keys", token: token, "-H", type, "--data-binary", "@\(large)").status == 413)
        #expect(
            try site.ask("POST", "/v1/keys", token: token, "-H", "Content-Type: text/plain", "-d", "{}").status == 415)
        let yaml = try site.ask(
            "PUT", "/v1/policies/delivery/x", token: token, "-H", type, "-d", "protocols: [hls]")
        #expect(yaml.status == 400)
        let deep = try folder.write("deep", Data(repeating: 0x5B, count: 200_000))
        #expect(try site.ask("POST", "/v1/keys", token: token, "-H", type, "--data-binary", "@\(deep)").status == 400)
        // Who may not ask is told so before the body is looked at.
        let reader = site.tokens["reader"]
        #expect(try site.ask("POST", "/v1/keys", token: reader, "-H", type, "--data-binary", "@\(large)").status == 403)
        #expect(try site.ask("GET", "/healthz", token: nil).status == 200)
    }

    @Test func revokedTokensAndActors() throws {
        let token = try site.data.must("admin", "token", "create", "leaver", "--role", "operator").text
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let type = "Content-Type: application/yaml"
        let body = "protocols: [hls]\nencryption: none"
        let path = "/v1/policies/delivery/by-leaver"
        #expect(try site.ask("PUT", path, token: token, "-H", type, "-d", body).status == 201)
        try site.data.must("admin", "token", "revoke", "leaver")
        #expect(try site.ask("PUT", path, token: token, "-H", type, "-d", body).status == 401)
        let tail = try site.data.must("audit", "tail", "-n", "1000").text
        #expect(tail.contains("policySet  detail=\"create DeliveryPolicy by-leaver\" actor=leaver"))
        #expect(tail.contains("adminRefused  client=127.0.0.1 reason=revoked detail=leaver"))
        #expect(!tail.contains(token))
    }

    /// Whoever asks for more than their role allows is in the log, whichever part of the server refuses.
    @Test func refusalsByRoleAreAudited() throws {
        func token(_ name: String, _ role: String) throws -> String {
            try site.data.must("admin", "token", "create", name, "--role", role).text
                .trimmingCharacters(in: .whitespacesAndNewlines)
        }
        let (reader, lesser) = (try token("curious", "reader"), try token("lesser", "operator"))
        let document = #"kind: ContentKey\nname: made\ntype: envelope\n"#
        let asked: [(answer: Answer, actor: String, text: String, role: String)] = [
            (
                try site.ask(
                    "POST", "/v1/keys/none/export", token: reader, "-H", "Content-Type: application/json", "-d",
                    #"{"confirmed":true}"#), "curious", "POST /v1/keys/none/export takes key-admin, not reader",
                "key-admin"
            ),
            // The file routes'.
            (
                try site.ask("GET", "/v1/assets/none/files/x/content", token: reader), "curious",
                "GET /v1/assets/none/files/x/content takes operator, not reader", "operator"
            ),
            // The verb's: only what is asked tells.
            (
                try site.ask(
                    "POST", "/v1/apply", token: lesser, "-H", "Content-Type: application/json", "--data-binary",
                    #"{"files":[{"name":"x.yaml","text":"\#(document)","publicKeys":[]}]}"#),
                "lesser", "takes key-admin, not operator", "key-admin"
            ),
        ]
        let tail = try site.data.must("audit", "tail", "-n", "20000").text
        for row in asked {
            #expect(row.answer.status == 403, "\(row.text): \(String(decoding: row.answer.body, as: UTF8.self))")
            #expect(
                row.answer.headers["www-authenticate"]
                    == #"Bearer realm="keyway admin", error="insufficient_scope", scope="\#(row.role)""#)
            // Other tests of this suite are refused, too.
            let record = tail.split(separator: "\n").first {
                $0.contains("adminRefused") && $0.contains(row.text) && $0.contains("actor=\(row.actor)")
            }
            #expect(
                record?.contains("reason=role") == true && record?.contains("actor=\(row.actor)") == true, "\(tail)")
        }
        let metrics = try site.ask("GET", "/metrics", token: nil)
        #expect(
            String(decoding: metrics.body, as: UTF8.self).contains(#"keyway_admin_refusals_total{reason="role"} "#))
    }
}
