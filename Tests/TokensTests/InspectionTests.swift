import Foundation
import Policies
import Testing

@testable import Tokens

@Suite struct InspectionTests {
    @Test func jwt() throws {
        let inspection = try TokenInspection(token(["x": #"{"a":["\u001b[31m"]}"#]))
        #expect(inspection.kind == .jwt && inspection.signatureSize == 32)
        #expect(inspection.header.map(\.description) == [#""alg":"HS256""#, #""typ":"JWT""#])
        #expect(inspection.claims.map(\.name) == ["iss", "aud", "exp", "x"])
        #expect(inspection.claims.last?.json == #"{"a":["\u001b[31m"]}"#)
        #expect(inspection.expires == Date(timeIntervalSince1970: 1_700_000_600))
        #expect(TokenInspection.notice.hasPrefix("not verified"))
    }

    @Test func swt() throws {
        let inspection = try TokenInspection("Issuer=a%1b&ExpiresOn=5&HMACSHA256=AAAA")
        #expect(inspection.kind == .swt && inspection.header.isEmpty && inspection.signatureSize == 3)
        #expect(inspection.claims.map(\.description) == [#""ExpiresOn":"5""#, #""Issuer":"a\u001b""#])
        #expect(inspection.expires == Date(timeIntervalSince1970: 5))
    }

    @Test func unsignedTokensCanBeRead() throws {
        let inspection = try TokenInspection("\(base64URL(#"{"alg":"none"}"#.utf8)).\(base64URL("{}".utf8)).")
        #expect(inspection.signatureSize == 0 && inspection.claims.isEmpty && inspection.expires == nil)
    }

    @Test(arguments: ["", "x", "a.b", "&", "a=b&c=d", String(repeating: "A", count: 20_000)])
    func neither(text: String) {
        #expect(throws: TokenRejection.malformed) { try TokenInspection(text) }
    }
}
