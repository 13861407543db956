import ContentKeys
import Foundation
import Policies
import Testing

/// é in one scalar and in two, and the kelvin sign for a K: alike for `String`, and two texts for everybody else.
private let pairs = [("caf\u{E9}", "cafe\u{301}"), ("K1", "\u{212A}1"), ("q\u{323}\u{307}", "q\u{307}\u{323}")]

@Suite struct ExactTests {
    @Test func textsAreTheirBytes() {
        for (left, right) in pairs {
            #expect(left == right && !left.isExactly(right) && !right.isExactly(left))
            #expect(left.isExactly(String(decoding: Array(left.utf8), as: UTF8.self)))
            #expect(Exact(left) != Exact(right) && Set([Exact(left), Exact(right), Exact(left)]).count == 2)
            #expect(Exact<String?>(left) != Exact(right) && Exact<String?>(nil) != Exact(left))
            #expect(Exact([left, right]) != Exact([right, left]) && Exact([left]) != Exact([left, left]))
            #expect(
                Exact([left: [right]]) != Exact([right: [right]]) && Exact([left: [right]]) == Exact([left: [right]]))
        }
        for text in ["", "a", "a longer text than fits into a string's own words", "é🎬"] {
            #expect(text.isExactly(text) && text.isExactly(String(text.unicodeScalars.map(Character.init))))
            #expect(!text.isExactly(text + "x") && Exact(text) == Exact(text))
        }
        #expect(Exact<String?>(nil) == Exact(nil) && Exact([String]()) == Exact([]))
        // What is next to each other is not the same as what is together.
        #expect(Exact(["ab", "c"]).hashValue != Exact(["a", "bc"]).hashValue)
    }

    private static func restriction(
        issuer: String = "i", audience: String = "a", key: VerificationKey.Source = .secret("s"),
        claims: [RequiredClaim] = []
    ) -> TokenRestriction {
        TokenRestriction(
            kind: .jwt, issuer: issuer, audience: audience,
            verificationKeys: [VerificationKey(source: key, algorithms: [.hs256])], requiredClaims: claims)
    }

    /// What remembers a verdict, and what tells whether a policy is another one, goes by these.
    @Test func policiesThatDifferInOneByteAreNotEqual() {
        let makers: [(String) -> TokenRestriction] = [
            { Self.restriction(issuer: $0) }, { Self.restriction(audience: $0) },
            { Self.restriction(key: .secret($0)) }, { Self.restriction(key: .pem($0)) },
            { Self.restriction(key: .published(KeySetLocation(.keySet, url: $0))) },
            { Self.restriction(claims: [RequiredClaim(name: $0, expectation: .present)]) },
            { Self.restriction(claims: [RequiredClaim(name: "n", expectation: .equals($0))]) },
            { Self.restriction(claims: [RequiredClaim(name: "n", expectation: .oneOf(["x", $0]))]) },
        ]
        for (left, right) in pairs {
            for make in makers {
                #expect(make(left) == make(left) && make(left) != make(right))
                #expect(Set([make(left), make(right), make(left)]).count == 2)
                let policies = [left, right].map { text in
                    AuthorizationPolicy(
                        name: "p",
                        options: [
                            AuthorizationOption(name: "o", delivery: [.aes], restrictions: [.token(make(text))])
                        ])
                }
                #expect(policies[0] != policies[1])
            }
            let deliveries = [left, right].map {
                DeliveryPolicy(name: "d", protocols: [.hls], encryption: .cbcs, keyAcquisitionURL: $0)
            }
            #expect(deliveries[0] != deliveries[1])
            #expect(
                AuthorizationPolicy(name: left, options: []) != AuthorizationPolicy(name: right, options: []))
        }
    }

    /// The form in which policies are stored is what it was.
    @Test func documentsHoldTheTextAlone() throws {
        for (left, right) in pairs {
            for text in [left, right] {
                let restriction = Self.restriction(
                    issuer: text, claims: [RequiredClaim(name: text, expectation: .oneOf([text]))])
                let policy = AuthorizationPolicy(
                    name: text,
                    options: [AuthorizationOption(name: text, delivery: [.aes], restrictions: [.token(restriction)])])
                let document = try JSONEncoder().encode(policy)
                let members = try #require(JSONSerialization.jsonObject(with: document) as? [String: Any])
                #expect(try #require(members["name"] as? String).isExactly(text))
                #expect(try JSONDecoder().decode(AuthorizationPolicy.self, from: document) == policy)
                let location = try JSONEncoder().encode(KeySetLocation(.keySet, url: text))
                #expect(try JSONDecoder().decode(KeySetLocation.self, from: location).url.isExactly(text))
            }
        }
        let stored = Data(#"{"kind":"jwks","url":"https://sts.example/"}"#.utf8)
        #expect(try JSONDecoder().decode(KeySetLocation.self, from: stored).url == "https://sts.example/")
        let delivery = Data(#"{"name":"d","protocols":["hls"],"encryption":"cbcs","keyLabels":[]}"#.utf8)
        #expect(try JSONDecoder().decode(DeliveryPolicy.self, from: delivery).keyAcquisitionURL == nil)
    }

    private func reason(
        _ token: VerifiedToken, _ claims: [RequiredClaim], revoked: Set<RevokedThing> = []
    ) throws -> DenialReason.Code? {
        struct Table: RevocationSource {
            var revoked: Set<RevokedThing>
            func isAnyRevoked(_ things: () -> [RevokedThing]) -> Bool? { !revoked.isDisjoint(with: things()) }
        }
        let evaluator = AuthorizationEvaluator(
            verifier: TableVerifier(["t": token]), revocations: Table(revoked: revoked))
        let policy = AuthorizationPolicy(
            name: "p",
            options: [
                AuthorizationOption(
                    name: "o", delivery: [.aes],
                    restrictions: [.token(Self.restriction(issuer: token.issuer, claims: claims))])
            ])
        let request = KeyRequest(
            keyIDs: [keyID(1)], delivery: .aes, credential: "t", clientAddress: try address("192.0.2.1"))
        let facts = KeyFacts(keyID: keyID(1), type: .envelope, isEnabled: true)
        if case .denied(let reason) = evaluator.decide(keyID(1), in: request, facts: facts, policy: policy, at: now) {
            return reason.code
        }
        return nil
    }

    @Test func claimsAreTheirBytes() throws {
        for (left, right) in pairs {
            let token = verifiedToken(claims: ["plan": [left], left: ["x"]])
            let good: [RequiredClaim.Expectation] = [.equals(left), .oneOf(["x", left]), .oneOf([right, left])]
            for expectation in good {
                #expect(try reason(token, [RequiredClaim(name: "plan", expectation: expectation)]) == nil)
            }
            for expectation: RequiredClaim.Expectation in [.equals(right), .oneOf(["x", right])] {
                #expect(try reason(token, [RequiredClaim(name: "plan", expectation: expectation)]) == .claimMismatch)
            }
            #expect(try reason(token, [RequiredClaim(name: left, expectation: .present)]) == nil)
            #expect(try reason(token, [RequiredClaim(name: right, expectation: .present)]) == .claimMissing)
        }
    }

    @Test func revokedIsWhoWasNamed() throws {
        for (left, right) in pairs {
            var token = verifiedToken(issuer: left)
            token.subject = left
            token.tokenID = left
            token.signer = TokenSigner(keyID: left)
            let things: [(String, String?) -> RevokedThing] = [
                { .subject($0, issuer: $1) }, { .tokenID($0, issuer: $1) }, { .keyID($0, issuer: $1) },
            ]
            for thing in things {
                #expect(try reason(token, [], revoked: [thing(left, nil)]) == .tokenRevoked)
                #expect(try reason(token, [], revoked: [thing(left, left)]) == .tokenRevoked)
                #expect(try reason(token, [], revoked: [thing(right, nil), thing(left, right)]) == nil)
            }
        }
    }

    /// An encryptor's policy, and the option and delivery policy of a ticket.
    @Test func namesAreTheirBytes() throws {
        for (left, right) in pairs {
            let request = EncryptorRequest(
                keyID: keyID(1), type: .common,
                encryptor: Encryptor(name: "e", authorizationPolicy: left, mayCreate: false),
                form: .wrapped(recipient: "r"))
            let facts = KeyFacts(keyID: keyID(1), type: .common, isEnabled: true)
            let decision = EncryptorGrant.decide(
                request, facts: facts, policy: right, isUsedByOrigin: false, at: now)
            #expect(decision == .denied(.notCovered))
            let terms = LocatorTerms(
                locator: Locator(
                    id: LocatorID(), kind: .streaming, asset: "a", accessPolicy: "a", deliveryPolicies: [left],
                    start: now, end: now),
                deliveryPolicies: [DeliveryPolicy(name: left, protocols: [.hls], encryption: .cbcs)],
                permissions: [.read])
            #expect(terms.ticketRule(under: left) == .on && terms.ticketRule(under: right) == .off)
        }
    }
}
