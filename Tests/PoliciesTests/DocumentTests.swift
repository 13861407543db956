import Foundation
import Policies
import Testing

/// The JSON that the catalog keeps.
@Suite struct DocumentTests {
    @Test func policiesKeepTheirMeaning() throws {
        let claim = RequiredClaim(name: "kid", expectation: .requestedKeyID)
        let original = policy(
            [.open, .ip(AddressRestriction(allow: [try block("192.0.2.0/24")]))],
            [.token(tokenRestriction(claims: [claim], maximumUses: 2)), .unknown(kind: "moon")])
        let decoded = try JSONDecoder().decode(AuthorizationPolicy.self, from: JSONEncoder().encode(original))
        #expect(decoded == original)
    }

    /// Records of before there was a choice of systems are those of ClearKey, in both directions.
    @Test func deliveryPoliciesOfBeforeStayReadable() throws {
        let old = #"{"encryption":"cenc","keyLabels":[],"name":"d","protocols":["dash"]}"#
        let usual = DeliveryPolicy(name: "d", protocols: [.dash], encryption: .cenc)
        #expect(try JSONDecoder().decode(DeliveryPolicy.self, from: Data(old.utf8)) == usual)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        #expect(String(decoding: try encoder.encode(usual), as: UTF8.self) == old)
        var chosen = usual
        chosen.signalling = [.widevine, .playready]
        let text = String(decoding: try encoder.encode(chosen), as: UTF8.self)
        #expect(text.contains(#""signalling":["playready","widevine"]"#))
        #expect(try JSONDecoder().decode(DeliveryPolicy.self, from: Data(text.utf8)) == chosen)
    }

    @Test func aKindOfTheFutureIsKeptAndDenies() throws {
        let decoded = try JSONDecoder().decode(Restriction.self, from: Data(#"{"moon":{"phase":"full"}}"#.utf8))
        #expect(decoded == .unknown(kind: "moon"))
    }

    @Test(arguments: ["{}", #"{"open":{},"ip":{"allow":[],"deny":[]}}"#, "[]", #""open""#])
    func aRestrictionHasOneKind(text: String) {
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(Restriction.self, from: Data(text.utf8)) }
    }
}
