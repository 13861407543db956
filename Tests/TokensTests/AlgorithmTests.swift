import Cryptography
import Foundation
import Policies
import TestSupport
import Testing

@testable import Tokens

/// Every algorithm against signatures of programs that are not ours.
@Suite(.waiting) struct AlgorithmTests {
    @Test(arguments: SignatureAlgorithm.allCases)
    func whatOpenSSLSignsVerifies(algorithm: SignatureAlgorithm) throws {
        let signer = try Signer.of(algorithm)
        for number in 0..<5 {
            let token = try signer.token(payload(["n": "\(number)"]))
            let verified = try #require(verdict(token, signer.rule).token)
            #expect(verified.claims["n"] == ["\(number)"])
            #expect((verified.signer.secret == nil) == (algorithm.keyKind != .secret))
            #expect((verified.signer.fingerprint == nil) == (algorithm.keyKind == .secret))
        }
    }

    /// A good signature under one algorithm is none under any other, whatever the header and the policy say.
    @Test(arguments: SignatureAlgorithm.allCases)
    func noAlgorithmStandsForAnother(algorithm: SignatureAlgorithm) throws {
        let signer = try Signer.of(algorithm)
        for other in SignatureAlgorithm.allCases where other != algorithm {
            let header = #"{"typ":"JWT","alg":"\#(other.rawValue)"}"#
            let relabelled = try signer.token(payload(), header: header)
            #expect(verdict(relabelled, signer.rule).rejection == .algorithmNotAllowed)
            var open = signer.rule
            open.verificationKeys[0].algorithms = Set(SignatureAlgorithm.allCases)
            let rejection = verdict(relabelled, open).rejection
            #expect(rejection == (other.keyKind == algorithm.keyKind ? .signatureInvalid : .algorithmNotAllowed))
        }
    }

    @Test(arguments: SignatureAlgorithm.allCases)
    func noByteOfASignatureMayChange(algorithm: SignatureAlgorithm) throws {
        let signer = try Signer.of(algorithm)
        let parts = try signer.token(payload()).split(separator: ".").map(String.init)
        let signature = try #require(Base64.decode(parts[2].utf8, .urlUnpadded))
        for position in signature.indices {
            var changed = signature
            changed[position] ^= 0x10
            let tampered = "\(parts[0]).\(parts[1]).\(base64URL(changed))"
            #expect(verdict(tampered, signer.rule).rejection == .signatureInvalid)
        }
        for length in [0, 1, signature.count - 1] {
            let cut = "\(parts[0]).\(parts[1]).\(base64URL(signature.prefix(length)))"
            #expect(verdict(cut, signer.rule).rejection == .signatureInvalid)
        }
        for extra in [[0x00], [UInt8](repeating: 0, count: 64)] {
            let longer = "\(parts[0]).\(parts[1]).\(base64URL(signature + extra))"
            #expect(verdict(longer, signer.rule).rejection == .signatureInvalid)
        }
        let moved = "\(parts[0]).\(base64URL(payload(["x": "1"]).utf8)).\(parts[2])"
        #expect(verdict(moved, signer.rule).rejection == .signatureInvalid)
    }

    /// RFC 8037, A.4: Ed25519.
    @Test func theExampleOfRFC8037() throws {
        let text = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
        let signature = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        let x = try #require(Base64.decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo".utf8, .urlUnpadded))
        let key = try PublicKey(ed25519: x)
        let bytes = try #require(Base64.decode(signature.utf8, .urlUnpadded))
        #expect(key.verifies(bytes, of: text.utf8, by: .ed25519))
        #expect(!key.verifies(bytes, of: (text + "x").utf8, by: .ed25519))
    }

    /// PyJWT signs with every algorithm, here it is verified; and the reverse for what Keyway issues.
    @Test func pyJWTAgrees() throws {
        let scratch = FileManager.default.temporaryDirectory.appending(path: "keyway-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: scratch) }
        var cases: [[String: String]] = []
        for algorithm in SignatureAlgorithm.allCases {
            let pair = try Signer.pair(algorithm.keyKind)
            let isHMAC = algorithm.keyKind == .secret
            let secret = String(decoding: TableOfSecrets.main, as: UTF8.self)
            var item = [
                "algorithm": algorithm.rawValue, "sign": isHMAC ? secret : pair.privateKey,
                "verify": isHMAC ? secret : pair.publicKey, "payload": payload(),
            ]
            if Signer.issued.contains(algorithm) {
                let contents = TokenContents(issuer: issuer, audience: audience, expires: now.addingTimeInterval(600))
                item["issued"] = try TokenIssuer.jwt(
                    contents, algorithm: algorithm, key: try Signer.of(algorithm).key)
            }
            cases.append(item)
        }
        let file = scratch.appending(path: "cases.json")
        try JSONSerialization.data(withJSONObject: cases).write(to: file)
        let script = """
            import json, sys, jwt
            out = []
            for case in json.load(open(sys.argv[1])):
                claims = json.loads(case["payload"])
                out.append(jwt.encode(claims, case["sign"], algorithm=case["algorithm"]))
                if "issued" in case:
                    got = jwt.decode(case["issued"], case["verify"], algorithms=[case["algorithm"]],
                                     options={"verify_exp": False, "verify_aud": False})
                    assert got["iss"] == claims["iss"], got
            print(json.dumps(out))
            """
        let tool = try Tool.run([".tools/venv/bin/python", "-c", script, file.path(percentEncoded: false)])
        let tokens = try #require(JSONSerialization.jsonObject(with: tool.standardOutput) as? [String])
        #expect(tokens.count == SignatureAlgorithm.allCases.count)
        for (algorithm, token) in zip(SignatureAlgorithm.allCases, tokens) {
            #expect(verdict(token, try Signer.of(algorithm).rule).token != nil, "\(algorithm)")
        }
    }
}

/// How long tokens may live.
@Suite(.waiting) struct LifetimeTests {
    private func verdict(_ changes: KeyValuePairs<String, String?>) -> TokenRejection? {
        var rule = restriction()
        rule.maximumLifetime = 3600
        return rejection(under: rule, token(changes))
    }

    private func rejection(under rule: TokenRestriction, _ token: String) -> TokenRejection? {
        StrictTokenVerifier(secrets: TableOfSecrets()).verify(token, under: rule, at: now).rejection
    }

    /// `now` is 1700000000; the skew is 60.
    private static let cases: [(String, String?, TokenRejection?)] = [
        ("1700003600", nil, nil), ("1700003660", nil, nil), ("1700003661", nil, .livesTooLong),
        ("1700000600", "1699997000", nil), ("1700000600", "1699996939", .livesTooLong),
        // A future time of issue does not lengthen the life.
        ("1700004000", "1700003000", .livesTooLong), ("1700003600", "1700000050", nil),
    ]

    @Test(arguments: cases)
    func livesAreBounded(expires: String, issued: String?, rejection: TokenRejection?) {
        #expect(verdict(["exp": expires, "iat": issued]) == rejection)
    }

    @Test func withoutALimitTokensLiveAsTheySay() {
        #expect(rejection(under: restriction(), token(["exp": "4000000000"])) == nil)
    }
}
