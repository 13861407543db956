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

    @Test(arguments: Signer.issued)
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

    @Test(arguments: Signer.issued)
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

    @Test(arguments: Signer.issued)
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
