import ContentKeys
import Foundation
import Policies
import Testing

/// What a limit of uses must come to.
struct LimitRow: Sendable {
    var claim: [String]?
    var policy: Int?
    var life: TimeInterval = 600
    /// The limit; nil with `isDenied` false for none.
    var expected: Int?
    var isDenied = false
}

@Suite struct UseLimitTests {
    @Test(arguments: [
        LimitRow(), LimitRow(policy: 3, expected: 3), LimitRow(claim: ["5"], expected: 5),
        LimitRow(claim: ["5"], policy: 3, expected: 3), LimitRow(claim: ["2"], policy: 3, expected: 2),
        LimitRow(claim: ["5"], life: 3600, expected: 5), LimitRow(claim: ["5"], life: 3601, isDenied: true),
        LimitRow(policy: 5, life: 86_400, expected: 5), LimitRow(claim: ["0"], isDenied: true),
        LimitRow(claim: ["-1"], isDenied: true), LimitRow(claim: ["+1"], isDenied: true),
        LimitRow(claim: ["1.0"], isDenied: true), LimitRow(claim: [""], isDenied: true),
        LimitRow(claim: [], isDenied: true), LimitRow(claim: ["1", "2"], isDenied: true),
        LimitRow(claim: ["99999999999999999999"], isDenied: true), LimitRow(claim: ["true"], isDenied: true),
        LimitRow(claim: ["١"], isDenied: true), LimitRow(policy: 0, isDenied: true),
        LimitRow(policy: -1, isDenied: true),
    ])
    func theSmallerLimitWins(_ row: LimitRow) throws {
        let token = verifiedToken(
            claims: row.claim.map { [RequiredClaim.azureMaximumUses: $0] } ?? [:],
            expires: now.addingTimeInterval(row.life))
        let evaluator = AuthorizationEvaluator(verifier: TableVerifier(["t": token]))
        let decision = evaluator.decide(
            keyID(1), in: try request(token: "t"), facts: KeyFacts(keyID: keyID(1), type: .envelope, isEnabled: true),
            policy: policy([.token(tokenRestriction(maximumUses: row.policy))]), at: now)
        #expect(decision.reason?.code == (row.isDenied ? .useLimitInvalid : nil))
        #expect(decision.grant?.useLimit?.maximum == row.expected)
        if let limit = decision.grant?.useLimit {
            #expect(limit.tokenIdentity == token.identity)
            // The policy's clock skew of 60 s is part of the token's life.
            #expect(limit.expires == now.addingTimeInterval(row.life + 60))
        }
    }

    @Test func limitsOfTwoRestrictionsAreJoined() throws {
        let evaluator = AuthorizationEvaluator(verifier: TableVerifier(["t": verifiedToken()]))
        var patient = tokenRestriction(maximumUses: 9)
        patient.clockSkew = 300
        let decision = evaluator.decide(
            keyID(1), in: try request(token: "t"), facts: KeyFacts(keyID: keyID(1), type: .envelope, isEnabled: true),
            policy: policy([.token(patient), .token(tokenRestriction(maximumUses: 4)), .token(tokenRestriction())]),
            at: now)
        #expect(decision.grant?.useLimit?.maximum == 4)
        #expect(decision.grant?.useLimit?.expires == now.addingTimeInterval(900))
    }
}
