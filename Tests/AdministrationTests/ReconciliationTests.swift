import Catalog
import ContentKeys
import Foundation
import Policies
import Testing

@testable import Administration

@Suite struct ReconciliationTests {
    let catalog: any CatalogEngine = FakeCatalog()

    private static func viewers(_ block: String) -> String {
        """
        kind: AuthorizationPolicy
        name: viewers
        options:
          - { name: web, delivery: [aes, clearkey], restrictions: [ip: { allow: [\(block)] }] }
        ---

        """
    }
    private static let delivery = "kind: DeliveryPolicy\nname: d\nprotocols: [hls]\nencryption: cbcs\n---\n"
    private static func key(_ fields: String...) -> String {
        (["kind: ContentKey", "name: k"] + fields).joined(separator: "\n") + "\n---\n"
    }
    private static let kid = "7f1d0000-0000-4000-8000-00000000000a"

    @Test func createsThenLeavesAlone() async throws {
        let text =
            Self.key("type: common", "authorizationPolicy: viewers") + Self.viewers("10.0.0.0/8") + Self.delivery
            + "kind: AccessPolicy\nname: a\npermissions: [read, list, write]\nduration: 1d"
        #expect(
            try await catalog.applyDocuments(text) == [
                "create ContentKey k", "create AuthorizationPolicy viewers", "create DeliveryPolicy d",
                "create AccessPolicy a",
            ])
        let key = try #require(try await catalog.contentKey(named: "k"))
        #expect(key.type == .common && key.authorizationPolicy == "viewers" && key.isEnabled)
        #expect(try await catalog.accessPolicy(named: "a")?.duration == 86_400)
        let events = try await catalog.events()
        #expect(events.map(\.action) == [.keyCreated, .documentsApplied])
        #expect(events.first?.keyID == key.keyID && events.first?.policy == "viewers")
        #expect(events.last?.detail?.hasPrefix("create ContentKey k; create AuthorizationPolicy viewers") == true)

        #expect(
            try await catalog.applyDocuments(text) == [
                "unchanged ContentKey k", "unchanged AuthorizationPolicy viewers", "unchanged DeliveryPolicy d",
                "unchanged AccessPolicy a",
            ])
        #expect(try await catalog.events().count == 2)
    }

    /// é in one scalar and in two are two issuers: the second is not taken for the first.
    @Test func aTextInAnotherNormalFormIsAChange() async throws {
        func policy(_ issuer: String) -> String {
            """
            kind: AuthorizationPolicy
            name: viewers
            options:
              - name: web
                delivery: [aes]
                restrictions:
                  - token:
                      type: jwt
                      issuer: \(issuer)
                      audience: u
                      verificationKeys: [{ jwks: "https://sts.example/jwks" }]
            """
        }
        let (one, two) = ("https://caf\u{E9}.example", "https://cafe\u{301}.example")
        _ = try await catalog.applyDocuments(policy(one))
        #expect(
            try await catalog.applyDocuments(policy(two)) == [
                "update AuthorizationPolicy viewers: options[0].restrictions[0].token.issuer: \(one) "
                    + "in another normal form of Unicode"
            ])
        let stored = try #require(try await catalog.authorizationPolicy(named: "viewers"))
        guard case .token(let restriction) = stored.options[0].restrictions[0] else { return }
        #expect(restriction.issuer.isExactly(two))
        #expect(try await catalog.applyDocuments(policy(two)) == ["unchanged AuthorizationPolicy viewers"])
    }

    @Test func saysWhatChanges() async throws {
        _ = try await catalog.applyDocuments(Self.viewers("10.0.0.0/8") + Self.delivery)
        #expect(
            try await catalog.applyDocuments(Self.viewers("10.1.0.0/16")) == [
                "update AuthorizationPolicy viewers: options[0].restrictions[0].ip.allow[0]: "
                    + "10.0.0.0/8 → 10.1.0.0/16"
            ])
        #expect(
            try await catalog.applyDocuments(Self.delivery.replacing("[hls]", with: "[dash, hls]")) == [
                "update DeliveryPolicy d: protocols[0]: hls → dash; protocols[1]: nothing → hls"
            ])
        #expect(
            try await catalog.applyDocuments(Self.viewers("10.2.0.0/16, 10.1.0.0/16")) == [
                "update AuthorizationPolicy viewers: options[0].restrictions[0].ip.allow[1]: nothing → 10.2.0.0/16"
            ])
        #expect(
            try await catalog.applyDocuments(Self.viewers("10.1.0.0/16, 10.2.0.0/16")) == [
                "update AuthorizationPolicy viewers: the order of a list"
            ])
    }

    @Test func aDryRunChangesNothing() async throws {
        let counter = Counter()
        let reconciliation = Reconciliation(catalog: catalog) { type, keyID, name in
            await counter.add()
            return try await makeFakeKey(type, keyID, name)
        }
        let set = DocumentSet(parse(Self.key("type: common")).documents)
        let plan = try await reconciliation.plan(set)
        #expect(plan.changes.map(\.action) == [.create] && !plan.isEmpty)
        #expect(await counter.value == 0)
        #expect(try await catalog.contentKey(named: "k") == nil)
        #expect(try await catalog.lastAuditSequence() == 0)
    }

    @Test func changesAKeysPolicyOnly() async throws {
        _ = try await catalog.applyDocuments(Self.viewers("10.0.0.0/8") + Self.key("type: common", "kid: \(Self.kid)"))
        #expect(try await catalog.contentKey(named: "k")?.keyID.description == Self.kid)
        #expect(
            try await catalog.applyDocuments(Self.key("type: common", "authorizationPolicy: viewers")) == [
                "update ContentKey k: authorizationPolicy: nothing → viewers"
            ])
        #expect(try await catalog.contentKey(named: "k")?.authorizationPolicy == "viewers")
        #expect(
            try await catalog.applyDocuments(Self.key("type: common")) == [
                "update ContentKey k: authorizationPolicy: viewers → nothing"
            ])
    }

    @Test(arguments: [
        ("type: envelope", "f.yaml:1:1: ContentKey 'k' is of type 'common': a key's type never changes"),
        (
            "type: common\nkid: 7f1d0000-0000-4000-8000-00000000000b",
            "f.yaml:1:1: ContentKey 'k' has the KID \(kid): a key's KID never changes"
        ),
    ])
    func refusesToChangeAKeyItself(fields: String, error: String) async throws {
        _ = try await catalog.applyDocuments(Self.key("type: common", "kid: \(Self.kid)"))
        #expect(await rejection(of: Self.key(fields)) == [error])
    }

    @Test func refusesAnothersKeyID() async throws {
        _ = try await catalog.applyDocuments(Self.key("type: common", "kid: \(Self.kid)"))
        let other = "kind: ContentKey\nname: other\ntype: common\nkid: \(Self.kid)"
        #expect(await rejection(of: other) == ["f.yaml:1:1: the KID \(Self.kid) belongs to ContentKey 'k'"])
    }

    /// The way to give the key of a publication, which has no name, another policy.
    @Test func namesAnUnnamedKeyByItsKeyID() async throws {
        let keyID = try #require(KeyID(Self.kid))
        try await catalog.apply([.insertContentKey(try await makeFakeKey(.commonCbcs, keyID, nil))])
        let text =
            Self.viewers("10.0.0.0/8") + Self.key("type: common-cbcs", "kid: \(keyID)", "authorizationPolicy: viewers")
        #expect(
            try await catalog.applyDocuments(text).last == "update ContentKey k: authorizationPolicy: nothing → viewers"
        )
        #expect(try await catalog.contentKey(keyID)?.authorizationPolicy == "viewers")
        #expect(try await catalog.applyDocuments(text).last == "unchanged ContentKey k")
    }

    @Test func refersToDocumentsOrTheCatalog() async throws {
        let key = Self.key("type: common", "authorizationPolicy: viewers")
        #expect(
            await rejection(of: key) == [
                "f.yaml:4:22: there is no AuthorizationPolicy 'viewers' here or in the catalog"
            ])
        _ = try await catalog.applyDocuments(Self.viewers("10.0.0.0/8"))
        #expect(await rejection(of: key) == [])
        #expect(await rejection(of: key, prune: true).count == 1)
        #expect(await rejection(of: Self.viewers("10.0.0.0/8") + key, prune: true) == [])
    }

    @Test func secretsMustBeThere() async throws {
        let text = Self.viewers("10.0.0.0/8").replacing(
            "ip: { allow: [10.0.0.0/8] }",
            with: "token: { type: swt, issuer: i, audience: u, verificationKeys: [{ secret: sts }] }")
        let error = "there is no secret 'sts': set it with 'keyway secret set sts'"
        #expect(await rejection(of: text).map { $0.hasSuffix(error) } == [true])
        try await catalog.apply([
            .putSecret(SecretRecord(name: "sts", kek: KEKVersion(rawValue: 1), ciphertext: [1], created: moment))
        ])
        #expect(await rejection(of: text) == [])
    }

    @Test func namesAndKeyIDsAreUnique() async throws {
        let text =
            Self.delivery + Self.delivery + Self.key("type: common", "kid: \(Self.kid)")
            + "kind: ContentKey\nname: d\ntype: common\nkid: \(Self.kid.uppercased())"
        #expect(
            await rejection(of: text) == [
                "f.yaml:6:1: DeliveryPolicy 'd' is declared at f.yaml:1:1 already",
                "f.yaml:16:1: ContentKey 'kid:\(Self.kid)' is declared at f.yaml:11:1 already",
            ])
    }

    @Test func prunesPoliciesOnly() async throws {
        _ = try await catalog.applyDocuments(
            Self.viewers("10.0.0.0/8") + Self.delivery + Self.key("type: common")
                + "kind: AccessPolicy\nname: a\npermissions: [read]\nduration: 1d")
        let other = Self.delivery.replacing("name: d", with: "name: e")
        #expect(try await catalog.applyDocuments(other) == ["create DeliveryPolicy e"])
        #expect(
            try await catalog.applyDocuments(other, prune: true) == [
                "unchanged DeliveryPolicy e", "delete DeliveryPolicy d", "delete AuthorizationPolicy viewers",
            ])
        #expect(try await catalog.deliveryPolicies().map(\.name) == ["e"])
        #expect(try await catalog.authorizationPolicies().isEmpty)
        #expect(try await catalog.contentKey(named: "k") != nil)
        #expect(try await catalog.accessPolicy(named: "a") != nil)
    }

    @Test func prunesNothingThatIsInUse() async throws {
        _ = try await catalog.applyDocuments(
            Self.viewers("10.0.0.0/8") + Self.key("type: common", "authorizationPolicy: viewers"))
        await #expect(throws: OperatorError.self) { _ = try await catalog.applyDocuments(Self.delivery, prune: true) }
        #expect(try await catalog.deliveryPolicies().isEmpty)
        #expect(try await catalog.authorizationPolicies().map(\.name) == ["viewers"])
    }

    /// The plan says it already, with the users; a key that the same documents put under another policy is none.
    @Test func aPlanNamesWhoUsesWhatItWouldRemove() async throws {
        let key = Self.key("type: common", "authorizationPolicy: viewers")
        _ = try await catalog.applyDocuments(
            Self.viewers("10.0.0.0/8") + key + Self.delivery
                + "kind: AccessPolicy\nname: a\npermissions: [read]\nduration: 1d")
        try await catalog.apply([
            .insertLocator(
                Locator(
                    id: LocatorID(), kind: .streaming, asset: "film", accessPolicy: "a", deliveryPolicies: ["d"],
                    start: moment, end: moment, isRevoked: true))
        ])
        func obstacles(_ text: String) async throws -> [String] {
            try await Reconciliation(catalog: catalog, makeKey: makeFakeKey)
                .plan(DocumentSet(parse(text).documents), prune: true).obstacles
        }
        let found = try await obstacles("")
        #expect(found.count == 2)
        #expect(
            found.contains { $0.contains("DeliveryPolicy 'd'") && $0.contains("of asset 'film', which is revoked") })
        #expect(found.contains { $0.contains("AuthorizationPolicy 'viewers'") && $0.contains("ContentKey 'k'") })
        let others = Self.viewers("10.0.0.0/8").replacing("name: viewers", with: "name: others")
        let moved = Self.key("type: common", "authorizationPolicy: others")
        #expect(try await obstacles(others + moved + Self.delivery) == [])
    }

    /// A name that stands in a valid document of the past and is taken by now: nothing of the plan is applied.
    @Test func appliesAllOrNothing() async throws {
        let plan = try await Reconciliation(catalog: catalog, makeKey: makeFakeKey).plan(
            DocumentSet(parse(Self.delivery + Self.key("type: common", "kid: \(Self.kid)")).documents))
        let keyID = try #require(KeyID(Self.kid))
        try await catalog.apply([.insertContentKey(try await makeFakeKey(.common, keyID, "k"))])
        await #expect(throws: CatalogError.self) {
            try await Reconciliation(catalog: catalog, makeKey: makeFakeKey).apply(plan, at: moment)
        }
        #expect(try await catalog.deliveryPolicies().isEmpty)
        #expect(try await catalog.lastAuditSequence() == 0)
    }

    /// The repository's own documents, with the secret that the demo makes.
    @Test func theRepositorysDocumentsApply() async throws {
        try await catalog.apply([
            .putSecret(SecretRecord(name: "demo-sts", kek: KEKVersion(rawValue: 1), ciphertext: [1], created: moment))
        ])
        let loaded = DocumentLoader(workingFolder: repository).load(["Policies", "Keys"])
        let reconciliation = Reconciliation(catalog: catalog, makeKey: makeFakeKey)
        let plan = try await reconciliation.plan(DocumentSet(loaded.documents))
        #expect(plan.errors.isEmpty && plan.changes.allSatisfy { $0.action == .create })
        try await reconciliation.apply(plan, at: moment)
        #expect(try await reconciliation.plan(DocumentSet(loaded.documents)).isEmpty)
        let policies = try await catalog.deliveryPolicies()
        #expect(DeliveryPlan.conflict(in: policies) == nil)
        #expect(policies.map(\.name).sorted() == ["dash-cenc", "hls-aes", "hls-cbcs"])
    }

    private func rejection(of text: String, prune: Bool = false) async -> [String] {
        do {
            let loaded = parse(text)
            let plan = try await Reconciliation(catalog: catalog, makeKey: makeFakeKey)
                .plan(DocumentSet(loaded.documents), prune: prune)
            return (loaded.errors + plan.errors).map(\.description)
        } catch {
            return ["\(error)"]
        }
    }
}

actor Counter {
    private(set) var value = 0

    func add() {
        value += 1
    }
}
