import ContentKeys
import Foundation
import Policies
import Testing

/// Properties over random policies and requests, from seeds that a failure names.
@Suite struct MonotonicityTests {
    private static let restrictions: [Restriction] = {
        let inside = AddressBlock("192.0.2.0/24").map { AddressRestriction(allow: [$0]) }
        let outside = AddressBlock("203.0.113.0/24").map { AddressRestriction(allow: [$0]) }
        let claim = RequiredClaim(name: "plan", expectation: .equals("premium"))
        return [inside, outside].compactMap { $0.map(Restriction.ip) } + [
            .open, .unknown(kind: "x"), .token(tokenRestriction()), .token(tokenRestriction(issuer: "other")),
            .token(tokenRestriction(claims: [claim])), .token(tokenRestriction(maximumUses: 1)),
            .token(tokenRestriction(maximumUses: 3)),
        ]
    }()

    private static let evaluator = AuthorizationEvaluator(
        verifier: TableVerifierOfConstants())

    /// A verifier without a counter, shared by parallel tests.
    private struct TableVerifierOfConstants: TokenVerifier {
        func verify(_ token: String, under restriction: TokenRestriction, at now: Date) -> TokenVerdict {
            let claims = token == "premium" ? ["plan": ["premium"]] : [:]
            return restriction.issuer == "sts" && token != "bad"
                ? .verified(verifiedToken(claims: claims)) : .rejected(.issuerMismatch)
        }
    }

    /// A small linear congruential generator: the same seed gives the same case.
    private struct Seeded: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }

    private struct Case {
        var request: KeyRequest
        var facts: KeyFacts?
        var policy: AuthorizationPolicy?

        init(_ generator: inout Seeded) throws {
            let options = (0..<Int.random(in: 0...3, using: &generator)).map { position in
                AuthorizationOption(
                    name: "\(position)", delivery: Bool.random(using: &generator) ? [.aes] : [.aes, .clearkey],
                    restrictions: (0..<Int.random(in: 0...3, using: &generator)).compactMap { _ in
                        MonotonicityTests.restrictions.randomElement(using: &generator)
                    })
            }
            policy = AuthorizationPolicy(name: "p", options: options)
            let token = ["premium", "plain", "bad"].randomElement(using: &generator)
            let client = ["192.0.2.7", "203.0.113.7", "::1"].randomElement(using: &generator) ?? "::1"
            request = try PoliciesTests.request(.aes, token: token, from: client)
            let type = ContentKeyType.allCases.randomElement(using: &generator) ?? .storage
            facts = KeyFacts(keyID: keyID(1), type: type, isEnabled: true)
        }

        mutating func changeOptions(_ change: (inout AuthorizationOption) -> Void) {
            guard var changed = policy else { return }
            for position in changed.options.indices { change(&changed.options[position]) }
            policy = changed
        }

        var grant: Grant? {
            MonotonicityTests.evaluator.decide(keyID(1), in: request, facts: facts, policy: policy, at: now).grant
        }

        var isGranted: Bool { grant != nil }

        /// How many keys a token gets one after the other: none, so many, or any number.
        var uses: Int { grant.map { $0.useLimit?.maximum ?? .max } ?? 0 }
    }

    /// Everything that takes something away from what a request has for it, or asks more of it.
    private static let weakenings: [@Sendable (inout Case) -> Void] = [
        { $0.request.credential = nil },
        { $0.request.credential = "bad" },
        { $0.request.clientAddress = IPAddress("198.51.100.1") ?? $0.request.clientAddress },
        { $0.facts = nil },
        { $0.facts?.isEnabled = false },
        { $0.facts?.type = .storage },
        { $0.policy = nil },
        { $0.policy?.options = [] },
        { _ = $0.policy?.options.popLast() },
        { if $0.policy?.options.isEmpty == false { $0.policy?.options.removeFirst() } },
        { $0.changeOptions { $0.restrictions = [] } },
        { $0.changeOptions { $0.delivery = [.clearkey] } },
        { $0.changeOptions { $0.restrictions.append(.unknown(kind: "y")) } },
        { $0.changeOptions { $0.restrictions += MonotonicityTests.restrictions } },
    ]

    @Test(arguments: UInt64(0)..<400)
    func takingAwayNeverGrants(seed: UInt64) throws {
        var generator = Seeded(state: seed &* 0x9E37_79B9_7F4A_7C15)
        let subject = try Case(&generator)
        for (position, weaken) in Self.weakenings.enumerated() {
            var weaker = subject
            weaken(&weaker)
            #expect(subject.isGranted || !weaker.isGranted, "weakening \(position) granted")
        }
    }

    /// A further restriction takes away or leaves as it is; a further option gives or leaves as it is: whether a key is given,
    /// and how often.
    @Test(arguments: UInt64(0)..<400)
    func restrictionsTakeAndOptionsGive(seed: UInt64) throws {
        var generator = Seeded(state: seed &* 0xD134_2543_DE82_EF95)
        let subject = try Case(&generator)
        for restriction in Self.restrictions {
            var stricter = subject
            stricter.changeOptions { $0.restrictions.append(restriction) }
            // An option without any restriction gives nothing: its first one may.
            let wasEmpty = subject.policy?.options.contains { $0.restrictions.isEmpty } ?? false
            #expect(wasEmpty || stricter.uses <= subject.uses, "\(restriction)")
        }
        let other = try Case(&generator)
        for option in other.policy?.options ?? [] {
            for position in 0...(subject.policy?.options.count ?? 0) {
                var wider = subject
                wider.policy?.options.insert(option, at: position)
                #expect(wider.uses >= subject.uses, "\(option) at \(position)")
            }
        }
    }

    @Test(arguments: UInt64(0)..<400)
    func orderSaysNothing(seed: UInt64) throws {
        var generator = Seeded(state: seed &* 0x9FB2_1C65_1E98_DF25)
        let subject = try Case(&generator)
        var shuffled = subject
        shuffled.policy?.options.shuffle(using: &generator)
        shuffled.changeOptions { $0.restrictions.shuffle(using: &generator) }
        #expect(shuffled.uses == subject.uses)
    }

    /// The laws above are of cases that are granted as well as of such that are not.
    @Test func casesAreOfEveryKind() throws {
        let uses = try (UInt64(0)..<400).map { seed in
            var generator = Seeded(state: seed &* 0xD134_2543_DE82_EF95)
            return try Case(&generator).uses
        }
        #expect(Set(uses) == [0, 1, 3, .max])
    }

    @Test(arguments: UInt64(0)..<400)
    func aGrantHasAnOptionWhoseRestrictionsAllHold(seed: UInt64) throws {
        var generator = Seeded(state: seed &* 0x2545_F491_4F6C_DD1D)
        let subject = try Case(&generator)
        let evaluation = Self.evaluator.explain(
            keyID(1), in: subject.request, facts: subject.facts, policy: subject.policy, at: now)
        if let grant = evaluation.decision.grant {
            let steps = evaluation.steps.filter { $0.option == grant.option }
            let option = try #require(subject.policy?.options.first { $0.name == grant.option })
            #expect(!steps.isEmpty && steps.allSatisfy(\.holds) && steps.count == option.restrictions.count)
        } else {
            #expect(evaluation.steps.contains { $0.refusal == evaluation.decision.reason })
        }
    }
}
