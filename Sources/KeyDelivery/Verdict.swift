import Catalog
import ContentKeys
import Foundation
import Policies

/// Judges a request for keys against what the catalog says of them. Reads and writes nothing but the rates.
struct Judgement: Sendable {
    let evaluator: AuthorizationEvaluator

    /// - Parameter rates: nil for what is no request for keys.
    func judge(
        _ request: KeyRequest, found: [KeyID: KeyLookup], rates: RequestRates?, requestID: String, at time: Date
    ) -> Verdict {
        var decisions: [Verdict.Decision] = []
        for keyID in request.keyIDs where !decisions.contains(where: { $0.keyID == keyID }) {
            let lookup = found[keyID]
            let facts = lookup?.key.facts
            let evaluation = evaluator.explain(keyID, in: request, facts: facts, policy: lookup?.policy, at: time)
            decisions.append(
                Verdict.Decision(
                    keyID: keyID, lookup: lookup, steps: evaluation.steps.map(AuditStep.init),
                    outcome: evaluation.decision, mayBeStale: evaluation.mayBeStale))
        }
        // One request counts once for its subject, however many keys it asks for.
        let grant = decisions.lazy.compactMap(\.grant).first { $0.token?.subject != nil }
        if let grant, let rates, rates.count(grant, at: .now) != nil { decisions = decisions.map(\.limited) }
        return Verdict(request: request, requestID: requestID, time: time, decisions: decisions)
    }
}

/// What was decided on each key of a request, before it is written down and acted on.
struct Verdict: Sendable {
    struct Decision: Sendable {
        let keyID: KeyID
        let lookup: KeyLookup?
        /// The checks that led to the outcome.
        var steps: [AuditStep]
        var outcome: AuthorizationDecision
        /// Whether keys that issuers publish, read anew, may lead to another outcome.
        let mayBeStale: Bool
    }

    let request: KeyRequest
    let requestID: String
    let time: Date
    let decisions: [Decision]

    /// What goes to the audit log, with the use of the token that is to be counted. A request carries one token, so all
    /// limits are of it, and the smallest rules.
    var record: DecisionRecord {
        let uses = decisions.compactMap(\.useLimit)
        guard let use = uses.min(by: { $0.maximum < $1.maximum }) else {
            return DecisionRecord(events: events(decisions))
        }
        return DecisionRecord(
            events: events(decisions), use: use, exhausted: events(decisions.map(\.exhausted)))
    }

    /// The keys that may be unwrapped, in the request's order, each with its proof.
    func grants(after count: UseCount) -> [(WrappedContentKey, Grant)] {
        final(count).compactMap { decision in
            guard case .granted(let grant) = decision.outcome, let key = decision.lookup?.key else { return nil }
            return (key.wrapped, grant)
        }
    }

    func outcome(_ released: [ReleasedKey], after count: UseCount) -> KeyDeliveryOutcome {
        guard released.isEmpty else { return .released(released) }
        for decision in final(count) {
            if case .denied(let reason) = decision.outcome { return .denied(reason) }
        }
        return .unavailable
    }

    /// The restrictions whose published keys may have changed since they were read.
    var staleRestrictions: [TokenRestriction] {
        decisions.filter(\.mayBeStale).flatMap { $0.lookup?.policy?.publishedKeyRestrictions ?? [] }
    }

    func final(_ count: UseCount) -> [Decision] {
        count == .within ? decisions : decisions.map(\.exhausted)
    }

    private func events(_ decisions: [Decision]) -> [AuditEvent] {
        decisions.map { decision in
            AuditEvent(
                of: decision.outcome, steps: decision.steps,
                key: (decision.keyID, decision.lookup?.key.authorizationPolicy), request,
                requestID: requestID, at: time)
        }
    }
}

extension Verdict.Decision {
    var grant: Grant? {
        if case .granted(let grant) = outcome { grant } else { nil }
    }

    var useLimit: UseLimit? { grant?.useLimit }

    /// The decision when the token's subject asks too often.
    var limited: Verdict.Decision {
        guard let grant else { return self }
        return denied(DenialReason(.rateLimited, option: grant.option), by: .rate)
    }

    /// The decision when the token turns out to be used up.
    var exhausted: Verdict.Decision {
        guard let grant, grant.useLimit != nil else { return self }
        return denied(DenialReason(.useLimitReached, option: grant.option), by: .uses)
    }

    /// The counting comes after the evaluator: where it turns a grant down, that is the last check.
    private func denied(_ reason: DenialReason, by check: EvaluationStep.Check) -> Verdict.Decision {
        var denied = self
        denied.outcome = .denied(reason)
        denied.steps.append(
            AuditStep(option: reason.option, check: check.rawValue, refusal: reason.code.rawValue))
        return denied
    }
}
