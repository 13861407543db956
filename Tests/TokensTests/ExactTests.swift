import Foundation
import Policies
import Testing

@testable import Tokens

/// What tokens and policies say is compared by bytes: é in one scalar is not é in two.
@Suite struct ExactTests {
    private static let composed = "https://caf\u{E9}.example/"
    private static let decomposed = "https://cafe\u{301}.example/"

    private func rule(issuer: String = issuer, audience: String = audience, secret: String = "hmac") -> TokenRestriction
    {
        TokenRestriction(
            kind: .jwt, issuer: issuer, audience: audience,
            verificationKeys: [VerificationKey(source: .secret(secret), algorithms: [.hs256])])
    }

    private func token(issuer: String = issuer, audience: String = audience) throws -> String {
        try TokenIssuer.jwt(
            TokenContents(issuer: issuer, audience: audience, expires: now.addingTimeInterval(600)),
            algorithm: .hs256, key: .secret(TableOfSecrets.main))
    }

    /// Gives the secret under any name, as one that is kept without a change of secrets.
    private struct Secrets: SecretSource {
        var generation: Int? { 1 }
        func withSecret<Result, Failure: Error>(
            named name: String, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
        ) throws(Failure) -> Result? {
            guard name.isExactly("caf\u{E9}") || name.isExactly("hmac") else { return nil }
            let main = TableOfSecrets.main
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: main.count, alignment: 1)
            defer { buffer.deallocate() }
            buffer.copyBytes(from: main)
            return try body(UnsafeRawBufferPointer(buffer))
        }
    }

    /// With and without memory: what verified under one policy is not taken from memory under the other.
    @Test(arguments: [nil, 100]) func aTokenIsForThePolicyThatSaysWhatItSays(memory: Int?) throws {
        let verifier = StrictTokenVerifier(secrets: Secrets(), memory: memory)
        let (one, two) = (Self.composed, Self.decomposed)
        let ofIssuer = try token(issuer: one)
        #expect(verifier.verify(ofIssuer, under: rule(issuer: one), at: now).token?.issuer.isExactly(one) == true)
        #expect(verifier.verify(ofIssuer, under: rule(issuer: two), at: now).rejection == .issuerMismatch)
        let forAudience = try token(audience: two)
        #expect(verifier.verify(forAudience, under: rule(audience: two), at: now).token != nil)
        #expect(verifier.verify(forAudience, under: rule(audience: one), at: now).rejection == .audienceMismatch)
        let plain = try token()
        #expect(verifier.verify(plain, under: rule(secret: "caf\u{E9}"), at: now).token != nil)
        #expect(
            verifier.verify(plain, under: rule(secret: "cafe\u{301}"), at: now).rejection
                == .verificationKeyUnavailable)
    }

    /// A ticket ends with any change of a byte of the policy, also when the one before was just asked for.
    @Test func aPolicysRevisionIsItsBytes() {
        let seal = KeyTicketSeal(secrets: NoSecrets())
        func policy(_ name: String, _ issuer: String) -> AuthorizationPolicy {
            AuthorizationPolicy(
                name: name,
                options: [
                    AuthorizationOption(name: "o", delivery: [.aes], restrictions: [.token(rule(issuer: issuer))])
                ])
        }
        let revisions = [
            policy("p", Self.composed), policy("p", Self.decomposed), policy("\u{E9}", issuer),
            policy("e\u{301}", issuer),
        ].map(seal.revision)
        #expect(Set(revisions).count == 4)
        #expect(seal.revision(of: policy("p", Self.composed)) == revisions[0])
    }
}
