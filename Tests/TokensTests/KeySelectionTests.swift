import Cryptography
import Foundation
import Policies
import TestSupport
import Testing

@testable import Tokens

/// Which keys may verify which algorithm.
@Suite struct KeySelectionTests {
    private let rsa: KeyPair
    private let ec: KeyPair
    private let contents: TokenContents

    init() throws {
        rsa = try KeyPair.rsa.get()
        ec = try KeyPair.ec.get()
        contents = TokenContents(issuer: issuer, audience: audience, expires: now.addingTimeInterval(600))
    }

    private func issue(_ algorithm: SignatureAlgorithm, _ key: SigningKey) throws -> String {
        try TokenIssuer.jwt(contents, algorithm: algorithm, key: key)
    }

    /// The classic confusion: the public key's PEM as an HMAC secret.
    @Test func aPublicKeyNeverVerifiesAnHMAC() throws {
        for pem in [rsa.publicKey, ec.publicKey] {
            for secret in [pem, pem.trimmingCharacters(in: .newlines)] {
                let forged = signed(header: goodHeader, payload: Array(payload().utf8), key: Array(secret.utf8))
                for algorithms: Set<SignatureAlgorithm> in [[.rs256], [.es256], [.hs256], [.hs256, .rs256, .es256]] {
                    let rule = restriction(keys: [pemKey(pem, algorithms)])
                    #expect(verdict(forged, rule).rejection == .algorithmNotAllowed)
                }
                let mixed = restriction(keys: [pemKey(pem, [.rs256, .es256]), hmacKey()])
                #expect(verdict(forged, mixed).rejection == .signatureInvalid)
            }
        }
    }

    @Test func aSecretVerifiesHMACsOnly() throws {
        let token = try issue(.rs256, .privateKey(pem: rsa.privateKey))
        let key = VerificationKey(source: .secret("main"), algorithms: [.hs256, .rs256, .es256])
        #expect(verdict(token, restriction(keys: [key])).rejection == .algorithmNotAllowed)
    }

    @Test func theAlgorithmIsPinnedToTheKey() throws {
        let rsaToken = try issue(.rs256, .privateKey(pem: rsa.privateKey))
        let ecToken = try issue(.es256, .privateKey(pem: ec.privateKey))
        let hmacToken = try issue(.hs256, .secret(TableOfSecrets.main))
        #expect(verdict(rsaToken, restriction(keys: [pemKey(rsa.publicKey, [.rs256])])).token != nil)
        #expect(verdict(ecToken, restriction(keys: [pemKey(ec.publicKey, [.es256])])).token != nil)
        #expect(verdict(hmacToken).token != nil)
        let refused: [(String, VerificationKey)] = [
            (rsaToken, pemKey(rsa.publicKey, [])), (rsaToken, pemKey(rsa.publicKey, [.es256])),
            (ecToken, pemKey(ec.publicKey, [.rs256])), (rsaToken, pemKey(ec.publicKey, [.rs256])),
            (ecToken, pemKey(rsa.publicKey, [.es256])),
            (hmacToken, VerificationKey(source: .secret("main"), algorithms: [])),
        ]
        for (token, key) in refused {
            #expect(verdict(token, restriction(keys: [key])).rejection == .algorithmNotAllowed)
        }
        #expect(verdict(hmacToken, restriction(keys: [])).rejection == .algorithmNotAllowed)
    }

    @Test func alternatesVerifyDuringRollover() throws {
        let token = try issue(.rs256, .privateKey(pem: rsa.privateKey))
        let other = pemKey(try KeyPair.otherRSA.get().publicKey, [.rs256])
        let right = pemKey(rsa.publicKey, [.rs256])
        let broken = pemKey("-----BEGIN PUBLIC KEY-----", [.rs256])
        #expect(verdict(token, restriction(keys: [other, broken, hmacKey(), right])).token != nil)
        #expect(verdict(token, restriction(keys: [broken, right])).token != nil)
        #expect(verdict(token, restriction(keys: [other])).rejection == .signatureInvalid)
        #expect(verdict(token, restriction(keys: [other, broken])).rejection == .signatureInvalid)
        #expect(verdict(token, restriction(keys: [broken, other])).rejection == .signatureInvalid)
        #expect(verdict(token, restriction(keys: [broken])).rejection == .verificationKeyUnavailable)
    }

    @Test(arguments: ["missing", "empty"])
    func secretsThatCannotBeUsed(name: String) {
        #expect(verdict(token(), restriction(keys: [hmacKey(name)])).rejection == .verificationKeyUnavailable)
        #expect(verdict(token(), restriction(keys: [hmacKey(name), hmacKey("other")])).rejection == .signatureInvalid)
        #expect(verdict(token(), restriction(keys: [hmacKey(name), hmacKey()])).token != nil)
    }

    @Test func weakKeysAreUnavailable() throws {
        let weak = try KeyPair("RSA:1024")
        let text = "\(base64URL(#"{"alg":"RS256"}"#.utf8)).\(base64URL(payload().utf8))"
        let token = "\(text).\(base64URL(try OpenSSLTool.sign(Array(text.utf8), with: weak.privateKey)))"
        let rule = restriction(keys: [pemKey(weak.publicKey, [.rs256])])
        #expect(verdict(token, rule).rejection == .verificationKeyUnavailable)
    }

    /// (r, s) and (r, n − s) both verify; a replay limit must not be had twice for one token.
    @Test func theTwinOfAnECDSASignatureIsTheSameToken() throws {
        let token = try issue(.es256, .privateKey(pem: ec.privateKey))
        let rule = restriction(keys: [pemKey(ec.publicKey, [.es256])])
        let parts = token.split(separator: ".").map(String.init)
        let signature = try #require(Base64.decode(parts[2].utf8, .urlUnpadded))
        let order: [UInt8] = [
            0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xBC, 0xE6, 0xFA, 0xAD,
            0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
        ]
        var twin = signature
        var borrow = 0
        for position in (0..<32).reversed() {
            let difference = Int(order[position]) - Int(signature[32 + position]) - borrow
            twin[32 + position] = UInt8(truncatingIfNeeded: difference)
            borrow = difference < 0 ? 1 : 0
        }
        let original = try #require(verdict(token, rule).token)
        let copy = try #require(verdict("\(parts[0]).\(parts[1]).\(base64URL(twin))", rule).token)
        #expect(twin != signature && original.identity == copy.identity && original.identity.count == 32)
    }

    @Test func theCacheIsBounded() throws {
        let cache = PublicKeyCache(capacity: 4)
        for number in 0..<50 { #expect(cache.key(pem: "not a key \(number)") == nil) }
        #expect(cache.count == 4)
        let first = try #require(cache.key(pem: rsa.publicKey))
        #expect(cache.key(pem: rsa.publicKey) === first)
        for number in 0..<4 { _ = cache.key(pem: "not a key \(number)") }
        #expect(cache.count == 4)
        let again = try #require(cache.key(pem: rsa.publicKey))
        #expect(again !== first)
    }
}
