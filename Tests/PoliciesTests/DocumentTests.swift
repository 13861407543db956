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

    @Test func aKindOfTheFutureIsKeptAndDenies() throws {
        let decoded = try JSONDecoder().decode(Restriction.self, from: Data(#"{"moon":{"phase":"full"}}"#.utf8))
        #expect(decoded == .unknown(kind: "moon"))
    }

    @Test(arguments: ["{}", #"{"open":{},"ip":{"allow":[],"deny":[]}}"#, "[]", #""open""#])
    func aRestrictionHasOneKind(text: String) {
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(Restriction.self, from: Data(text.utf8)) }
    }
}
