public import ContentKeys
public import Foundation

/// Decides whether a key may leave. Pure but for the verifier and the revocations, which are injected like the clock: equal
/// arguments give equal decisions. Whatever is not allowed by name is denied.
///
/// An object: what every decision asks goes with it.
public final class AuthorizationEvaluator: Sendable {
    let verifier: any TokenVerifier
    let revocations: any RevocationSource
    private let tickets: any KeyTicketReader

    public init(
        verifier: any TokenVerifier, revocations: any RevocationSource = NoRevocations(),
        tickets: any KeyTicketReader = NoTickets()
    ) {
        self.verifier = verifier
        self.revocations = revocations
        self.tickets = tickets
    }

    /// The verdict on one key of a request.
    /// - Parameters:
    ///   - facts: what the catalog knows of the key; nil when it knows no such key.
    ///   - policy: the key's authorization policy; nil when it has none.
    public func decide(
        _ keyID: KeyID, in request: KeyRequest, facts: KeyFacts?, policy: AuthorizationPolicy?, at now: Date
    ) -> AuthorizationDecision {
        explain(keyID, in: request, facts: facts, policy: policy, at: now).decision
    }

    /// The same verdict with every check that led to it, in order. Of options that hold, the first that lets the token be used
    /// any number of times grants, or else the one that lets it be used most often: a further option never takes away what
    /// another gives. Those behind one without a limit are not looked at.
    public func explain(
        _ keyID: KeyID, in request: KeyRequest, facts: KeyFacts?, policy: AuthorizationPolicy?, at now: Date
    ) -> Evaluation {
        var steps: [EvaluationStep] = []
        // A grant by the first option has about as many.
        steps.reserveCapacity(4)
        if let refusal = Self.refusal(of: keyID, in: request, facts: facts, at: now) {
            steps.append(EvaluationStep(check: .key, refusal: refusal))
            return Evaluation(decision: .denied(refusal), steps: steps)
        }
        steps.append(EvaluationStep(check: .key))
        guard let policy else {
            let refusal = DenialReason(.noPolicy)
            steps.append(EvaluationStep(check: .policy, refusal: refusal))
            return Evaluation(decision: .denied(refusal), steps: steps)
        }
        if let refusal = Self.refusal(of: policy, at: now) {
            steps.append(EvaluationStep(check: .policy, refusal: refusal))
            return Evaluation(decision: .denied(refusal), steps: steps)
        }
        var ticket: TicketCheck?
        if (request.credential ?? "").isEmpty, let text = request.ticket {
            ticket = .check(text, keyID, request, policy, with: tickets, revocations, at: now)
        }
        let context = RestrictionContext(
            keyID: keyID, delivery: request.delivery, credential: request.credential,
            clientAddress: request.clientAddress, evaluator: self, now: now, ticket: ticket)
        return Self.evaluate(policy, in: context, &steps)
    }

    /// Why the key itself cannot be delivered, whatever its policy says.
    private static func refusal(
        of keyID: KeyID, in request: KeyRequest, facts: KeyFacts?, at now: Date
    ) -> DenialReason? {
        guard let facts, facts.keyID == keyID else { return DenialReason(.keyUnknown) }
        guard request.keyIDs.contains(keyID) else { return DenialReason(.keyUnknown, detail: "not in the request") }
        guard facts.isEnabled else { return DenialReason(.keyDisabled) }
        guard !facts.isWithheld else { return DenialReason(.keyWithheld) }
        guard facts.isValid(at: now) else { return DenialReason(.keyOutsideValidity) }
        guard facts.type.isDeliverable, request.delivery.serves(facts.type) else {
            return DenialReason(.keyNotDeliverable, detail: "\(facts.type.rawValue) by \(request.delivery.rawValue)")
        }
        return nil
    }

    /// Why the policy says nothing now.
    private static func refusal(of policy: AuthorizationPolicy, at now: Date) -> DenialReason? {
        guard policy.availability.isEnabled else { return DenialReason(.policyDisabled) }
        return policy.availability.covers(now) ? nil : DenialReason(.policyOutsideValidity)
    }

    /// - Parameter steps: what is checked is added to them.
    private static func evaluate(
        _ policy: AuthorizationPolicy, in context: RestrictionContext, _ steps: inout [EvaluationStep]
    ) -> Evaluation {
        var verdicts = TokenVerdicts()
        var closest: (reason: DenialReason, held: Int)?
        var limited: Grant?
        for option in policy.options where option.delivery.contains(context.delivery) {
            var evaluation = OptionEvaluation(option)
            evaluation.run(in: context, verdicts: &verdicts, steps: &steps)
            guard let refusal = evaluation.refusal else {
                let grant = evaluation.grant(of: policy.name, in: context)
                guard let limit = grant.useLimit else { return Evaluation(decision: .granted(grant), steps: steps) }
                if limit.maximum > limited?.useLimit?.maximum ?? 0 { limited = grant }
                continue
            }
            // Strictly more: of equals, the first stands.
            if evaluation.held > closest?.held ?? -1 { closest = (refusal, evaluation.held) }
        }
        if let limited { return Evaluation(decision: .granted(limited), steps: steps) }
        guard let closest else {
            let refusal = DenialReason(.noOptionForDelivery, detail: context.delivery.rawValue)
            steps.append(EvaluationStep(check: .delivery, refusal: refusal))
            return Evaluation(decision: .denied(refusal), steps: steps)
        }
        return Evaluation(decision: .denied(closest.reason), steps: steps)
    }
}

extension KeyDeliveryType {
    /// Whether keys of a type may leave this way. `aes` also serves the keys of `cbcs`, because players without a
    /// protection system fetch the key of HLS SAMPLE-AES (`KEYFORMAT="identity"`) by its URI.
    public func serves(_ type: ContentKeyType) -> Bool {
        switch self {
        case .aes: type == .envelope || type == .common || type == .commonCbcs
        case .clearkey, .widevine, .playready: type == .common || type == .commonCbcs
        case .fairplay: type == .commonCbcs
        }
    }
}
