import Adapters
import Administration
import AzureImport
import Catalog
import ContentKeys
import Foundation
import Policies
import Testing

/// Imports into a catalog: the service's own token is granted, and nothing is done twice or by halves.
@Suite struct OperationTests {
    static let keyID = "00112233-4455-6677-8899-aabbccddeeff"
    static let key: [UInt8] = Array(0..<16)
    static let before = Date(timeIntervalSince1970: 1_699_999_999)
    /// The vector of the service's Simple Web Tokens: key bytes 00 to 3f.
    static let token =
        "urn%3amicrosoft%3aazure%3amediaservices%3acontentkeyidentifier=00112233-4455-6677-8899-aabbccddeeff"
        + "&Audience=urn%3atest&ExpiresOn=1700000000&Issuer=http%3a%2f%2ftestissuer.com%2f"
        + "&HMACSHA256=6xiFAzDa9tYPKno62hoY1qv3Rms4CNnyb4D1vC8tVo4%3d"

    @Test func aTokenOfTheServiceStillOpensItsKey() async throws {
        let desk = try await Desk()
        try await desk.apply(AzureImport.read(Exports.sources("v2")))
        #expect(try await desk.deliver(Self.keyID, token: Self.token, at: Self.before) == .key(Self.key))
        #expect(
            try await desk.deliver(Self.keyID, token: Self.token, at: Self.before + 3600) == .denied(.tokenRejected))
        #expect(try await desk.deliver(Self.keyID, token: nil, at: Self.before) == .denied(.tokenMissing))
        for (old, new) in [
            ("urn%3atest", "urn%3atesu"), ("1700000000", "1800000000"), ("6xiF", "7xiF"), ("ff&", "fe&"),
        ] {
            let altered = Self.token.replacing(old, with: new)
            #expect(altered != Self.token)
            #expect(try await desk.deliver(Self.keyID, token: altered, at: Self.before) == .denied(.tokenRejected))
        }
    }

    /// The token names its key: under the same policy it opens no other one.
    @Test func aTokenOpensTheKeyThatItNames() async throws {
        let desk = try await Desk()
        let keys =
            #"{"Id":"nb:kid:UUID:99112233-4455-6677-8899-aabbccddeeff","ContentKeyType":4,"#
            + #""AuthorizationPolicyId":"nb:ckpid:UUID:6bd1a2cf-0a3e-4f3b-9a93-31a7e05d4f10","#
            + #""RebindContentKey":"AAECAwQFBgcICQoLDA0ODw=="}"#
        try await desk.apply(
            AzureImport.read(try Exports.sources("v2") + [Exports.source("k.json", Array(keys.utf8))]))
        #expect(
            try await desk.deliver("99112233-4455-6677-8899-aabbccddeeff", token: Self.token, at: Self.before)
                == .denied(.claimMismatch))
    }

    @Test func aSecondImportFindsEverythingThere() async throws {
        let desk = try await Desk()
        let items = AzureImport.read(try Exports.sources("v2", "v3", "account"))
        let first = try await desk.apply(items)
        let last = try await desk.catalog.lastAuditSequence()
        let second = try await desk.apply(AzureImport.read(try Exports.sources("v2", "v3", "account")))
        #expect(first.changes.allSatisfy { $0.action == .create })
        #expect(second.changes.allSatisfy { $0.action == .unchanged })
        #expect(second.changes.map(\.name) == first.changes.map(\.name))
        #expect(second.findings == first.findings)
        #expect(try await desk.catalog.lastAuditSequence() == last)
    }

    @Test func aPlanChangesNothing() async throws {
        let desk = try await Desk()
        let last = try await desk.catalog.lastAuditSequence()
        #expect(try await !desk.plan(AzureImport.read(try Exports.sources("v2", "v3"))).changes.isEmpty)
        #expect(try await desk.catalog.secretNames().isEmpty)
        #expect(try await desk.catalog.authorizationPolicies().isEmpty)
        #expect(try await desk.catalog.contentKey(try #require(KeyID(Self.keyID))) == nil)
        #expect(try await desk.catalog.lastAuditSequence() == last)
    }

    /// What an operator made or tightened stays, and then nothing else comes either.
    @Test(arguments: 0..<4)
    func whatIsThereStays(number: Int) async throws {
        let desk = try await Desk()
        let policy = AuthorizationPolicy(name: "subscribers", options: [])
        switch number {
        case 0: try await desk.catalog.apply([.putAuthorizationPolicy(policy)])
        case 1:
            let delivery = DeliveryPolicy(name: "secure-cbcs", protocols: [.dash], encryption: .blocked)
            try await desk.catalog.apply([.putDeliveryPolicy(delivery)])
        case 2:
            let secret = try desk.installation.makeSecret(named: "subscribers.clear.primary", value: [1])
            try await desk.catalog.apply([.putSecret(secret)])
        default:
            let keyID = try #require(KeyID("60000000-0000-0000-0000-000000000001"))
            let key = try desk.installation.makeContentKey(.envelope, keyID: keyID, name: nil)
            try await desk.catalog.apply([.insertContentKey(key)])
        }
        let plan = try await desk.plan(AzureImport.read(try Exports.sources("v3")))
        #expect(plan.contradictions.count == 1)
        await #expect(throws: ImportRejected.self) { try await desk.operation.apply(plan) }
        #expect(try await desk.catalog.secretNames().count == (number == 2 ? 1 : 0))
        #expect(try await desk.catalog.deliveryPolicies().count == (number == 1 ? 1 : 0))
    }

    /// A policy of ClearKey options gave no keys of cenc and cbcs, while `aes` here does.
    @Test func noKeyOfCencLeavesByAClearKeyOption() async throws {
        let desk = try await Desk()
        let items = AzureImport.read(try Exports.sources("v3"))
        try await desk.apply(items)
        let cenc = "60000000-0000-0000-0000-000000000002"
        #expect(try await desk.deliver(cenc, token: "x", at: Desk.now) == .denied(.noOptionForDelivery))
        #expect(try await desk.deliver(cenc, token: "x", at: Desk.now, by: .widevine) == .denied(.tokenRejected))
        let later = try await Desk()
        let policy =
            #"{"name":"p","options":[{"name":"o","configuration":{"@odata.type":"#
            + ##""#Microsoft.Media.ContentKeyPolicyClearKeyConfiguration"},"restriction":{"@odata.type":"##
            + ##""#Microsoft.Media.ContentKeyPolicyOpenRestriction"}}]}"##
        let key =
            #"{"id":"60000000-0000-0000-0000-000000000009","type":"TYPE","policyName":"p","#
            + #""value":"AAECAwQFBgcICQoLDA0ODw=="}"#
        let plan = try await later.plan(
            Exports.read("[\(policy),\(key.replacing("TYPE", with: "CommonEncryptionCenc"))]"))
        #expect(plan.changes.last?.detail == "common, no policy" && plan.losesSomething)
        let envelope = try await later.plan(
            Exports.read("[\(key.replacing("TYPE", with: "EnvelopeEncryption")),\(policy)]"))
        #expect(envelope.changes.last?.detail == "envelope, policy p" && !envelope.losesSomething)
    }

    /// A policy that was here before may bear the name by chance, and allow more.
    @Test func aKeyComesUnderAPolicyOfTheSameExports() async throws {
        let desk = try await Desk()
        let option = AuthorizationOption(name: "o", delivery: [.aes], restrictions: [.open])
        try await desk.catalog.apply([.putAuthorizationPolicy(AuthorizationPolicy(name: "p", options: [option]))])
        let key =
            #"{"id":"60000000-0000-0000-0000-000000000009","type":"EnvelopeEncryption","policyName":"p","#
            + #""value":"AAECAwQFBgcICQoLDA0ODw=="}"#
        let plan = try await desk.apply(Exports.read(key))
        #expect(plan.changes.first?.detail == "envelope, no policy" && plan.losesSomething)
        #expect(
            try await desk.deliver("60000000-0000-0000-0000-000000000009", token: nil, at: Desk.now)
                == .denied(.noPolicy))
        let other = try await Desk()
        try await other.apply(Exports.read("[\(key),\(RefusalTests.policy(RefusalTests.token))]"))
        let again = try await other.plan(Exports.read(key))
        #expect(again.contradictions.isEmpty && again.changes.map(\.action) == [.unchanged])
    }

    /// The account's allow list holds for every option, whichever file comes first.
    @Test func addressesOfTheAccountHoldForAll() async throws {
        let desk = try await Desk()
        try await desk.apply(AzureImport.read(try Exports.sources("v2", "account")))
        for (address, outcome) in [
            ("10.1.2.3", Desk.Outcome.key(Self.key)), ("192.0.2.7", .key(Self.key)),
            ("192.0.2.8", .denied(.addressNotAllowed)),
        ] {
            #expect(
                try await desk.deliver(Self.keyID, token: Self.token, at: Self.before, from: address) == outcome)
        }
    }

    @Test func aWrongChecksumLeavesTheKeyOut() async throws {
        let plan = try await Desk().plan(AzureImport.read(try Exports.sources("v2")))
        let refused = plan.findings.filter { $0.message.contains("checksum") }
        #expect(refused.count == 1 && refused.first?.outcome == .refused)
        #expect(plan.changes.filter { $0.kind == .contentKey }.count == 1)
    }
}
