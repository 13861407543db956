import ContentKeys
import Foundation
import Policies

/// Only the evaluator makes a `UseLimit`, so the fixture goes through it.
enum UseLimitFixture {
    private struct AcceptingVerifier: TokenVerifier {
        let issued: Date?

        func verify(_ token: String, under restriction: TokenRestriction, at now: Date) -> TokenVerdict {
            .verified(
                VerifiedToken(
                    kind: .jwt, issuer: "i", subject: nil, tokenID: nil, expires: now.addingTimeInterval(600),
                    claims: issued.map { ["iat": ["\($0.timeIntervalSince1970)"]] } ?? [:],
                    identity: Array(token.utf8)))
        }
    }

    struct NotGranted: Error {}

    /// Of a token that was issued at a time, under a policy that says how long tokens live, and shown now.
    static func limit(
        maximum: Int, issued: Date? = nil, lifetime: Int? = nil, at now: Date = Date()
    ) throws -> UseLimit {
        let restriction = TokenRestriction(
            kind: .jwt, issuer: "i", audience: "a", verificationKeys: [], maximumUses: maximum,
            maximumLifetime: lifetime, clockSkew: 0)
        let policy = AuthorizationPolicy(
            name: "p", options: [AuthorizationOption(name: "o", delivery: [.aes], restrictions: [.token(restriction)])])
        let keyID = KeyID.random()
        guard let address = IPAddress("127.0.0.1") else { throw NotGranted() }
        let decision = AuthorizationEvaluator(verifier: AcceptingVerifier(issued: issued)).decide(
            keyID,
            in: KeyRequest(keyIDs: [keyID], delivery: .aes, credential: "token", clientAddress: address),
            facts: KeyFacts(keyID: keyID, type: .envelope, isEnabled: true), policy: policy, at: now)
        guard case .granted(let grant) = decision, let limit = grant.useLimit else { throw NotGranted() }
        return limit
    }
}
