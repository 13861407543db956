import ContentKeys
import Foundation
import Policies
import Testing

/// One row of the decision table.
struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var policy: AuthorizationPolicy?
    var facts: KeyFacts? = KeyFacts(keyID: keyID(1), type: .envelope, isEnabled: true)
    var delivery: KeyDeliveryType = .aes
    var token: String?
    var client = "192.0.2.1"
    var expected: DenialReason.Code?

    init(
        _ name: String, _ policy: AuthorizationPolicy?, token: String? = nil, expected: DenialReason.Code?,
        change: (inout Row) -> Void = { _ in }
    ) {
        testDescription = name
        self.policy = policy
        self.token = token
        self.expected = expected
        change(&self)
    }
}

private func local(_ blocks: String..., deny: [String] = []) -> Restriction {
    .ip(AddressRestriction(allow: blocks.compactMap(AddressBlock.init), deny: deny.compactMap(AddressBlock.init)))
}

private let premium = RequiredClaim(name: "plan", expectation: .equals("premium"))
private let sameKey = RequiredClaim(name: RequiredClaim.azureKeyIdentifier, expectation: .requestedKeyID)

private let tokens: [String: VerifiedToken] = [
    "plain": verifiedToken(),
    "other": verifiedToken(issuer: "other"),
    "premium": verifiedToken(claims: ["plan": ["premium"]]),
    "array": verifiedToken(claims: ["plan": ["basic", "premium"]]),
    "basic": verifiedToken(claims: ["plan": ["basic"]]),
    "object": verifiedToken(claims: ["plan": []]),
    "prefix": verifiedToken(claims: ["plan": ["premium "]]),
    "kid": verifiedToken(claims: [RequiredClaim.azureKeyIdentifier: [keyID(1).description]]),
    "kid upper": verifiedToken(claims: [RequiredClaim.azureKeyIdentifier: [keyID(1).hexadecimal.uppercased()]]),
    "kid other": verifiedToken(claims: [RequiredClaim.azureKeyIdentifier: [keyID(2).description]]),
    "kid braces": verifiedToken(claims: [RequiredClaim.azureKeyIdentifier: ["{\(keyID(1))}"]]),
]

private let keyRows: [Row] = [
    Row("no facts", policy([.open]), expected: .keyUnknown) { $0.facts = nil },
    Row("facts of another key", policy([.open]), expected: .keyUnknown) { $0.facts?.keyID = keyID(2) },
    Row("disabled", policy([.open]), expected: .keyDisabled) { $0.facts?.isEnabled = false },
    Row("storage by aes", policy([.open]), expected: .keyNotDeliverable) { $0.facts?.type = .storage },
    Row("storage by clearkey", policy([.open]), expected: .keyNotDeliverable) {
        $0.facts?.type = .storage
        $0.delivery = .clearkey
    },
    Row("envelope by clearkey", policy([.open]), expected: .keyNotDeliverable) { $0.delivery = .clearkey },
    Row("common by clearkey", policy([.open]), expected: nil) {
        $0.facts?.type = .common
        $0.delivery = .clearkey
    },
    Row("cbcs by clearkey", policy([.open]), expected: nil) {
        $0.facts?.type = .commonCbcs
        $0.delivery = .clearkey
    },
    Row("cbcs by aes", policy([.open]), expected: nil) { $0.facts?.type = .commonCbcs },
    Row("common by aes", policy([.open]), expected: nil) { $0.facts?.type = .common },
]

private let policyRows: [Row] = [
    Row("no policy", nil, expected: .noPolicy),
    Row("empty policy", policy(), expected: .noOptionForDelivery),
    Row("other delivery", policy([.open], delivery: [.clearkey]), expected: .noOptionForDelivery),
    Row("option for no delivery", policy([.open], delivery: []), expected: .noOptionForDelivery),
    Row("empty option", policy([]), expected: .noRestriction),
    Row("open", policy([.open]), expected: nil),
    Row("unknown kind", policy([.unknown(kind: "moon")]), expected: .restrictionUnknown),
    Row("open and unknown kind", policy([.open, .unknown(kind: "moon")]), expected: .restrictionUnknown),
    Row("unknown kind or open", policy([.unknown(kind: "moon")], [.open]), expected: nil),
    Row("inside", policy([local("192.0.2.0/24")]), expected: nil),
    Row("outside", policy([local("198.51.100.0/24")]), expected: .addressNotAllowed),
    Row("denied inside", policy([local("192.0.2.0/24", deny: ["192.0.2.1"])]), expected: .addressNotAllowed),
    Row("no allow list", policy([local()]), expected: .addressNotAllowed),
    Row("mapped", policy([local("192.0.2.0/24")]), expected: nil) { $0.client = "::ffff:192.0.2.1" },
    Row("family", policy([local("::/0")]), expected: .addressNotAllowed),
]

private let tokenRows: [Row] = [
    Row("no token", policy([.token(tokenRestriction())]), expected: .tokenMissing),
    Row("empty token", policy([.token(tokenRestriction())]), token: "", expected: .tokenMissing),
    Row("bad token", policy([.token(tokenRestriction())]), token: "?", expected: .tokenRejected),
    Row("good token", policy([.token(tokenRestriction())]), token: "plain", expected: nil),
    Row("issuer", policy([.token(tokenRestriction())]), token: "other", expected: .tokenRejected),
    Row(
        "both issuers", policy([.token(tokenRestriction()), .token(tokenRestriction(issuer: "other"))]), token: "other",
        expected: .tokenRejected),
    Row(
        "either issuer", policy([.token(tokenRestriction())], [.token(tokenRestriction(issuer: "other"))]),
        token: "other", expected: nil),
    Row("bad token, open option", policy([.token(tokenRestriction())], [.open]), token: "?", expected: nil),
    Row(
        "claim missing", policy([.token(tokenRestriction(claims: [premium]))]), token: "plain", expected: .claimMissing),
    Row("claim", policy([.token(tokenRestriction(claims: [premium]))]), token: "premium", expected: nil),
    Row("claim in array", policy([.token(tokenRestriction(claims: [premium]))]), token: "array", expected: nil),
    Row(
        "claim differs", policy([.token(tokenRestriction(claims: [premium]))]), token: "basic", expected: .claimMismatch
    ),
    Row(
        "claim object", policy([.token(tokenRestriction(claims: [premium]))]), token: "object", expected: .claimMismatch
    ),
    Row(
        "claim longer", policy([.token(tokenRestriction(claims: [premium]))]), token: "prefix", expected: .claimMismatch
    ),
    Row("KID", policy([.token(tokenRestriction(claims: [sameKey]))]), token: "kid", expected: nil),
    Row("KID undashed", policy([.token(tokenRestriction(claims: [sameKey]))]), token: "kid upper", expected: nil),
    Row(
        "other KID", policy([.token(tokenRestriction(claims: [sameKey]))]), token: "kid other", expected: .claimMismatch
    ),
    Row(
        "KID in braces", policy([.token(tokenRestriction(claims: [sameKey]))]), token: "kid braces",
        expected: .claimMismatch),
    Row("KID not asked for", policy([.token(tokenRestriction())]), token: "kid other", expected: nil),
]

@Suite struct AuthorizationEvaluatorTests {
    let evaluator = AuthorizationEvaluator(verifier: TableVerifier(tokens))

    @Test(arguments: keyRows + policyRows + tokenRows)
    func decisionTable(_ row: Row) throws {
        let request = try request(row.delivery, token: row.token, from: row.client)
        let evaluation = evaluator.explain(keyID(1), in: request, facts: row.facts, policy: row.policy, at: now)
        #expect(evaluation.decision.reason?.code == row.expected)
        #expect((evaluation.decision.grant != nil) == (row.expected == nil))
        #expect(evaluation.decision.grant.map { $0.keyID == keyID(1) && $0.delivery == row.delivery } != false)
        #expect(evaluation.steps.contains { !$0.holds } || row.expected == nil)
        let decision = evaluator.decide(keyID(1), in: request, facts: row.facts, policy: row.policy, at: now)
        #expect(decision.reason == evaluation.decision.reason)
    }

    @Test func aKeyThatWasNotAskedForIsUnknown() throws {
        let facts = KeyFacts(keyID: keyID(2), type: .envelope, isEnabled: true)
        let decision = evaluator.decide(keyID(2), in: try request(), facts: facts, policy: policy([.open]), at: now)
        #expect(decision.reason?.code == .keyUnknown)
    }

    @Test func theClosestOptionIsReported() throws {
        let far = [Restriction.unknown(kind: "a"), .unknown(kind: "b")]
        let near = [Restriction.open, .token(tokenRestriction())]
        let asked = try request()
        let facts = KeyFacts(keyID: keyID(1), type: .envelope, isEnabled: true)
        let nearLast = evaluator.decide(keyID(1), in: asked, facts: facts, policy: policy(far, near), at: now)
        #expect(nearLast.reason == DenialReason(.tokenMissing, option: "option1"))
        let nearFirst = evaluator.decide(keyID(1), in: asked, facts: facts, policy: policy(near, far), at: now)
        #expect(nearFirst.reason == DenialReason(.tokenMissing, option: "option0"))
        let tied = evaluator.decide(keyID(1), in: asked, facts: facts, policy: policy(far, []), at: now)
        #expect(tied.reason == DenialReason(.restrictionUnknown, detail: "a", option: "option0"))
    }

    @Test func aTokenIsVerifiedOncePerDistinctRestriction() throws {
        let verifier = TableVerifier(tokens)
        let restriction = Restriction.token(tokenRestriction())
        let other = Restriction.token(tokenRestriction(issuer: "elsewhere"))
        let rules = policy([restriction, restriction, other], [restriction, other], [other])
        let facts = KeyFacts(keyID: keyID(1), type: .envelope, isEnabled: true)
        let evaluation = AuthorizationEvaluator(verifier: verifier).explain(
            keyID(1), in: try request(token: "plain"), facts: facts, policy: rules, at: now)
        #expect(evaluation.decision.reason?.code == .tokenRejected)
        #expect(verifier.count == 2)
    }

    @Test func stepsNameTheRulesAndNoSecrets() throws {
        let rules = policy([local("198.51.100.0/24"), .token(tokenRestriction(claims: [premium]))], [.open])
        let facts = KeyFacts(keyID: keyID(1), type: .envelope, isEnabled: true)
        let evaluation = evaluator.explain(
            keyID(1), in: try request(token: "basic"), facts: facts, policy: rules, at: now)
        #expect(evaluation.steps.map(\.check) == [.key, .ip, .token, .open])
        #expect(evaluation.steps.map(\.option) == [nil, "option0", "option0", "option1"])
        #expect(
            evaluation.steps.map(\.outcome) == [
                "holds", "the client's address is not allowed (192.0.2.1)",
                "a claim of the token has another value (plan)", "holds",
            ])
        #expect(evaluation.decision.grant?.option == "option1")
        #expect(evaluation.decision.grant?.token == nil)
        #expect(!"\(evaluation)".contains("premium"))
    }
}
