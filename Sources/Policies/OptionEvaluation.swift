import ContentKeys
import Foundation

/// What all checks of one evaluation share.
struct RestrictionContext {
    let keyID: KeyID
    let delivery: KeyDeliveryType
    let credential: String?
    let clientAddress: IPAddress
    /// Whose verifier and revocations are asked.
    let evaluator: AuthorizationEvaluator
    let now: Date
    /// What the request's ticket says; nil when it has none, or shows a token.
    let ticket: TicketCheck?
}

/// The verdicts on the request's token, one for each distinct restriction: a signature is checked once.
struct TokenVerdicts {
    private typealias Known = (restriction: TokenRestriction, verdict: TokenVerdict)

    /// A list, not a table: there are few, mostly one, and comparing it is cheaper than hashing its keys.
    private var first: Known?
    private var others: [Known] = []

    mutating func verdict(
        on token: String, under restriction: TokenRestriction, in context: RestrictionContext
    ) -> TokenVerdict {
        if let first, first.restriction == restriction { return first.verdict }
        if let known = others.first(where: { $0.restriction == restriction }) { return known.verdict }
        let verdict = context.evaluator.verifier.verify(token, under: restriction, at: context.now)
        if first == nil { first = (restriction, verdict) } else { others.append((restriction, verdict)) }
        return verdict
    }
}

/// The evaluation of one option: every restriction is looked at, so that the reason given is that of the option that
/// came closest.
struct OptionEvaluation {
    private let option: AuthorizationOption
    /// How many restrictions held.
    private(set) var held = 0
    /// The first restriction's that did not hold; nil when all did.
    private(set) var refusal: DenialReason?
    private var token: VerifiedToken?
    private var useLimit: UseLimit?

    init(_ option: AuthorizationOption) {
        self.option = option
    }

    /// - Parameter steps: what was checked is added to them.
    mutating func run(
        in context: RestrictionContext, verdicts: inout TokenVerdicts, steps: inout [EvaluationStep]
    ) {
        if let reason = refusalOfOption(at: context.now) { steps.append(step(.option, reason)) }
        for restriction in option.restrictions {
            let step =
                switch restriction {
                case .open: step(.open, nil)
                case .ip(let addresses): check(addresses, context.clientAddress)
                case .token(let restriction): check(restriction, in: context, verdicts: &verdicts)
                case .unknown(let kind): step(.unknown, DenialReason(.restrictionUnknown, detail: kind))
                }
            steps.append(step)
        }
    }

    /// The proof. To be asked for only after `run` left no refusal.
    func grant(of policy: String, in context: RestrictionContext) -> Grant {
        Grant(
            keyID: context.keyID, delivery: context.delivery, policy: policy, option: option.name,
            token: token, useLimit: useLimit)
    }

    private func refusalOfOption(at now: Date) -> DenialReason? {
        guard option.availability.isEnabled else { return DenialReason(.optionDisabled) }
        guard option.availability.covers(now) else { return DenialReason(.optionOutsideValidity) }
        return option.restrictions.isEmpty ? DenialReason(.noRestriction) : nil
    }

    /// One check, counted.
    private mutating func step(_ check: EvaluationStep.Check, _ reason: DenialReason?) -> EvaluationStep {
        guard let reason else {
            held += 1
            return EvaluationStep(option: option.name, check: check)
        }
        let named = DenialReason(reason.code, detail: reason.detail, option: option.name)
        refusal = refusal ?? named
        return EvaluationStep(option: option.name, check: check, refusal: named)
    }

    private mutating func check(_ addresses: AddressRestriction, _ address: IPAddress) -> EvaluationStep {
        let holds = addresses.holds(for: address)
        return step(.ip, holds ? nil : DenialReason(.addressNotAllowed, detail: address.description))
    }

    private mutating func check(
        _ restriction: TokenRestriction, in context: RestrictionContext, verdicts: inout TokenVerdicts
    ) -> EvaluationStep {
        guard let credential = context.credential, !credential.isEmpty else {
            return context.ticket.map { check($0) } ?? step(.token, DenialReason(.tokenMissing))
        }
        switch verdicts.verdict(on: credential, under: restriction, in: context) {
        case .rejected(let rejection):
            return step(.token, DenialReason(.tokenRejected, detail: rejection.rawValue))
        case .verified(let verified):
            if let reason = verified.refusal(by: context.evaluator.revocations) { return step(.token, reason) }
            switch restriction.check(verified, for: context.keyID, at: context.now) {
            case .fails(let reason): return step(.token, reason)
            case .holds(let limit):
                take(verified)
                useLimit = limit?.joined(with: useLimit) ?? useLimit
                return step(.token, nil)
            }
        }
    }

    /// The first token restriction names the token; all of them name its signer.
    private mutating func take(_ verified: VerifiedToken) {
        guard let first = token else {
            token = verified
            return
        }
        token?.signer = first.signer.joined(with: verified.signer)
    }

    /// A ticket stands in for every token restriction of the option that it was given by.
    private mutating func check(_ ticket: TicketCheck) -> EvaluationStep {
        switch ticket {
        case .fails(let reason): return step(.ticket, reason)
        case .holds(let ticket, let entry):
            guard entry.option.isExactly(option.name) else {
                return step(.ticket, DenialReason(.ticketRejected, detail: "otherOption"))
            }
            token = ticket.token
            useLimit = entry.useLimit(of: ticket.token)
            return step(.ticket, nil)
        }
    }
}
