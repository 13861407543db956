import ContentKeys
import Foundation

/// What all checks of one evaluation share.
struct RestrictionContext {
    let keyID: KeyID
    let request: KeyRequest
    let verifier: any TokenVerifier
    let revocations: any RevocationSource
    let now: Date
    /// What the request's ticket says; nil when it has none, or shows a token.
    let ticket: TicketCheck?
}

/// The verdicts on the request's token, one for each distinct restriction: a signature is checked once.
struct TokenVerdicts {
    private let context: RestrictionContext
    /// A list, not a table: there are few, and comparing one is cheaper than hashing its keys.
    private var known: [(restriction: TokenRestriction, verdict: TokenVerdict)] = []

    init(_ context: RestrictionContext) {
        self.context = context
    }

    mutating func verdict(on token: String, under restriction: TokenRestriction) -> TokenVerdict {
        if let known = known.first(where: { $0.restriction == restriction }) { return known.verdict }
        let verdict = context.verifier.verify(token, under: restriction, at: context.now)
        known.append((restriction, verdict))
        return verdict
    }
}

/// The evaluation of one option: every restriction is looked at, so that the reason given is that of the option that
/// came closest.
struct OptionEvaluation {
    private let option: AuthorizationOption
    private(set) var steps: [EvaluationStep] = []
    /// How many restrictions held.
    private(set) var held = 0
    /// The first restriction's that did not hold; nil when all did.
    private(set) var refusal: DenialReason?
    private var token: VerifiedToken?
    private var useLimit: UseLimit?

    init(_ option: AuthorizationOption) {
        self.option = option
    }

    mutating func run(in context: RestrictionContext, verdicts: inout TokenVerdicts) {
        if let reason = refusalOfOption(at: context.now) { note(.option, reason) }
        for restriction in option.restrictions {
            switch restriction {
            case .open: note(.open, nil)
            case .ip(let addresses): check(addresses, context.request.clientAddress)
            case .token(let restriction): check(restriction, in: context, verdicts: &verdicts)
            case .unknown(let kind): note(.unknown, DenialReason(.restrictionUnknown, detail: kind))
            }
        }
    }

    /// The proof. To be asked for only after `run` left no refusal.
    func grant(of policy: String, in context: RestrictionContext) -> Grant {
        Grant(
            keyID: context.keyID, delivery: context.request.delivery, policy: policy, option: option.name,
            token: token, useLimit: useLimit)
    }

    private func refusalOfOption(at now: Date) -> DenialReason? {
        guard option.availability.isEnabled else { return DenialReason(.optionDisabled) }
        guard option.availability.covers(now) else { return DenialReason(.optionOutsideValidity) }
        return option.restrictions.isEmpty ? DenialReason(.noRestriction) : nil
    }

    private mutating func note(_ check: EvaluationStep.Check, _ reason: DenialReason?) {
        let named = reason.map { DenialReason($0.code, detail: $0.detail, option: option.name) }
        steps.append(EvaluationStep(option: option.name, check: check, refusal: named))
        if let named {
            refusal = refusal ?? named
        } else {
            held += 1
        }
    }

    private mutating func check(_ addresses: AddressRestriction, _ address: IPAddress) {
        let holds = addresses.holds(for: address)
        note(.ip, holds ? nil : DenialReason(.addressNotAllowed, detail: address.description))
    }

    private mutating func check(
        _ restriction: TokenRestriction, in context: RestrictionContext, verdicts: inout TokenVerdicts
    ) {
        guard let credential = context.request.credential, !credential.isEmpty else {
            return context.ticket.map { check($0) } ?? note(.token, DenialReason(.tokenMissing))
        }
        switch verdicts.verdict(on: credential, under: restriction) {
        case .rejected(let rejection):
            note(.token, DenialReason(.tokenRejected, detail: rejection.rawValue))
        case .verified(let verified):
            if let reason = verified.refusal(by: context.revocations) { return note(.token, reason) }
            switch restriction.check(verified, for: context.keyID, at: context.now) {
            case .fails(let reason): note(.token, reason)
            case .holds(let limit):
                let signer = token.map { $0.signer.joined(with: verified.signer) } ?? verified.signer
                token = token ?? verified
                token?.signer = signer
                useLimit = limit?.joined(with: useLimit) ?? useLimit
                note(.token, nil)
            }
        }
    }

    /// A ticket stands in for every token restriction of the option that it was given by.
    private mutating func check(_ ticket: TicketCheck) {
        switch ticket {
        case .fails(let reason): note(.ticket, reason)
        case .holds(let ticket, let entry):
            guard entry.option.isExactly(option.name) else {
                return note(.ticket, DenialReason(.ticketRejected, detail: "otherOption"))
            }
            token = ticket.token
            useLimit = entry.useLimit(of: ticket.token)
            note(.ticket, nil)
        }
    }
}
