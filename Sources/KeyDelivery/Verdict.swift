import Catalog
import ContentKeys
import Foundation
import Policies

/// Judges a request for keys against what the catalog says of them. Reads and writes nothing but the rates.
struct Judgement: Sendable {
    let evaluator: AuthorizationEvaluator

    /// - Parameters:
    ///   - rates: nil for what is no request for keys.
    ///   - wholly: the keys of which one denied is all denied; they are judged also when the request does not ask for
    ///     them, which denies them.
    func judge(
        _ request: KeyRequest, found: FoundKeys, rates: RequestRates?, requestID: String, at time: Date,
        wholly: [KeyID] = []
    ) -> Verdict {
        var decisions: [Verdict.Decision] = []
        decisions.reserveCapacity(request.keyIDs.count)
        for keyID in request.keyIDs where !decisions.contains(where: { $0.keyID == keyID }) {
            let lookup = found[keyID]
            let facts = lookup?.facts
            let evaluation = evaluator.explain(keyID, in: request, facts: facts, policy: lookup?.policy, at: time)
            decisions.append(
                Verdict.Decision(
                    keyID: keyID, lookup: lookup, steps: evaluation.steps, outcome: evaluation.decision,
                    mayBeStale: evaluation.mayBeStale))
        }
        for keyID in wholly where !decisions.contains(where: { $0.keyID == keyID }) {
            decisions.append(Verdict.Decision(outside: keyID, lookup: found[keyID]))
        }
        // One request counts once for its subject, however many keys it asks for.
        if let rates, rates.countsSubjects,
            let grant = decisions.lazy.compactMap(\.grant).first(where: { $0.token?.subject != nil }),
            rates.count(grant, at: .now) != nil
        {
            decisions = decisions.map(\.limited)
        }
        return Verdict(request: request, requestID: requestID, time: time, wholly: wholly, all: decisions)
    }
}

/// What the catalog says of the keys of a request. They are few: looking through them costs less than a table.
struct FoundKeys {
    /// Most requests are for one.
    private var first: KeyLookup?
    private var others: [KeyLookup] = []

    var count: Int { first == nil ? 0 : others.count + 1 }

    subscript(keyID: KeyID) -> KeyLookup? {
        first?.key.keyID == keyID ? first : others.first { $0.key.keyID == keyID }
    }

    mutating func add(_ lookup: KeyLookup) {
        if first == nil { first = lookup } else { others.append(lookup) }
    }
}

/// What was decided on each key of a request, before it is written down and acted on.
final class Verdict: Sendable {
    struct Decision: Sendable {
        let keyID: KeyID
        let lookup: KeyLookup?
        /// The checks that led to the outcome.
        var steps: [EvaluationStep]
        var outcome: AuthorizationDecision
        /// Whether keys that issuers publish, read anew, may lead to another outcome.
        var mayBeStale = false
    }

    let request: KeyRequest
    let requestID: String
    let time: Date
    /// The keys of which one denied is all denied.
    let wholly: [KeyID]
    let decisions: [Decision]
    /// The use of the token that is to be counted; nil when nothing limits it.
    let use: UseLimit?

    init(request: KeyRequest, requestID: String, time: Date, wholly: [KeyID], all decisions: [Decision]) {
        self.request = request
        self.requestID = requestID
        self.time = time
        self.wholly = wholly
        self.decisions = Self.complete(decisions, wholly)
        use = Self.use(self.decisions, wholly)
    }

    /// A request carries one token, so all limits are of it: it is used when one key is given for it. Of keys that go together,
    /// the smallest limit rules, whatever else was asked for.
    private static func use(_ decisions: [Decision], _ wholly: [KeyID]) -> UseLimit? {
        guard decisions.contains(where: { $0.grant?.useLimit != nil }) else { return nil }
        let together = decisions.filter { wholly.contains($0.keyID) }.compactMap(\.useLimit)
        return together.min { $0.maximum < $1.maximum } ?? UseLimit.counted(decisions.compactMap(\.useLimit))
    }

    /// No grant at all where one of the keys that belong together is denied.
    private static func complete(_ decisions: [Decision], _ wholly: [KeyID]) -> [Decision] {
        guard !wholly.isEmpty else { return decisions }
        let isMissing = decisions.contains { wholly.contains($0.keyID) && $0.grant == nil }
        return isMissing ? decisions.map(\.incomplete) : decisions
    }

    /// What goes to the audit log, with the use of the token that is to be counted.
    ///
    /// - Parameter recipient: whom the keys go to, when not to the player.
    func record(keysTo recipient: String? = nil) -> DecisionRecord {
        guard let use else { return DecisionRecord(entries: entries(decisions, recipient)) }
        return DecisionRecord(use: use) { [self] in entries(settled($0).decisions, recipient) }
    }

    /// What is left of it when the use was counted.
    func settled(_ count: UseCount) -> Verdict {
        guard use != nil else { return self }
        return replaced(decisions.map { $0.counted(count) })
    }

    /// The decisions that granted here, and deny in a later verdict on the same request.
    func withdrawn(by later: Verdict) -> [Decision] {
        later.decisions.filter { decision in
            decision.grant == nil && decisions.contains { $0.keyID == decision.keyID && $0.grant != nil }
        }
    }

    /// With other decisions in place of those on the same keys.
    func with(_ others: [Decision]) -> Verdict {
        replaced(decisions.map { decision in others.first { $0.keyID == decision.keyID } ?? decision })
    }

    private func replaced(_ decisions: [Decision]) -> Verdict {
        Verdict(request: request, requestID: requestID, time: time, wholly: wholly, all: decisions)
    }

    /// What is written of some of the decisions.
    func entries(_ decisions: [Decision], _ recipient: String?) -> [AuditEntry] {
        decisions.map { AuditEntry(of: $0, in: self, keysTo: recipient) }
    }

    /// What was granted, in the request's order: each with the key that may be unwrapped and the proof of it.
    var grants: some Sequence<(lookup: KeyLookup, grant: Grant)> {
        decisions.lazy.compactMap { decision in
            guard case .granted(let grant) = decision.outcome, let lookup = decision.lookup else { return nil }
            return (lookup, grant)
        }
    }

    /// Whether keys that issuers publish, read anew, may lead to another outcome.
    var mayBeStale: Bool { decisions.contains { $0.mayBeStale } }

    func outcome(_ released: [ReleasedKey]) -> KeyDeliveryOutcome {
        guard released.isEmpty else { return .released(released) }
        return denial.map(KeyDeliveryOutcome.denied) ?? .unavailable
    }

    /// The restrictions whose published keys may have changed since they were read.
    var staleRestrictions: [TokenRestriction] {
        decisions.filter(\.mayBeStale).flatMap { $0.lookup?.policy?.publishedKeyRestrictions ?? [] }
    }

    /// What is granted, in the request's order.
    var granted: [Grant] { decisions.compactMap(\.grant) }

    /// Why nothing is: the reason of the first key that was denied for one of its own.
    var denial: DenialReason? {
        let reasons = decisions.compactMap { decision -> DenialReason? in
            if case .denied(let reason) = decision.outcome { reason } else { nil }
        }
        return reasons.first { $0.code != .licenceIncomplete } ?? reasons.first
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

    /// The decision when the token turns out to be used so often.
    func counted(_ count: UseCount) -> Verdict.Decision {
        guard let grant, let limit = grant.useLimit, !count.isWithin(limit.maximum) else { return self }
        return denied(DenialReason(.useLimitReached, option: grant.option), by: .uses)
    }

    /// The decision when the key-encryption key that opens the key is not at hand.
    var unopenable: Verdict.Decision {
        guard let grant else { return self }
        return denied(DenialReason(.kekMissing, option: grant.option), by: .key)
    }

    /// The decision when a key that belongs to it was denied.
    var incomplete: Verdict.Decision {
        guard let grant else { return self }
        return denied(DenialReason(.licenceIncomplete, option: grant.option), by: .licence)
    }

    /// The decision on a key that the request does not ask for.
    init(outside keyID: KeyID, lookup: KeyLookup?) {
        let reason = DenialReason(.keyOutsideRequest)
        self.init(
            keyID: keyID, lookup: lookup,
            steps: [
                EvaluationStep(check: .licence, refusal: reason)
            ],
            outcome: .denied(reason))
    }

    /// The counting comes after the evaluator: where it turns a grant down, that is the last check.
    private func denied(_ reason: DenialReason, by check: EvaluationStep.Check) -> Verdict.Decision {
        var denied = self
        denied.outcome = .denied(reason)
        denied.steps.append(EvaluationStep(option: reason.option, check: check, refusal: reason))
        return denied
    }
}
