import Foundation
import Policies
import TestSupport
import Testing

@testable import Tokens

@Suite struct IssuerTests {
    private func contents(_ claims: [TokenClaim] = []) -> TokenContents {
        TokenContents(issuer: issuer, audience: audience, expires: now.addingTimeInterval(600), claims: claims)
    }

    @Test func claimsArriveAsTheyWereGiven() throws {
        var given = contents([
            TokenClaim(name: "plan", value: .text("\"premium\"\n\\ é 🎬")), TokenClaim(name: "n", value: .integer(-7)),
            TokenClaim(name: "b", value: .boolean(false)), TokenClaim(name: "a", value: .texts(["x", "y"])),
            TokenClaim(name: "big", value: .integer(.max)),
        ])
        given.subject = "me"
        given.tokenID = "id"
        given.notBefore = now
        given.issuedAt = now.addingTimeInterval(0.9)
        let token = try TokenIssuer.jwt(given, algorithm: .hs256, key: .secret(TableOfSecrets.main))
        let verified = try #require(verdict(token).token)
        #expect(verified.subject == "me" && verified.tokenID == "id" && verified.expires == given.expires)
        #expect(verified.claims["plan"] == ["\"premium\"\n\\ é 🎬"] && verified.claims["n"] == ["-7"])
        #expect(verified.claims["b"] == ["false"] && verified.claims["a"] == ["x", "y"])
        #expect(verified.claims["big"] == ["\(Int.max)"] && verified.claims["iat"] == ["1700000000"])
    }

    @Test func swtArrivesAsItWasGiven() throws {
        let given = contents([
            TokenClaim(name: "plan é&=", value: .text("a b&c=d%+~'é🎬")), TokenClaim(name: "n", value: .integer(5)),
            TokenClaim(name: "t", value: .boolean(true)),
        ])
        let token = try TokenIssuer.swt(given, secret: TableOfSecrets.main)
        let verified = try #require(verdict(token, restriction(.swt)).token)
        #expect(verified.claims["plan é&="] == ["a b&c=d%+~'é🎬"])
        #expect(verified.claims["n"] == ["5"] && verified.claims["t"] == ["true"])
    }

    @Test func namesMustBeFree() {
        for name in ["iss", "aud", "exp", "nbf", "iat", "sub", "jti", ""] {
            #expect(throws: TokenIssueError.claimNotPossible(name)) {
                try TokenIssuer.jwt(
                    contents([TokenClaim(name: name, value: .text("x"))]), algorithm: .hs256, key: .secret([1]))
            }
        }
        for name in ["Issuer", "Audience", "ExpiresOn", "HMACSHA256", ""] {
            #expect(throws: TokenIssueError.claimNotPossible(name)) {
                try TokenIssuer.swt(contents([TokenClaim(name: name, value: .text("x"))]), secret: [1])
            }
        }
        let twice = [TokenClaim(name: "a", value: .text("x")), TokenClaim(name: "a", value: .text("y"))]
        #expect(throws: TokenIssueError.claimNotPossible("a")) {
            try TokenIssuer.jwt(contents(twice), algorithm: .hs256, key: .secret([1]))
        }
        #expect(throws: TokenIssueError.claimNotPossible("a")) { try TokenIssuer.swt(contents(twice), secret: [1]) }
    }

    @Test func whatCannotBeWrittenIsRefused() {
        #expect(throws: TokenIssueError.claimNotPossible("a")) {
            try TokenIssuer.swt(contents([TokenClaim(name: "a", value: .texts(["x"]))]), secret: [1])
        }
        for claim in [TokenClaim(name: "a", value: .text("x\u{0}y")), TokenClaim(name: "a", value: .texts(["\u{0}"]))] {
            #expect(throws: TokenIssueError.claimNotPossible("a")) {
                try TokenIssuer.jwt(contents([claim]), algorithm: .hs256, key: .secret([1]))
            }
        }
        for time in [-1.0, 1e300, .infinity, .nan] {
            let given = TokenContents(issuer: "a", audience: "b", expires: Date(timeIntervalSince1970: time))
            #expect(throws: TokenIssueError.timeOutOfRange) { try TokenIssuer.swt(given, secret: [1]) }
            #expect(throws: TokenIssueError.timeOutOfRange) {
                try TokenIssuer.jwt(given, algorithm: .hs256, key: .secret([1]))
            }
        }
    }

    @Test func keysMustSuitTheAlgorithm() throws {
        #expect(throws: TokenIssueError.emptySecret) {
            try TokenIssuer.jwt(contents(), algorithm: .hs256, key: .secret([]))
        }
        #expect(throws: TokenIssueError.emptySecret) { try TokenIssuer.swt(contents(), secret: []) }
        let rsa = SigningKey.privateKey(pem: try KeyPair.rsa.get().privateKey)
        let ec = SigningKey.privateKey(pem: try KeyPair.ec.get().privateKey)
        let wrong: [(SignatureAlgorithm, SigningKey)] = [
            (.hs256, rsa), (.hs256, ec), (.rs256, ec), (.es256, rsa), (.rs256, .secret([1])), (.es256, .secret([1])),
            (.rs256, .privateKey(pem: "x")), (.rs256, .privateKey(pem: try KeyPair.rsa.get().publicKey)),
            (.rs256, .privateKey(pem: try OpenSSLTool.privateKey("RSA:1024"))),
            (.es256, .privateKey(pem: try OpenSSLTool.privateKey("EC:P-384"))),
        ]
        for (algorithm, key) in wrong {
            #expect(throws: TokenIssueError.keyNotForAlgorithm(algorithm)) {
                try TokenIssuer.jwt(contents(), algorithm: algorithm, key: key)
            }
        }
    }

    @Test func signingKeysPrintRedacted() throws {
        let key = SigningKey.secret(Array("very secret".utf8))
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), dumped] {
            #expect(!text.contains("secret(") && !text.contains("118"))
        }
    }
}
