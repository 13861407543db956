import CLibJWT
import Foundation
import Policies
import TestSupport
import Testing

@testable import Tokens

/// libjwt's opinion on a signature: it looks at nothing else, and it is asked with the right key and algorithm only.
private func libraryAccepts(_ token: String, key: [UInt8], algorithm: jwt_alg_t) -> Bool {
    var handle: OpaquePointer?
    guard jwt_decode(&handle, token, key, Int32(key.count)) == 0 else { return false }
    defer { jwt_free(handle) }
    return jwt_get_alg(handle) == algorithm
}

/// A key pair in the terms of both verifiers.
private struct Signer {
    var algorithm: SignatureAlgorithm
    var library: jwt_alg_t
    var key: SigningKey
    var libraryKey: [UInt8]
    var rule: TokenRestriction
    /// Signs a text with code that is neither ours nor libjwt's.
    var outside: (String) throws -> [UInt8]

    static func of(_ algorithm: SignatureAlgorithm) throws -> Signer {
        switch algorithm {
        case .hs256:
            return Signer(
                algorithm: .hs256, library: JWT_ALG_HS256, key: .secret(TableOfSecrets.main),
                libraryKey: TableOfSecrets.main, rule: restriction(),
                outside: {
                    let key = TableOfSecrets.main.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
                    let options = ["dgst", "-sha256", "-mac", "HMAC", "-macopt", "hexkey:\(key)", "-binary"]
                    return try OpenSSLTool.run(options, input: Array($0.utf8))
                })
        case .rs256:
            let pair = try KeyPair.rsa.get()
            return Signer(
                algorithm: .rs256, library: JWT_ALG_RS256, key: .privateKey(pem: pair.privateKey),
                libraryKey: Array(pair.publicKey.utf8), rule: restriction(keys: [pemKey(pair.publicKey, [.rs256])]),
                outside: { try OpenSSLTool.sign(Array($0.utf8), with: pair.privateKey) })
        case .es256:
            let pair = try KeyPair.ec.get()
            return Signer(
                algorithm: .es256, library: JWT_ALG_ES256, key: .privateKey(pem: pair.privateKey),
                libraryKey: Array(pair.publicKey.utf8), rule: restriction(keys: [pemKey(pair.publicKey, [.es256])]),
                outside: { try rawSignature(fromDER: OpenSSLTool.sign(Array($0.utf8), with: pair.privateKey)) })
        }
    }
}

/// r ‖ s from the DER that OpenSSL writes.
private func rawSignature(fromDER der: [UInt8]) throws -> [UInt8] {
    func number(at position: Int) throws -> ([UInt8], Int) {
        try #require(der[position] == 0x02)
        let end = position + 2 + Int(der[position + 1])
        let digits = der[(position + 2)..<end].drop { $0 == 0 }
        return ([UInt8](repeating: 0, count: 32 - digits.count) + digits, end)
    }
    let (r, next) = try number(at: 2)
    return r + (try number(at: next).0)
}

@Suite struct DifferentialTests {
    private static func contents(_ generator: inout Seeded) -> TokenContents {
        var contents = TokenContents(
            issuer: issuer, audience: audience,
            expires: now.addingTimeInterval(Double.random(in: 1...100_000, using: &generator)))
        let letters = Array("abcXYZ019 \"\\/é🎬\u{7F}\u{1}{}[],:")
        for number in 0..<Int.random(in: 0...5, using: &generator) {
            let text = String(
                (0..<Int.random(in: 0...20, using: &generator)).compactMap { _ in
                    letters.randomElement(using: &generator)
                })
            contents.claims.append(TokenClaim(name: "claim \(number)", value: .text(text)))
        }
        return contents
    }

    @Test(arguments: SignatureAlgorithm.allCases)
    func bothAcceptWhatTheLibraryIssues(algorithm: SignatureAlgorithm) throws {
        let signer = try Signer.of(algorithm)
        var generator = Seeded(state: 7)
        for _ in 0..<60 {
            let contents = Self.contents(&generator)
            let token = try TokenIssuer.jwt(contents, algorithm: algorithm, key: signer.key)
            let verified = try #require(verdict(token, signer.rule).token)
            #expect(libraryAccepts(token, key: signer.libraryKey, algorithm: signer.library))
            for claim in contents.claims {
                #expect(.text(verified.claims[claim.name]?.first ?? "missing") == claim.value)
            }
        }
    }

    @Test(arguments: SignatureAlgorithm.allCases)
    func bothAcceptWhatOpenSSLSigns(algorithm: SignatureAlgorithm) throws {
        let signer = try Signer.of(algorithm)
        for number in 0..<10 {
            let header = #"{"typ":"JWT","alg":"\#(algorithm.rawValue)","kid":"\#(number)"}"#
            let text = "\(base64URL(header.utf8)).\(base64URL(payload(["n": "\(number)"]).utf8))"
            let token = "\(text).\(base64URL(try signer.outside(text)))"
            #expect(verdict(token, signer.rule).token != nil)
            #expect(libraryAccepts(token, key: signer.libraryKey, algorithm: signer.library))
        }
    }

    @Test(arguments: SignatureAlgorithm.allCases)
    func bothRefuseATamperedSignature(algorithm: SignatureAlgorithm) throws {
        let signer = try Signer.of(algorithm)
        var generator = Seeded(state: 11)
        let token = try TokenIssuer.jwt(Self.contents(&generator), algorithm: algorithm, key: signer.key)
        let parts = token.split(separator: ".").map(String.init)
        let signature = try #require(Base64.decode(parts[2].utf8, .urlUnpadded))
        for position in signature.indices {
            var changed = signature
            changed[position] ^= UInt8.random(in: 1...255, using: &generator)
            let tampered = "\(parts[0]).\(parts[1]).\(base64URL(changed))"
            #expect(verdict(tampered, signer.rule).rejection == .signatureInvalid)
            #expect(!libraryAccepts(tampered, key: signer.libraryKey, algorithm: signer.library))
        }
        let moved = "\(parts[0]).\(base64URL(payload(["x": "1"]).utf8)).\(parts[2])"
        #expect(verdict(moved, signer.rule).rejection == .signatureInvalid)
        #expect(!libraryAccepts(moved, key: signer.libraryKey, algorithm: signer.library))
    }

    @Test func bothRefuseAnotherKey() throws {
        for (algorithm, pair) in [(SignatureAlgorithm.rs256, KeyPair.otherRSA), (.es256, KeyPair.otherEC)] {
            let signer = try Signer.of(algorithm)
            var generator = Seeded(state: 13)
            let other = SigningKey.privateKey(pem: try pair.get().privateKey)
            let token = try TokenIssuer.jwt(Self.contents(&generator), algorithm: algorithm, key: other)
            #expect(verdict(token, signer.rule).rejection == .signatureInvalid)
            #expect(!libraryAccepts(token, key: signer.libraryKey, algorithm: signer.library))
        }
    }
}
