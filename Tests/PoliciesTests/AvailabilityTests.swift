import ContentKeys
import Foundation
import Policies
import Testing

/// Policies and options that are switched off or not in their time grant nothing.
@Suite struct AvailabilityTests {
    private static let cases: [(Availability, Bool)] = [
        (.always, true), (Availability(isEnabled: false), false),
        (Availability(notBefore: now), true), (Availability(notBefore: now.addingTimeInterval(1)), false),
        (Availability(notAfter: now), false), (Availability(notAfter: now.addingTimeInterval(1)), true),
        (Availability(isEnabled: false, notBefore: now, notAfter: now.addingTimeInterval(1)), false),
    ]

    private func decide(_ policy: AuthorizationPolicy) throws -> AuthorizationDecision {
        let request = KeyRequest(
            keyIDs: [keyID(1)], delivery: .aes, credential: nil, clientAddress: try address("192.0.2.1"))
        return AuthorizationEvaluator(verifier: TableVerifier()).decide(
            keyID(1), in: request, facts: KeyFacts(keyID: keyID(1), type: .envelope, isEnabled: true), policy: policy,
            at: now)
    }

    private func option(_ name: String, _ availability: Availability) -> AuthorizationOption {
        AuthorizationOption(name: name, delivery: [.aes], restrictions: [.open], availability: availability)
    }

    @Test(arguments: cases) func policies(availability: Availability, isInForce: Bool) throws {
        let policy = AuthorizationPolicy(name: "p", options: [option("o", .always)], availability: availability)
        switch try decide(policy) {
        case .granted: #expect(isInForce)
        case .denied(let reason):
            #expect(!isInForce && reason.denialClass == .forbidden)
            #expect(reason.code == (availability.isEnabled ? .policyOutsideValidity : .policyDisabled))
        }
    }

    @Test(arguments: cases) func options(availability: Availability, isInForce: Bool) throws {
        switch try decide(AuthorizationPolicy(name: "p", options: [option("o", availability)])) {
        case .granted: #expect(isInForce)
        case .denied(let reason):
            #expect(!isInForce && reason.denialClass == .forbidden && reason.option == "o")
            #expect(reason.code == (availability.isEnabled ? .optionOutsideValidity : .optionDisabled))
        }
        // The others are not touched.
        let both = AuthorizationPolicy(name: "p", options: [option("o", availability), option("other", .always)])
        guard case .granted(let grant) = try decide(both) else {
            Issue.record("the other option grants")
            return
        }
        #expect(grant.option == (isInForce ? "o" : "other"))
    }

    @Test func documentsFromBeforeThereWereTimesAreInForce() throws {
        let text = #"{"name":"p","options":[{"name":"o","delivery":["aes"],"restrictions":[{"open":{}}]}]}"#
        let old = try JSONDecoder().decode(AuthorizationPolicy.self, from: Data(text.utf8))
        #expect(old.availability == .always && old.options.map(\.availability) == [.always])
        var new = old
        new.availability = Availability(isEnabled: false, notAfter: now)
        new.options[0].availability = Availability(notBefore: now)
        #expect(try JSONDecoder().decode(AuthorizationPolicy.self, from: JSONEncoder().encode(new)) == new)
    }
}

/// What claims can be asked for.
@Suite struct ClaimTests {
    @Test(
        arguments: [
            (["plan": ["basic"]], .oneOf(["premium", "basic"]), nil),
            (["plan": ["x", "premium"]], .oneOf(["premium", "basic"]), nil),
            (["plan": ["Premium"]], .oneOf(["premium", "basic"]), .claimMismatch),
            (["plan": []], .oneOf(["premium"]), .claimMismatch), ([:], .oneOf(["premium"]), .claimMissing),
            (["plan": ["premium"]], .oneOf([]), .claimMismatch), (["plan": [""]], .present, nil),
            (["plan": ["x"]], .present, nil), (["plan": []], .present, .claimMismatch), ([:], .present, .claimMissing),
            (["plan": ["e\u{301}"]], .oneOf(["\u{e9}"]), .claimMismatch),
        ] as [([String: [String]], RequiredClaim.Expectation, DenialReason.Code?)])
    func claims(values: [String: [String]], expectation: RequiredClaim.Expectation, code: DenialReason.Code?) throws {
        let restriction = tokenRestriction(claims: [RequiredClaim(name: "plan", expectation: expectation)])
        let policy = AuthorizationPolicy(
            name: "p",
            options: [AuthorizationOption(name: "o", delivery: [.aes], restrictions: [.token(restriction)])])
        let request = KeyRequest(
            keyIDs: [keyID(1)], delivery: .aes, credential: "t", clientAddress: try address("192.0.2.1"))
        let decision = AuthorizationEvaluator(verifier: TableVerifier(["t": verifiedToken(claims: values)])).decide(
            keyID(1), in: request, facts: KeyFacts(keyID: keyID(1), type: .envelope, isEnabled: true), policy: policy,
            at: now)
        switch decision {
        case .granted: #expect(code == nil)
        case .denied(let reason): #expect(reason.code == code)
        }
    }
}
