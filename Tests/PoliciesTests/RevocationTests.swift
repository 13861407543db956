import ContentKeys
import Foundation
import Policies
import Testing

/// What was revoked, by the names of one token.
@Suite struct RevocationTests {
    private struct Table: RevocationSource {
        var revoked: Set<RevokedThing>?
        func isAnyRevoked(_ things: () -> [RevokedThing]) -> Bool? {
            revoked.map { !$0.isDisjoint(with: things()) }
        }
    }

    private var token: VerifiedToken {
        var token = verifiedToken(claims: [:])
        token.subject = "viewer"
        token.tokenID = "7"
        token.identity = [1, 2]
        token.signer = TokenSigner(keyID: "k", fingerprint: [3])
        return token
    }

    private func reason(_ revoked: Set<RevokedThing>?, _ restrictions: [Restriction]) throws -> DenialReason? {
        let evaluator = AuthorizationEvaluator(
            verifier: TableVerifier(["t": token]), revocations: Table(revoked: revoked))
        let policy = AuthorizationPolicy(
            name: "p", options: [AuthorizationOption(name: "o", delivery: [.aes], restrictions: restrictions)])
        let request = KeyRequest(
            keyIDs: [keyID(1)], delivery: .aes, credential: "t", clientAddress: try address("192.0.2.1"))
        let facts = KeyFacts(keyID: keyID(1), type: .envelope, isEnabled: true)
        if case .denied(let reason) = evaluator.decide(keyID(1), in: request, facts: facts, policy: policy, at: now) {
            return reason
        }
        return nil
    }

    @Test func everyNameOfATokenCounts() throws {
        let restriction = Restriction.token(tokenRestriction())
        let issuer = token.issuer
        let things: [RevokedThing] = [
            .token(identity: [1, 2]), .tokenID("7", issuer: nil), .tokenID("7", issuer: issuer),
            .subject("viewer", issuer: nil), .subject("viewer", issuer: issuer), .key(fingerprint: [3]),
            .keyID("k", issuer: nil), .keyID("k", issuer: issuer),
        ]
        for thing in things {
            let reason = try reason([thing], [restriction])
            #expect(reason?.code == .tokenRevoked && reason?.denialClass == .unauthenticated)
        }
        let others: Set<RevokedThing> = [
            .token(identity: [1]), .tokenID("8", issuer: nil), .tokenID("7", issuer: "other"),
            .subject("7", issuer: nil),
            .subject("viewer", issuer: "other"), .key(fingerprint: [4]), .keyID("k", issuer: "other"),
        ]
        #expect(try reason(others, [restriction]) == nil)
        #expect(try reason([], [restriction]) == nil)
        // Where nobody can tell, nobody is let in; where no token is asked for, none can be revoked.
        #expect(try reason(nil, [restriction])?.code == .tokenRevoked)
        #expect(try reason(nil, [.open]) == nil)
    }
}
