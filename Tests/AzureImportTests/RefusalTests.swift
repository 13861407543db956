import AzureImport
import ContentKeys
import Foundation
import Policies
import Testing

/// What cannot be said here as it was there is left out, never said in a looser way.
@Suite struct RefusalTests {
    static let open = ##"{"@odata.type":"#Microsoft.Media.ContentKeyPolicyOpenRestriction"}"##
    static let symmetric = ##"{"@odata.type":"#Microsoft.Media.ContentKeyPolicySymmetricTokenKey","keyValue":"AAEC"}"##
    static let token =
        ##"{"@odata.type":"#Microsoft.Media.ContentKeyPolicyTokenRestriction","issuer":"i","audience":"a","##
        + ##""primaryVerificationKey":\##(symmetric),"requiredClaims":[{"claimType":"c","claimValue":"v"}],"##
        + ##""restrictionTokenType":"Jwt"}"##

    static func policy(_ restriction: String) -> String {
        ##"{"name":"p","options":[{"name":"o","configuration":{"@odata.type":"##
            + ##""#Microsoft.Media.ContentKeyPolicyClearKeyConfiguration"},"restriction":\##(restriction)}]}"##
    }

    @Test func whatIsWholeIsTaken() throws {
        #expect(Exports.read(Self.policy(Self.open)).options.map(\.restrictions) == [[.open]])
        let items = Exports.read(Self.policy(Self.token))
        let expected = TokenRestriction(
            kind: .jwt, issuer: "i", audience: "a",
            verificationKeys: [VerificationKey(source: .secret("p.o.primary"), algorithms: [.hs256])],
            requiredClaims: [RequiredClaim(name: "c", expectation: .equals("v"))])
        #expect(items.options.map(\.restrictions) == [[.token(expected)]])
        #expect(items.secrets.map { $0.value.withUnsafeBytes { Array($0) } } == [[0, 1, 2]])
        #expect(items.findings.isEmpty)
    }

    @Test(
        arguments: [
            (#""i""#, #""""#), (#""i""#, "null"), (#""a","p"#, #"null,"p"#), (#""Jwt""#, #""Unknown""#),
            (#""Jwt""#, #""None""#), (#""restrictionTokenType":"Jwt""#, #""x":1"#),
            (#""keyValue":"AAEC""#, #""keyValue":"A""#), (#""keyValue":"AAEC""#, #""keyValue":"""#),
            ("SymmetricTokenKey", "OtherTokenKey"), (#""requiredClaims":["#, #""mustHold":["#),
            (#""claimType":"c""#, #""claimType":null"#), (#""claimValue":"v""#, #""claimValue":7"#),
            (#""claimValue":"v""#, #""claimValue":"""#), (#""claimValue":"v""#, #""claimValue":"{kid}""#),
            (#""claimValue":"v""#, #""claimValue":"v","andAlso":"w""#),
            (#"[{"claimType":"c","claimValue":"v"}]"#, #"{"claimType":"c","claimValue":"v"}"#),
            (#""v"}]"#, #""v"},{"claimType":"c","claimValue":"w"}]"#), ("TokenRestriction", "UnknownRestriction"),
            ("TokenRestriction", "OpenRestriction"),
        ])
    func aRestrictionThatIsNotWhole(old: String, new: String) {
        let changed = Self.token.replacing(old, with: new)
        #expect(changed != Self.token)
        let items = Exports.read(Self.policy(changed))
        #expect(items.authorizationPolicies.isEmpty, "\(new)")
        #expect(!items.refusals.isEmpty && items.secrets.isEmpty)
    }

    @Test func anOpenValueOfAClaim() {
        for value in [#""claimValue":null"#, #""x":null"#] {
            let items = Exports.read(Self.policy(Self.token.replacing(#""claimValue":"v""#, with: value)))
            guard case .token(let token) = items.options.first?.restrictions.first else {
                Issue.record("no option")
                continue
            }
            #expect(token.requiredClaims == [RequiredClaim(name: "c", expectation: .present)])
        }
    }

    @Test(
        arguments: [
            ("<TokenClaim>", "<TokenClaim><Also>1</Also>"), ("<Audience>urn:test</Audience>", ""),
            ("urn:test", ""), ("<RequiredClaims>", "<RequiredClaims>also"), ("RequiredClaims", "NeededClaims"),
            ("SymmetricVerificationKey", "AsymmetricTokenVerificationKey"), ("i:nil=\"true\" ", ""),
            ("</Issuer>", "</Issuer><TokenType>XWT</TokenType>"), ("</Issuer>", "</Issuer><Issuer>b</Issuer>"),
            ("</Issuer>", "</Issuer><NotBefore>b</NotBefore>"),
            ("TokenRestrictionTemplate/v1", "TokenRestrictionTemplate/v2"),
            ("<KeyValue>", "<KeyValue>!"),
        ])
    func aTemplateThatIsNotWhole(old: String, new: String) throws {
        let template = try Exports.text("v2/swt-template.xml")
        let changed = template.replacing(old, with: new)
        #expect(changed != template)
        let items = Exports.read(changed, as: "t.xml")
        #expect(items.authorizationPolicies.isEmpty, "\(new)")
        #expect(!items.refusals.isEmpty && items.secrets.isEmpty)
    }

    /// Of the second API an option has a list of restrictions, which all hold: without one of them it is looser.
    @Test func oneOfSeveralRestrictions() throws {
        let option = #"{"Name":"p","Options":[{"Name":"o","KeyDeliveryType":2,"Restrictions":[RESTRICTIONS]}]}"#
        func restriction(_ kind: String, _ requirements: String) -> String {
            #"{"Name":"r","KeyRestrictionType":\#(kind),"Requirements":\#(requirements)}"#
        }
        let template = try String(
            decoding: JSONEncoder().encode(try Exports.text("v2/swt-template.xml")), as: UTF8.self)
        let token = restriction("1", template)
        for (restrictions, count) in [
            ([restriction("0", "null"), token], 2), ([token, token], 2),
            ([token, restriction("2", "\"10.0.0.1\"")], 0),
            ([token, restriction("9", "null")], 0), ([], 0), ([restriction("0", template)], 0),
            ([restriction("1", "null")], 0), ([restriction("\"TokenRestricted\"", template)], 1),
        ] {
            let items = Exports.read(option.replacing("RESTRICTIONS", with: restrictions.joined(separator: ",")))
            #expect(items.options.flatMap(\.restrictions).count == count)
            #expect(items.secrets.count == items.options.flatMap(\.restrictions).filter { $0 != .open }.count)
        }
    }

    @Test func keysThatDoNotAgree() {
        let key =
            #"{"id":"60000000-0000-0000-0000-000000000009","type":"EnvelopeEncryption","policyName":"p","#
            + #""value":"AAECAwQFBgcICQoLDA0ODw=="}"#
        #expect(Exports.read("[\(key),\(key)]").keys.count == 1)
        for (old, new) in [("AAEC", "AQEC"), ("Envelope", "CommonEncryptionCbcs\",\"x\":\""), (":\"p\"", ":\"q\"")] {
            let items = Exports.read("[\(key),\(key.replacing(old, with: new))]")
            #expect(items.keys.isEmpty && items.refusals.count == 1, "\(new)")
        }
        for value in ["", "AAEC", "!", "AAECAwQFBgcICQoLDA0ODwA="] {
            let changed = key.replacing("AAECAwQFBgcICQoLDA0ODw==", with: value)
            #expect(Exports.read(changed).keys.isEmpty)
        }
    }

    /// The allow list of an account that cannot be read stops everything.
    @Test(arguments: ["", "300.0.0.0/8", "10.0.0.0-10.0.0.9", "10.0.0.1/8"])
    func addressesThatCannotBeRead(address: String) {
        let account =
            #"{"properties":{"keyDelivery":{"accessControl":{"defaultAction":"Deny","ipAllowList":["#
            + #""\#(address)"]}}}}"#
        #expect(!Exports.read(account).errors.isEmpty)
    }

    /// Policies of one name, of two accounts say, get names of their own; what has no id to tell them apart stops it.
    @Test func twoOfOneName() {
        let text = RefusalTests.policy(RefusalTests.token).replacing(
            "{\"name\":\"p\"", with: "{\"name\":\"p\",\"policyId\":\"ID\"")
        func policy(_ digit: Int) -> String {
            text.replacing("ID", with: "8352435\(digit)-ebea-4681-aae7-e19277771f64")
        }
        let items = Exports.read("[\(policy(1)),\(policy(2))]")
        #expect(items.authorizationPolicies.map(\.name) == ["p-83524351", "p-83524352"])
        #expect(items.secrets.map(\.name) == ["p-83524351.o.primary", "p-83524352.o.primary"])
        #expect(items.errors.isEmpty)
        let same = RefusalTests.policy(RefusalTests.token)
        #expect(!Exports.read("[\(same),\(same)]").errors.isEmpty)
        let changed = policy(1).replacing("\"v\"", with: "\"w\"")
        #expect(!Exports.read("[\(policy(1)),\(changed)]").errors.isEmpty)
        #expect(Exports.read("[\(policy(1)),\(policy(1))]").authorizationPolicies.count == 1)
        let delivery =
            #"{"Name":"d","Id":"nb:adpid:UUID:8352435#-ebea-4681-aae7-e19277771f64","AssetDeliveryPolicyType":3,"#
            + #""AssetDeliveryProtocol":#}"#
        let two = Exports.read("[\(delivery.replacing("#", with: "1")),\(delivery.replacing("#", with: "2"))]")
        #expect(two.deliveryPolicies.map(\.name) == ["d-83524351", "d-83524352"])
    }

    /// getPolicyPropertiesWithSecrets answers without the policy's name.
    @Test func aPolicyWithoutAName() throws {
        let secret = Exports.source("a/films.json", Array(try Exports.text("v3/subscribers.json").utf8))
        #expect(AzureImport.read([secret]).authorizationPolicies.map(\.name) == ["films", "films-licences"])
        let list = Exports.source("a/policies.json", Array(try Exports.text("v3/policies.json").utf8))
        for sources in [[secret, list], [list, secret]] {
            let items = AzureImport.read(sources)
            #expect(items.authorizationPolicies.map(\.name).sorted() == ["subscribers", "subscribers-licences"])
            #expect(items.secrets.count == 4 && items.errors.isEmpty)
        }
    }

    @Test func statesThatDiffer() throws {
        let sources = try Exports.sources("v3")
        #expect(AzureImport.read(sources).errors.isEmpty)
        let text = try Exports.text("v3/subscribers.json").replacing("18:29:30Z", with: "19:00:00Z")
        let later = Exports.source("later.json", Array(text.utf8))
        #expect(AzureImport.read(sources + [later]).errors.count >= 1)
    }
}
