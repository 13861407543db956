import Foundation
import Policies
import Testing

@testable import Tokens

private let parts = token().split(separator: ".").map(String.init)

private func joined(_ header: String, _ payload: String, _ signature: String) -> String {
    "\(header).\(payload).\(signature)"
}

private let refusedAlgorithms: [String] = [
    #""none""#, #""None""#, #""NONE""#, #""nOnE""#, #""none ""#, #""""#, "null", "0", "[]", #"["HS256"]"#,
    #""hs256""#,
    #""HS256 ""#, #""HS384""#, #""HS512""#, #""PS256""#, #""EdDSA""#, #""ES256K""#, #""RS256""#, #""ES256""#,
]

private let algorithmCases: [TokenCase] = refusedAlgorithms.flatMap { algorithm in
    let header = #"{"alg":\#(algorithm),"typ":"JWT"}"#
    let unsigned = joined(base64URL(header.utf8), parts[1], "")
    return [
        TokenCase("alg \(algorithm), signed", token(header: header), .algorithmNotAllowed),
        TokenCase("alg \(algorithm), unsigned", unsigned, .algorithmNotAllowed),
    ]
}

private let refusedParameters: [String] =
    [
        (#""jwk":{"kty":"oct","k":"AAAA"}"#), #""jku":"https://evil.example/jwks""#, #""x5u":"https://evil.example""#,
        #""x5c":["MIIB"]"#, #""crit":["exp"]"#, #""crit":[]"#, #""b64":false"#,
        #""b64":true"#, #""zip":"DEF""#, #""enc":"A128GCM""#, #""jwk":null"#,
    ]

private let parameterCases = refusedParameters.map {
    TokenCase("header \($0)", token(header: #"{"alg":"HS256",\#($0)}"#), .headerParameterNotAllowed)
}

private let headerCases: [TokenCase] =
    [
        TokenCase("no alg", token(header: #"{"typ":"JWT"}"#), .algorithmNotAllowed),
        TokenCase("kid", token(header: #"{"alg":"HS256","kid":"../../etc/passwd","cty":"x"}"#), nil),
        TokenCase("kid of a number", token(header: #"{"alg":"HS256","kid":5}"#), .malformed),
        TokenCase("names of certificates", token(header: #"{"alg":"HS256","x5t":"AA","x5t#S256":"AA"}"#), nil),
        TokenCase("no typ", token(header: #"{"alg":"HS256"}"#), nil),
        TokenCase("typ jwt", token(header: #"{"alg":"HS256","typ":"jwt"}"#), nil),
        TokenCase("typ at+jwt", token(header: #"{"alg":"HS256","typ":"at+jwt"}"#), nil),
        TokenCase("typ application/at+jwt", token(header: #"{"alg":"HS256","typ":"application/at+jwt"}"#), nil),
        TokenCase("typ JWE", token(header: #"{"alg":"HS256","typ":"JWE"}"#), .malformed),
        TokenCase("typ number", token(header: #"{"alg":"HS256","typ":5}"#), .malformed),
        TokenCase("alg twice", token(header: #"{"alg":"none","alg":"HS256"}"#), .malformed),
        TokenCase("alg twice, escaped", token(header: #"{"alg":"HS256","\u0061lg":"HS256"}"#), .malformed),
        TokenCase("header array", token(header: #"["HS256"]"#), .malformed),
        TokenCase("header empty", token(header: ""), .malformed),
        TokenCase("header trailing", token(header: goodHeader + "x"), .malformed),
    ]

private let claimCases: [TokenCase] =
    [
        TokenCase("good", token(), nil),
        TokenCase("aud in array", token(["aud": #"["x","\#(audience)"]"#]), nil),
        TokenCase("aud escaped", token(["aud": #""urn:example:fil\u006ds""#]), nil),
    ]

private let refusedAudiences: [String?] = [
    #""urn:other""#, #""urn:example:film""#, #""urn:example:films2""#, #""urn:example:films ""#,
    #""URN:example:films""#, #""""#, "1", "null", "[]", "{}", #"["urn:example:film"]"#, #"[["\#(audience)"]]"#,
    #"["\#(audience)",1]"#, #"{"\#(audience)":1}"#, nil,
]

private let refusedIssuers: [String?] = [
    #""https://sts.example.com""#, #""https://sts.example.com/x""#, #""https://STS.example.com/""#, #""""#, "1",
    "null", #"["\#(issuer)"]"#, #""https://sts.example.com/\u0000""#, nil,
]

private let partyCases =
    refusedAudiences.map { TokenCase("aud \($0 ?? "missing")", token(["aud": $0]), .audienceMismatch) }
    + refusedIssuers.map { TokenCase("iss \($0 ?? "missing")", token(["iss": $0]), .issuerMismatch) }

private let refusedExpiries: [String?] = [
    #""1700000600""#, "1e400", "-1e400", "9007199254740994", "99999999999999999999999", "-1", "null", "true",
    "[1700000600]",
    "{}", nil,
]

private let expiryCases = refusedExpiries.map {
    TokenCase("exp \($0 ?? "missing")", token(["exp": $0]), .expiryMissing)
}

private let timeCases: [TokenCase] = [
    TokenCase("exp past", token(["exp": "1699999000"]), .expired),
    TokenCase("exp zero", token(["exp": "0"]), .expired),
    TokenCase("exp minus zero", token(["exp": "-0"]), .expired),
    TokenCase("exp at the skew", token(["exp": "1699999940"]), .expired),
    TokenCase("exp just within the skew", token(["exp": "1699999940.5"]), nil),
    TokenCase("exp exponent", token(["exp": "1.7000006e9"]), nil),
    TokenCase("exp greatest", token(["exp": "9007199254740992"]), nil),
    TokenCase("nbf at the skew", token(["nbf": "1700000060"]), nil),
    TokenCase("nbf later", token(["nbf": "1700000060.5"]), .notYetValid),
    TokenCase("nbf far", token(["nbf": "4102444800"]), .notYetValid),
    TokenCase("nbf text", token(["nbf": #""1600000000""#]), .malformed),
    TokenCase("nbf null", token(["nbf": "null"]), .malformed),
    TokenCase("nbf huge", token(["nbf": "1e400"]), .malformed),
    TokenCase("sub", token(["sub": #""5""#]), nil),
    TokenCase("sub number", token(["sub": "5"]), .malformed),
    TokenCase("sub list", token(["sub": #"["5"]"#]), .malformed),
    TokenCase("jti number", token(["jti": "5"]), .malformed),
    TokenCase("jti null", token(["jti": "null"]), .malformed),
    TokenCase("iat", token(["iat": "1600000000"]), nil),
    TokenCase("iat text", token(["iat": #""1600000000""#]), .malformed),
]

private let otherSignature = token(["sub": #""x""#]).split(separator: ".").map(String.init)[2]

private let signatureCases: [TokenCase] = [
    TokenCase("stripped", joined(parts[0], parts[1], ""), .signatureInvalid),
    TokenCase("swapped", joined(parts[0], parts[1], otherSignature), .signatureInvalid),
    TokenCase("shortened", joined(parts[0], parts[1], String(parts[2].dropLast(3))), .signatureInvalid),
    TokenCase("lengthened", joined(parts[0], parts[1], parts[2].dropLast(1) + "AAAAA"), .signatureInvalid),
    TokenCase("zero", joined(parts[0], parts[1], base64URL([UInt8](repeating: 0, count: 32))), .signatureInvalid),
    TokenCase("other secret", signed(header: goodHeader, payload: Array(payload().utf8), key: [1]), .signatureInvalid),
    TokenCase(
        "expired and unsigned", joined(parts[0], base64URL(payload(["exp": "1"]).utf8), parts[2]), .signatureInvalid),
    TokenCase("payload not JSON and unsigned", joined(parts[0], base64URL("{".utf8), parts[2]), .signatureInvalid),
]

private let forms: [(String, String)] = [
    ("empty", ""), ("one part", parts[0]), ("two parts", "\(parts[0]).\(parts[1])"),
    ("four parts", "\(token()).AAAA"), ("four parts, last empty", "\(token())."),
    ("five parts", "\(token()).AAAA.AAAA"), ("dots", ".."), ("leading dot", ".\(token())"),
    ("leading space", " \(token())"), ("trailing space", "\(token()) "), ("trailing line", "\(token())\n"),
    ("trailing NUL", "\(token())\u{0}"), ("inner line", joined(parts[0], parts[1], "\n\(parts[2])")),
    ("inner space", joined(parts[0], "\(parts[1].prefix(8)) \(parts[1].dropFirst(8))", parts[2])),
    ("signature padded", "\(token())="), ("header padded", joined(parts[0] + "=", parts[1], parts[2])),
    ("payload padded", joined(parts[0], parts[1] + "==", parts[2])), ("Bearer", "Bearer \(token())"),
    ("quoted", "\"\(token())\""), ("percent", token().replacing(".", with: "%2E")),
    ("SWT", "Issuer=a&Audience=b&ExpiresOn=1&HMACSHA256=AAAA"),
    ("too long", token(["pad": "\"\(String(repeating: "x", count: 16_384))\""])),
    ("foreign", joined(parts[0], parts[1], "é\(parts[2])")),
]

private let formCases = forms.map { TokenCase($0.0, $0.1, .malformed) }

@Suite struct JWTNegativeTests {
    @Test(arguments: algorithmCases + parameterCases + headerCases)
    func headers(_ subject: TokenCase) { check(subject) }

    @Test(arguments: claimCases + partyCases + expiryCases + timeCases)
    func claims(_ subject: TokenCase) { check(subject) }

    @Test(arguments: signatureCases + formCases)
    func signaturesAndForms(_ subject: TokenCase) { check(subject) }

    private func check(_ subject: TokenCase) {
        let verdict = verdict(subject.token)
        #expect(verdict.rejection == subject.expected)
        #expect((verdict.token != nil) == (subject.expected == nil))
    }

    /// Standard base64 in place of base64url, wherever the two differ.
    @Test func standardBase64IsRefused() throws {
        // Payloads until every part has been seen with a character that differs.
        var seen = 0
        for number in 0..<200 {
            let good = token(["x": "\"\(number)>>>???\""])
            let standard = good.replacing("-", with: "+").replacing("_", with: "/")
            guard standard != good else { continue }
            seen += 1
            #expect(verdict(good).token != nil)
            #expect(verdict(standard).rejection == .malformed)
        }
        #expect(seen > 100)
    }

    /// The last character of 32 bytes has two bits that belong to no byte.
    @Test func trailingBitsAreRefused() throws {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        let good = token()
        let last = try #require(good.last.flatMap { alphabet.firstIndex(of: $0) })
        for bits in 1...3 {
            let changed = good.dropLast() + String(alphabet[last | bits])
            #expect(verdict(String(changed)).rejection == .malformed)
        }
    }

    @Test(arguments: [Int.min, -1, 0, 1, 86_400, Int.max])
    func clockSkew(seconds: Int) {
        var rule = restriction()
        rule.clockSkew = seconds
        let skew = Double(max(seconds, 0))
        #expect((verdict(token(["exp": "1699999999.5"]), rule).token != nil) == (skew > 0.5))
        #expect((verdict(token(["nbf": "1700000000.5"]), rule).token != nil) == (skew > 0.5))
    }

    @Test func anEmptyIssuerOrAudienceOfThePolicyMatchesNothing() {
        var rule = restriction()
        rule.issuer = ""
        #expect(verdict(token(["iss": #""""#]), rule).rejection == .issuerMismatch)
        rule = restriction()
        rule.audience = ""
        #expect(verdict(token(["aud": #""""#]), rule).rejection == .audienceMismatch)
    }

    /// Composed and decomposed characters are different bytes, though equal as `String`.
    @Test func equivalentCharactersAreNotEqual() {
        var rule = restriction()
        rule.issuer = "caf\u{E9}"
        #expect(verdict(token(["iss": "\"caf\u{E9}\""]), rule).token != nil)
        #expect(verdict(token(["iss": "\"cafe\u{301}\""]), rule).rejection == .issuerMismatch)
        let both = payload().dropLast() + ",\"\u{E9}\":1,\"e\u{301}\":2}"
        #expect(verdict(token(payload: String(both))).rejection == .malformed)
    }

    @Test func claimsAreGivenAsText() throws {
        let changes: KeyValuePairs<String, String?> = [
            "sub": #""me""#, "jti": #""id""#, "n": "1.50", "t": "true", "a": #"["x",2,null,[3]]"#, "o": "{}",
            "z": "null",
            "e": "[]",
        ]
        let verified = try #require(verdict(token(changes)).token)
        #expect(verified.kind == .jwt && verified.issuer == issuer)
        #expect(verified.subject == "me" && verified.tokenID == "id")
        #expect(verified.expires == Date(timeIntervalSince1970: 1_700_000_600))
        #expect(verified.claims["n"] == ["1.50"] && verified.claims["t"] == ["true"])
        #expect(verified.claims["a"] == ["x", "2"])
        #expect(verified.claims["o"] == [] && verified.claims["z"] == [] && verified.claims["e"] == [])
        #expect(verified.claims["aud"] == [audience])
    }
}
