import Foundation
import Policies
import TestSupport
import Testing

@testable import Tokens

private func swt(_ text: String, encoding: (String) -> String = { $0.replacing("=", with: "%3d") }) -> String {
    "\(text)&HMACSHA256=\(encoding(Data(hmac(text)).base64EncodedString()))"
}

private let body =
    "plan=premium&Audience=urn%3aexample%3afilms&ExpiresOn=1700000600&Issuer=https%3a%2f%2fsts.example.com%2f"
private let good = swt(body)

private func swap(_ old: String, _ new: String) -> String { swt(body.replacing(old, with: new)) }

private let refusedExpiries: [String] = [
    "", "-1", "+1700000600", "1700000600.0", "1.7e9", "0x6553F358", " 1700000600", "1700000600+",
    "99999999999999999",
    "18446744073709551616", "340282366920938463463374607431768211456", "9007199254740993", "NaN", "%D9%A1",
]

private let refusedExpiryCases = refusedExpiries.map {
    TokenCase("ExpiresOn \($0)", swap("1700000600", $0), $0.hasPrefix(" ") ? .malformed : .expiryMissing)
}

private let expiryCases: [TokenCase] = [
    TokenCase("no ExpiresOn", swap("&ExpiresOn=1700000600", ""), .expiryMissing),
    TokenCase("ExpiresOn in another case", swap("ExpiresOn", "expireson"), .expiryMissing),
    TokenCase("expired", swap("1700000600", "1699999940"), .expired),
    TokenCase("within the skew", swap("1700000600", "1699999941"), nil),
    TokenCase("ExpiresOn 0", swap("1700000600", "0"), .expired),
]

private let claimCases: [TokenCase] = [
    TokenCase("good", good, nil),
    TokenCase("upper case escapes", swap("%3a", "%3A"), nil),
    TokenCase("raw", swt("Audience=\(audience)&ExpiresOn=1700000600&Issuer=\(issuer)"), nil),
    TokenCase("other order", swt("Issuer=\(issuer)&ExpiresOn=1700000600&Audience=\(audience)"), nil),
    TokenCase("empty value", swap("premium", ""), nil),
    TokenCase("no Issuer", swap("&Issuer=https%3a%2f%2fsts.example.com%2f", ""), .issuerMismatch),
    TokenCase("other Issuer", swap("example.com%2f", "example.com"), .issuerMismatch),
    TokenCase("issuer", swap("Issuer", "issuer"), .issuerMismatch),
    TokenCase("no Audience", swap("&Audience=urn%3aexample%3afilms", ""), .audienceMismatch),
    TokenCase("prefix Audience", swap("films", "film"), .audienceMismatch),
    TokenCase("longer Audience", swap("films", "films%20"), .audienceMismatch),
    TokenCase("Issuer twice", swt("Issuer=\(issuer)&\(body)"), .malformed),
    TokenCase("Audience twice", swt("Audience=x&\(body)"), .malformed),
    TokenCase("ExpiresOn twice", swt("\(body)&ExpiresOn=1700009999"), .malformed),
    TokenCase("ExpiresOn twice, escaped", swt("\(body)&%45xpiresOn=1700009999"), .malformed),
    TokenCase("claim twice", swt("plan=basic&\(body)"), .malformed),
    TokenCase("empty pair", swt("&\(body)"), .malformed),
    TokenCase("empty pair inside", swt(body.replacing("&ExpiresOn", with: "&&ExpiresOn")), .malformed),
    TokenCase("no name", swt("=x&\(body)"), .malformed),
    TokenCase("no equals sign", swt("x&\(body)"), .malformed),
    TokenCase("malformed escape", swt("x=%4&\(body)"), .malformed),
    TokenCase("malformed escape at the end", swt("\(body)&x=%"), .malformed),
    TokenCase("escape of other digits", swt("x=%4G&\(body)"), .malformed),
    TokenCase("escape with sign", swt("x=%+4&\(body)"), .malformed),
    TokenCase("not UTF-8", swt("x=%ff&\(body)"), .malformed),
    TokenCase("raw space", swt("x=a b&\(body)"), .malformed),
    TokenCase("raw line", swt("x=a\n&\(body)"), .malformed),
    TokenCase("raw character beyond ASCII", swt("x=é&\(body)"), .malformed),
    TokenCase("too long", swt("x=\(String(repeating: "x", count: 16_384))&\(body)"), .malformed),
]

private let signatureText = Data(hmac(body)).base64EncodedString()

private let signatureCases: [TokenCase] = [
    TokenCase("raw base64", swt(body, encoding: { $0 }), nil),
    TokenCase("upper case escape", swt(body) { $0.replacing("=", with: "%3D") }, nil),
    TokenCase(
        "all escaped", swt(body) { $0.utf8.map { "%" + String($0, radix: 16) }.joined() }, nil),
    TokenCase("stripped", body, .malformed),
    TokenCase("empty signature", "\(body)&HMACSHA256=", .signatureInvalid),
    TokenCase("no signature's value", "\(body)&HMACSHA256", .malformed),
    TokenCase("signature without padding", swt(body) { $0.replacing("=", with: "") }, nil),
    TokenCase("signature for URLs", swt(body) { $0.replacing("+", with: "-").replacing("/", with: "_") }, nil),
    TokenCase("signature with spaces", swt(body) { $0.replacing("+", with: "%20") }, nil),
    TokenCase("signature with bare spaces", swt(body) { $0.replacing("+", with: " ") }, nil),
    TokenCase("signature with more padding", swt(body) { $0 + "=" }, .malformed),
    TokenCase("short signature", "\(body)&HMACSHA256=AAAA", .signatureInvalid),
    TokenCase("base64url", "\(body)&HMACSHA256=____\(signatureText.dropFirst(4))", .signatureInvalid),
    TokenCase("claim after the signature", "\(good)&plan=gold", .malformed),
    TokenCase("ampersand after the signature", "\(good)&", .malformed),
    TokenCase("space after the signature", "\(good) ", .malformed),
    TokenCase("plus after the signature", "\(good)+", .malformed),
    TokenCase("line after the signature", "\(good)\n", .malformed),
    TokenCase("character after the signature", "\(good)A", .malformed),
    TokenCase("NUL after the signature", "\(good)\u{0}", .malformed),
    TokenCase("fragment after the signature", "\(good)#x", .malformed),
    TokenCase("second signature, own", "\(good)&HMACSHA256=\(signatureText)", .signatureInvalid),
    TokenCase("two signatures, both signed", swt(good), .malformed),
    TokenCase("two signatures, first escaped", swt("%48MACSHA256=x&\(body)"), .malformed),
    TokenCase("name of the signature escaped", good.replacing("HMACSHA256", with: "%48MACSHA256"), .malformed),
    TokenCase("name in lower case", good.replacing("HMACSHA256", with: "hmacsha256"), .malformed),
    TokenCase("signature first", "HMACSHA256=\(signatureText)&\(body)", .malformed),
    TokenCase("signature alone", "HMACSHA256=\(signatureText)", .malformed),
    TokenCase("nothing signed", swt(""), .malformed),
    TokenCase("changed claim", good.replacing("premium", with: "platinum"), .signatureInvalid),
    TokenCase("escaped otherwise after signing", good.replacing("%3a", with: "%3A"), .signatureInvalid),
    TokenCase("empty", "", .malformed),
    TokenCase("JWT", token(), .malformed),
]

@Suite struct SWTTests {
    @Test(arguments: claimCases + refusedExpiryCases + expiryCases + signatureCases)
    func cases(_ subject: TokenCase) {
        let verdict = verdict(subject.token, restriction(.swt))
        #expect(verdict.rejection == subject.expected)
        #expect((verdict.token != nil) == (subject.expected == nil))
    }

    /// The vector that was computed with OpenSSL and Python after Azure Media Services' own tools.
    private static let vector =
        "urn%3amicrosoft%3aazure%3amediaservices%3acontentkeyidentifier=00112233-4455-6677-8899-aabbccddeeff"
        + "&Audience=urn%3atest&ExpiresOn=1700000000&Issuer=http%3a%2f%2ftestissuer.com%2f"
        + "&HMACSHA256=6xiFAzDa9tYPKno62hoY1qv3Rms4CNnyb4D1vC8tVo4%3d"

    @Test func theVectorVerifies() throws {
        let rule = TokenRestriction(
            kind: .swt, issuer: "http://testissuer.com/", audience: "urn:test", verificationKeys: [hmacKey("vector")])
        let verified = try #require(verdict(Self.vector, rule, at: now.addingTimeInterval(-60)).token)
        #expect(verified.kind == .swt && verified.subject == nil && verified.tokenID == nil)
        #expect(verified.claims[RequiredClaim.azureKeyIdentifier] == ["00112233-4455-6677-8899-aabbccddeeff"])
        #expect(verified.claims["HMACSHA256"] == nil)
        #expect(verified.expires == Date(timeIntervalSince1970: 1_700_000_000))
        #expect(verdict(Self.vector, rule, at: now.addingTimeInterval(60)).rejection == .expired)
    }

    @Test func theVectorIsIssued() throws {
        let claim = TokenClaim(
            name: RequiredClaim.azureKeyIdentifier, value: .text("00112233-4455-6677-8899-aabbccddeeff"))
        let contents = TokenContents(
            issuer: "http://testissuer.com/", audience: "urn:test", expires: now, claims: [claim])
        #expect(try TokenIssuer.swt(contents, secret: Array(0..<64)) == Self.vector)
    }

    /// Spellings of one signature are one token for a replay limit.
    @Test func spellingsOfTheSignatureHaveOneIdentity() throws {
        let tokens = [good, swt(body, encoding: { $0 }), swt(body) { $0.replacing("=", with: "%3D") }]
        let identities = Set(tokens.compactMap { verdict($0, restriction(.swt)).token?.identity })
        #expect(identities.count == 1)
        #expect(
            verdict(swap("premium", "basic"), restriction(.swt)).token.map { !identities.contains($0.identity) } == true
        )
    }

    @Test func onlySecretsWithTheAlgorithmVerify() throws {
        let pem = try KeyPair.rsa.get().publicKey
        let keys = [
            pemKey(pem, [.rs256]), pemKey(pem, [.hs256]),
            VerificationKey(source: .secret("main"), algorithms: [.rs256]),
        ]
        #expect(verdict(good, restriction(.swt, keys: keys)).rejection == .algorithmNotAllowed)
        #expect(verdict(good, restriction(.swt, keys: [hmacKey("other")])).rejection == .signatureInvalid)
        #expect(verdict(good, restriction(.swt, keys: [hmacKey("other"), hmacKey()])).token != nil)
        #expect(verdict(good, restriction(.swt, keys: [hmacKey("empty")])).rejection == .verificationKeyUnavailable)
    }

    @Test func plusIsASpaceInClaimsOnly() throws {
        let verified = try #require(verdict(swap("premium", "pre+mium%2b"), restriction(.swt)).token)
        #expect(verified.claims["plan"] == ["pre mium+"])
    }
}
