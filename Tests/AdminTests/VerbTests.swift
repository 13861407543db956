import Administration
import Catalog
import CatalogSQLite
import ContentKeys
import Foundation
import Policies
import Testing

@Suite struct VerbTests {
    let desk: Desk

    init() throws {
        desk = try Desk()
    }

    static let authorization = """
        options:
          - name: web
            delivery: [aes, clearkey]
            restrictions:
              - ip: { allow: [192.0.2.0/24], deny: [192.0.2.7] }
              - token:
                  type: jwt
                  issuer: https://sts.example
                  audience: films
                  verificationKeys:
                    - { secret: sts, algorithms: [HS256] }
                    - pem: |
                        -----BEGIN PUBLIC KEY-----
                        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE7XjPFBCVC5JyMXUr4LBhPp+F+VNQ
                        jhZ0yB+YVAKgkqa+h72pga9CIeQq0bMG/z243afbLmJytd4JTD2ohYvu6g==
                        -----END PUBLIC KEY-----
                      algorithms: [ES256]
                    - { jwks: "http://127.0.0.1:9/jwks.json" }
                    - { openid: "http://127.0.0.1:9/.well-known/openid-configuration", algorithms: [PS256, EdDSA] }
                  requiredClaims: { plan: premium, "urn:kid": "{kid}", region: [eu, us], sub: { present: true } }
                  maxUses: 3
                  maxLifetime: 12h
                  clockSkew: 90s
          - name: house
            delivery: [aes]
            restrictions: [open]
            enabled: false
            notAfter: 2030-01-01T00:00:00Z
        notBefore: 2020-01-01T00:00:00Z
        """

    @Test func whatIsShownCanBePutBack() async throws {
        let admin = desk.operator()
        _ = try await admin.perform(SetSecret(name: "sts", value: "hex:00ff"))
        let put = try await admin.perform(PutAuthorizationPolicy(name: "viewers", document: Self.authorization))
        #expect(put.change == "create")
        let stored = try await desk.catalog.authorizationPolicy(named: "viewers")
        let shown = try await admin.perform(ShowAuthorizationPolicy(name: "viewers"))
        let text = String(decoding: try JSONEncoder().encode(shown), as: UTF8.self)
        #expect(
            shown.options[0].restrictions[1].token?.verificationKeys.map(\.jwks)[2] == "http://127.0.0.1:9/jwks.json")
        #expect(shown.options[1].enabled == false && shown.notBefore == "2020-01-01T00:00:00Z")
        let again = try await admin.perform(
            PutAuthorizationPolicy(name: "copy", document: text.replacing("\"viewers\"", with: "\"copy\"")))
        #expect(again.change == "create")
        var copy = try #require(try await desk.catalog.authorizationPolicy(named: "copy"))
        copy.name = "viewers"
        #expect(AuthorizationPolicyForm(copy) == AuthorizationPolicyForm(try #require(stored)))
        #expect(
            try await admin.perform(PutAuthorizationPolicy(name: "viewers", document: text)).entityTag == put.entityTag)
    }

    @Test func deliveryPoliciesToo() async throws {
        let admin = desk.operator()
        let document = """
            {"protocols": ["hls", "dash"], "encryption": "cbcs", "keys": {"video-hd": "auto", "audio": "auto"},
             "keyAcquisition": {"url": "https://keys.example/{kid}"}}
            """
        let put = try await admin.perform(PutDeliveryPolicy(name: "a", document: document))
        let text = String(decoding: try JSONEncoder().encode(put.policy), as: UTF8.self)
        #expect(try await admin.perform(PutDeliveryPolicy(name: "a", document: text)).change == "unchanged")
    }

    @Test(arguments: [
        ("- 1", "needs"), ("kyes: 1", "nearest known one is 'keys'"),
        ("name: other\nprotocols: [hls]\nencryption: none", "names itself"),
        ("protocols: [hls]\nencryption: none\n---\nprotocols: [hls]\nencryption: none", "one document, not 2"),
        ("kind: AccessPolicy\npermissions: [read]\nduration: 1d", "another kind"), ("a: &x 1\nb: *x", "aliases"),
        (String(repeating: "[", count: 200), "not YAML"), ("", "one document, not 0"),
    ])
    func wrongDocumentsAreRefused(document: String, word: String) async throws {
        do {
            _ = try await desk.operator().perform(PutDeliveryPolicy(name: "a", document: document))
            Issue.record("accepted \(document)")
        } catch let error as OperatorError {
            #expect(error.code == .invalid)
            #expect(error.message.contains(word), "\(error.message)")
        }
        #expect(try await desk.catalog.deliveryPolicies().isEmpty)
    }

    @Test func aFileOfTheServerIsNeverOpened() async throws {
        let document = Self.authorization.replacing("secret: sts", with: "pem: ../../etc/passwd")
        do {
            _ = try await desk.operator().perform(PutAuthorizationPolicy(name: "a", document: document))
            Issue.record("accepted")
        } catch let error as OperatorError {
            #expect(error.message.contains("was not sent along"))
        }
    }

    /// Of many writers that all saw the same state, one wins.
    @Test func ofManyWritersOneWins() async throws {
        let admin = desk.operator()
        func document(_ encryption: String) -> String { "protocols: [hls]\nencryption: \(encryption)" }
        let tag = try #require(
            try await admin.perform(PutDeliveryPolicy(name: "a", document: document("none"))).entityTag)
        let outcomes = await withTaskGroup(of: OperatorError.Code?.self) { group in
            for number in 0..<20 {
                group.addTask {
                    let text =
                        document(["envelope", "cenc", "cbcs"][number % 3]) + "\nkeys: { audio: auto, video-hd: auto }"
                    return await refusal {
                        _ = try await admin.perform(PutDeliveryPolicy(name: "a", document: text, ifMatch: tag))
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count { $0 == nil } == 1)
        #expect(outcomes.count { $0 == .changed } == 19)
    }

    @Test func ofManyWritersOfAnAccessPolicyOneWins() async throws {
        let admin = desk.operator()
        let tag = try #require(
            try await admin.perform(PutAccessPolicy(name: "a", permissions: ["read"], duration: "1h")).entityTag)
        let outcomes = await withTaskGroup(of: OperatorError.Code?.self) { group in
            for number in 0..<20 {
                group.addTask {
                    await refusal {
                        _ = try await admin.perform(
                            PutAccessPolicy(
                                name: "a", permissions: ["read"], duration: "\(number + 2)h", ifMatch: tag))
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count { $0 == nil } == 1)
        #expect(outcomes.count { $0 == .changed } == 19)
    }

    @Test func ofManyMakersOneMakes() async throws {
        let admin = desk.operator()
        let outcomes = await withTaskGroup(of: OperatorError.Code?.self) { group in
            for number in 0..<20 {
                group.addTask {
                    await refusal {
                        _ = try await admin.perform(SetSecret(name: "s", value: "value \(number)", ifNoneMatch: "*"))
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count { $0 == nil } == 1)
    }

    @Test(arguments: ["\"nothing\"", "W/\"x\"", "", "\"a\", \"b\""])
    func otherTagsDoNotMatch(tag: String) async throws {
        let admin = desk.operator()
        _ = try await admin.perform(SetSecret(name: "s", value: "one"))
        #expect(
            await refusal { _ = try await admin.perform(SetSecret(name: "s", value: "two", ifMatch: tag)) } == .changed)
        #expect(
            await refusal { _ = try await admin.perform(SetSecret(name: "t", value: "two", ifMatch: "*")) } == .changed)
        #expect(await refusal { _ = try await admin.perform(SetSecret(name: "s", value: "two", ifMatch: "*")) } == nil)
    }

    @Test func everyMutationNamesItsActor() async throws {
        let admin = desk.operator(actor: "ann")
        _ = try await admin.perform(SetSecret(name: "s", value: "one"))
        _ = try await admin.perform(DeleteSecret(name: "s"))
        _ = try await admin.perform(PutDeliveryPolicy(name: "a", document: "protocols: [hls]\nencryption: none"))
        _ = try await admin.perform(DeleteDeliveryPolicy(name: "a"))
        _ = try await admin.perform(CreateKey(type: "common", name: "k", keyId: nil, authorizationPolicy: nil))
        let file = DocumentSource(name: "f.yaml", text: "kind: ContentKey\nname: film\ntype: envelope")
        _ = try await admin.perform(ApplyDocuments(files: [file], prune: false, dryRun: false))
        _ = try await admin.perform(CreateAdminToken(name: "t", role: "reader", expires: nil))
        _ = try await admin.perform(RevokeAdminToken(name: "t"))
        let events = try await desk.events()
        #expect(events.count == 9)
        #expect(events.allSatisfy { $0.actor == "ann" })
        #expect(try await admin.perform(VerifyAudit()).intact)
    }

    @Test func documentsThatMakeKeysTakeKeyAdmin() async throws {
        let file = DocumentSource(name: "f.yaml", text: "kind: ContentKey\nname: film\ntype: envelope")
        let verb = ApplyDocuments(files: [file], prune: false, dryRun: false)
        #expect(await refusal { _ = try await desk.operator(.operator).perform(verb) } == .notPermitted)
        #expect(try await desk.catalog.contentKey(named: "film") == nil)
        #expect(await refusal { _ = try await desk.operator(.keyAdmin).perform(verb) } == nil)
        // Nothing is made any more, so the lesser role is enough.
        #expect(await refusal { _ = try await desk.operator(.operator).perform(verb) } == nil)
    }

    @Test(arguments: [1, 2, 7, 1000])
    func pagesHoldEverythingOnce(limit: Int) async throws {
        let admin = desk.operator()
        for _ in 0..<15 {
            _ = try await admin.perform(CreateKey(type: "common", name: nil, keyId: nil, authorizationPolicy: nil))
        }
        var seen: [String] = []
        var after: String?
        repeat {
            let page = try await admin.perform(ListKeys(after: after, limit: limit))
            #expect(page.keys.count <= limit)
            seen += page.keys.map(\.keyId)
            after = page.next
        } while after != nil
        #expect(seen == seen.sorted())
        #expect(Set(seen).count == 15)
        #expect(seen.count == 15)
    }

    @Test(arguments: [0, -1, 1001, Int.max])
    func limitsHaveLimits(limit: Int) async throws {
        #expect(await refusal { _ = try await desk.operator().perform(ListKeys(limit: limit)) } == .invalid)
        #expect(await refusal { _ = try await desk.operator().perform(ListAudit(limit: limit)) } == .invalid)
    }

    @Test func aKeysPolicyIsPutAndNothingElseOfIt() async throws {
        let admin = desk.operator()
        let lesser = desk.operator(.operator)
        _ = try await admin.perform(
            PutAuthorizationPolicy(
                name: "p", document: "options: [{ name: o, delivery: [aes], restrictions: [open] }]"))
        #expect(await refusal { _ = try await lesser.perform(PutKey(name: "k", type: "common")) } == .notPermitted)
        let made = try await admin.perform(PutKey(name: "k", type: "common", ifNoneMatch: "*"))
        #expect(made.change == "create")
        #expect(try await lesser.perform(PutKey(name: "k", type: "common")).change == "unchanged")
        let given = try await lesser.perform(
            PutKey(name: "k", type: "common", authorizationPolicy: "p", ifMatch: made.entityTag))
        #expect(given.change == "update")
        #expect(given.key.keyId == made.key.keyId)
        #expect(given.entityTag != made.entityTag)
        #expect(given.entityTag == (try await lesser.perform(ShowKey(name: "k")).entityTag))
        for (verb, code) in [
            (PutKey(name: "k", type: "common", ifMatch: made.entityTag), OperatorError.Code.changed),
            (PutKey(name: "k", type: "common", ifNoneMatch: "*"), .changed),
            (PutKey(name: "k", type: "envelope"), .conflict),
            (PutKey(name: "k", type: "common", keyId: KeyID.random().description), .conflict),
            (PutKey(name: "k", type: "common", authorizationPolicy: "nobody"), .invalid),
        ] {
            #expect(await refusal { _ = try await admin.perform(verb) } == code)
        }
    }
}
