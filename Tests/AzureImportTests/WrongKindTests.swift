import AzureImport
import ContentKeys
import Foundation
import Policies
import Testing

/// A member that is there and of another kind than it must be, or that is not known, is never passed over in silence.
@Suite struct WrongKindTests {
    // MARK: Keys that verify tokens

    @Test(arguments: [
        (RefusalTests.symmetric, #""keyValue":"AAEC""#), (Self.rsa, #""exponent":"AQAB""#),
    ])
    func aVerificationKeyWithAMemberThatIsNotKnown(key: String, member: String) throws {
        func policy(_ key: String) -> String {
            RefusalTests.policy(RefusalTests.token.replacing(RefusalTests.symmetric, with: key))
        }
        #expect(Exports.read(policy(key)).findings.isEmpty)
        let ended = key.replacing(member, with: member + #","notAfter":"2020-01-01T00:00:00Z""#)
        let items = Exports.read(policy(ended))
        #expect(items.authorizationPolicies.isEmpty && items.secrets.isEmpty)
        #expect(items.findings.contains { $0.place.path.hasSuffix("primaryVerificationKey.notAfter") })
        // Another key of the same restriction goes on verifying.
        let alternate = policy(ended).replacing(
            #""requiredClaims""#, with: #""alternateVerificationKeys":[\#(key)],"requiredClaims""#)
        let both = Exports.read(alternate)
        #expect(both.options.count == 1 && both.errors.isEmpty)
        #expect(both.findings.map(\.outcome) == [.notTakenOver])
        // What says nothing of protection, and nulls, are no terms.
        let plain = key.replacing(member, with: member + #","created":"2020","notAfter":null"#)
        #expect(Exports.read(policy(plain)).findings.isEmpty)
    }

    private static let rsa =
        ##"{"@odata.type":"#Microsoft.Media.ContentKeyPolicyRsaTokenKey","exponent":"AQAB","modulus":"\##(modulus)"}"##
    private static let modulus =
        "x2oUg52cyf6q6wQfXMq1tcXRUSdh4IqjquZgkuYMVVVsisdtiOKAFpeExKi1bvwDTvttBPCOw12u/mYygQF0yx7kfEv5vd1rEE5Zfms/GLC+BWdH"
        + "DZadW+wgb/2HKTg3oEbMERVMR3YDk7lQrSereoh5wQRIublzQasUIKy/coOel2DtLJr3KTK0fF+caE2b19xvoa0uPM+YrACN6kz9naPdgtczuw9I"
        + "uiZY29zAzBn1DgcDURPp38QWCxrQAgtSiW4Dl3T2QsSYSJAW+WD25mzUfiHiZSV46Lxd+rURhNpk7EQqS/l4BqmtQ/bu+gy2kGJuGEZ8Vk3dUb4M"
        + "v0XZjw=="

    // MARK: Delivery policies of the second API

    static let delivery =
        #"{"Name":"d","AssetDeliveryPolicyType":3,"AssetDeliveryProtocol":4,"AssetDeliveryConfiguration":CONFIG}"#
    static let pair = #"{"Key":"2","Value":"https://keys.example/"}"#

    @Test func aConfigurationIsAListOfPairs() {
        for text in ["[\(Self.pair)]", #""[{\"Key\":\"2\",\"Value\":\"https://keys.example/\"}]""#] {
            let items = Exports.read(Self.delivery.replacing("CONFIG", with: text))
            #expect(items.deliveryPolicies.map(\.keyAcquisitionURL) == ["https://keys.example/?KID={kid}"])
            #expect(items.findings.isEmpty)
        }
        for text in ["null", #""""#, "[]", "{}", #""[]""#] {
            #expect(Exports.read(Self.delivery.replacing("CONFIG", with: text)).findings.isEmpty, "\(text)")
        }
    }

    @Test(arguments: [
        #"{"2":"https://keys.example/"}"#, #""{\"2\":\"https://keys.example/\"}""#, pair, "7", "true", #""7""#,
        "[7]", #"[{"Value":"https://keys.example/"}]"#, #"[{"Key":"2","Value":7}]"#, #"[{"Key":"2"}]"#,
        #"[{"Key":"2","Value":"https://keys.example/","NotAfter":"2020-01-01"}]"#,
    ])
    func anotherConfigurationIsReported(text: String) {
        let items = Exports.read(Self.delivery.replacing("CONFIG", with: text))
        #expect(items.deliveryPolicies.count == 1)
        #expect(items.findings.map(\.outcome) == [.notTakenOver], "\(items.findings)")
    }

    @Test(
        arguments: [
            ("4", [.hls], false), ("36", [.hls], true), (#""36""#, [.hls], true),
            ("65535", [.hls, .dash, .smooth], true),
            (#""Hls, Dash""#, [.hls, .dash], false), (#""Hls, Flute""#, [.hls], true),
            ("7", [.hls, .dash, .smooth], false),
            ("32", [], true), ("0", [], false), (#""None""#, [], false),
        ] as [(String, Set<StreamingProtocol>, Bool)])
    func flagsOfProtocols(flags: String, protocols: Set<StreamingProtocol>, isReported: Bool) {
        let text = Self.delivery.replacing("CONFIG", with: "null").replacing(":4", with: ":\(flags)")
        let items = Exports.read(text)
        #expect(items.deliveryPolicies.map(\.protocols) == (protocols.isEmpty ? [] : [protocols]))
        #expect(items.findings.contains { $0.outcome == .notTakenOver } == isReported, "\(items.findings)")
        // HDS and whole files, of all that there were, are said by name and nothing is unknown.
        #expect(!items.findings.contains { flags == "65535" && $0.message.contains("not known") })
    }

    // MARK: Streaming policies

    static let streaming =
        #"{"name":"s","envelopeEncryption":{"enabledProtocols":{"hls":true,"dash":false,"download":false},"#
        + #""contentKeys":{"defaultKey":{"label":"k"},"keyToTrackMappings":[]}}}"#

    @Test(arguments: [
        (#""dash":false"#, #""dash":"true""#, "dash"), (#""dash":false"#, #""smoothStreaming":1"#, "smoothStreaming"),
        (#""keyToTrackMappings":[]"#, #""keyToTrackMappings":{"label":"k"}"#, "keyToTrackMappings"),
        (#""keyToTrackMappings":[]"#, #""keyToTrackMappings":"k""#, "keyToTrackMappings"),
        (#"{"label":"k"}"#, #""k""#, "defaultKey"),
        (#"{"defaultKey":{"label":"k"},"keyToTrackMappings":[]}"#, #"["k"]"#, "contentKeys"),
        (#""contentKeys""#, #""customKeyAcquisitionUrlTemplate":7,"x""#, "customKeyAcquisitionUrlTemplate"),
    ])
    func aStreamingPolicyWithAWrongKind(old: String, new: String, member: String) {
        #expect(Exports.read(Self.streaming).findings.isEmpty)
        let items = Exports.read(Self.streaming.replacing(old, with: new))
        #expect(items.deliveryPolicies.map(\.protocols) == [[.hls]])
        #expect(items.findings.contains { $0.isLoss && $0.place.path.hasSuffix(member) }, "\(items.findings)")
    }

    @Test(arguments: [#""envelopeEncryption":[]"#, #""envelopeEncryption":{"enabledProtocols":["hls"]}"#])
    func anEncryptionThatCannotBeRead(encryption: String) {
        let items = Exports.read(#"{"name":"s",\#(encryption),"noEncryption":{"enabledProtocols":{"hls":true}}}"#)
        #expect(items.deliveryPolicies.map(\.encryption) == [.none])
        #expect(items.findings.contains { $0.outcome == .refused })
    }

    // MARK: Locators and keys

    static let key =
        #"{"id":"60000000-0000-0000-0000-000000000009","type":"EnvelopeEncryption","policyName":"p","#
        + #""value":"AAECAwQFBgcICQoLDA0ODw=="}"#

    @Test(arguments: [key, "7", #""\#(key.replacing("\"", with: "\\\""))""#])
    func keysOfALocatorAreAList(keys: String) {
        let locator = #"{"streamingPolicyName":"Predefined_ClearKey","assetName":"a","contentKeys":KEYS}"#
        #expect(Exports.read(locator.replacing("KEYS", with: "[\(Self.key)]")).keys.count == 1)
        let items = Exports.read(locator.replacing("KEYS", with: keys))
        #expect(items.keys.isEmpty && !items.errors.isEmpty)
    }

    /// The locator's own policy may give a key to more than the key's does.
    @Test func theNameOfAKeysPolicyIsAText() {
        let text = #"{"defaultContentKeyPolicyName":"q","contentKeys":[\#(Self.key)]}"#
        #expect(Exports.read(text).keys.map(\.policies) == [["p"]])
        for name in ["7", "{}", "true", "[]"] {
            let items = Exports.read(text.replacing(#""policyName":"p""#, with: #""policyName":\#(name)"#))
            #expect(items.keys.isEmpty && items.refusals.count == 1, "\(name)")
        }
        #expect(Exports.read(text.replacing(#""p""#, with: "null")).keys.map(\.policies) == [["q"]])
    }

    @Test(arguments: [
        (#""policyName":"p""#, #""labelReferenceInStreamingPolicy":{"a":1}"#),
        (#""policyName":"p""#, #""tracks":{"a":1}"#),
    ])
    func partsOfAKeyOfAnotherKind(old: String, new: String) {
        let items = Exports.read(Self.key.replacing(old, with: new))
        #expect(items.keys.count == 1 && items.findings.contains { $0.outcome == .notTakenOver })
    }

    @Test func trackIdentifiersOfAnotherKind() {
        let text =
            #"{"Id":"nb:kid:UUID:60000000-0000-0000-0000-000000000009","ContentKeyType":4,"#
            + #""ContentKey":"AAECAwQFBgcICQoLDA0ODw==","TrackIdentifiers":["1"]}"#
        let items = Exports.read(text)
        #expect(items.keys.count == 1 && items.findings.map(\.outcome) == [.notTakenOver])
    }

    // MARK: The account

    /// Whatever stands there may say from where keys may be asked.
    @Test(arguments: [
        #""keyDelivery":"deny""#, #""keyDelivery":[]"#, #""keyDelivery":{"accessControl":"Deny"}"#,
        #""keyDelivery":{"accessControl":{"defaultAction":"Allow","ipAllowList":"10.0.0.0/8"}}"#,
        #""keyDelivery":{"accessControl":{"defaultAction":"Deny","ipAllowList":{"a":"10.0.0.0/8"}}}"#,
    ])
    func anAccountThatCannotBeReadStopsEverything(delivery: String) {
        #expect(!Exports.read("{\"properties\":{\(delivery)}}").errors.isEmpty)
    }
}
