public import Catalog
public import ContentKeys
public import Foundation
public import Policies

/// A key that was released, with the proof that it may be.
public struct ReleasedKey: Sendable {
    public let keyID: KeyID
    public let key: ContentKey
}

/// What became of a key request.
public enum KeyDeliveryOutcome: Sendable {
    /// At least one key: those of the requested keys that were granted, in the request's order, without repetition.
    case released([ReleasedKey])
    /// None: the reason of the first key that was denied.
    case denied(DenialReason)
    /// The service cannot decide or cannot write its audit log: no key.
    case unavailable
}

/// The use case of the key service: look up → authorise → audit, durably → unwrap → hand over.
public struct KeyDeliveryService: Sendable {
    private let catalog: any CatalogEngine
    private let unwrapper: any KeyUnwrapper
    private let evaluator: AuthorizationEvaluator
    private let now: @Sendable () -> Date

    /// - Parameter now: the clock; tests set it.
    public init(
        catalog: any CatalogEngine, unwrapper: any KeyUnwrapper, verifier: any TokenVerifier,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.catalog = catalog
        self.unwrapper = unwrapper
        self.evaluator = AuthorizationEvaluator(verifier: verifier)
        self.now = now
    }

    /// Decides a request and releases what was granted. Every decision is in the audit log, durably, before the first
    /// key byte is unwrapped; an audit log that cannot be written means no key.
    ///
    /// - Parameter requestID: names the request in the audit log and in the answer.
    public func deliver(_ request: KeyRequest, requestID: String) async throws -> KeyDeliveryOutcome {
        let time = now()
        var lookups: [KeyID: KeyLookup] = [:]
        var decisions: [(keyID: KeyID, decision: AuthorizationDecision)] = []
        var steps: [KeyID: [AuditStep]] = [:]
        for keyID in request.keyIDs where !decisions.contains(where: { $0.keyID == keyID }) {
            let lookup = try await catalog.keyLookup(keyID)
            lookups[keyID] = lookup
            let facts = lookup.map { KeyFacts(keyID: keyID, type: $0.key.type, isEnabled: $0.key.isEnabled) }
            let evaluation = evaluator.explain(keyID, in: request, facts: facts, policy: lookup?.policy, at: time)
            decisions.append((keyID, evaluation.decision))
            steps[keyID] = evaluation.steps.map(AuditStep.init)
        }
        decisions = try await countingUses(decisions)
        try await catalog.appendAudit(
            decisions.map { keyID, decision in
                let policy = lookups[keyID]?.key.authorizationPolicy
                return AuditEvent(
                    of: decision, steps: Self.steps(steps[keyID] ?? [], of: decision), key: (keyID, policy), request,
                    requestID: requestID, at: time)
            })
        return try await release(decisions, lookups)
    }

    /// Counts one use of the token, by its smallest limit, when any grant has one; a token that is used up turns those
    /// grants into denials.
    private func countingUses(
        _ decisions: [(keyID: KeyID, decision: AuthorizationDecision)]
    ) async throws -> [(keyID: KeyID, decision: AuthorizationDecision)] {
        let limits = decisions.compactMap { entry -> UseLimit? in
            if case .granted(let grant) = entry.decision { grant.useLimit } else { nil }
        }
        // A request carries one token, so all limits are of it.
        guard let smallest = limits.min(by: { $0.maximum < $1.maximum }) else { return decisions }
        if try await catalog.countUse(smallest) { return decisions }
        return decisions.map { keyID, decision in
            guard case .granted(let grant) = decision, grant.useLimit != nil else { return (keyID, decision) }
            return (keyID, .denied(DenialReason(.useLimitReached, option: grant.option)))
        }
    }

    /// The counting of uses comes after the evaluator: where it turned a grant down, that is the last step.
    private static func steps(_ steps: [AuditStep], of decision: AuthorizationDecision) -> [AuditStep] {
        guard case .denied(let reason) = decision, reason.code == .useLimitReached else { return steps }
        return steps + [
            AuditStep(
                option: reason.option, check: EvaluationStep.Check.uses.rawValue, refusal: reason.code.rawValue)
        ]
    }

    private func release(
        _ decisions: [(keyID: KeyID, decision: AuthorizationDecision)], _ lookups: [KeyID: KeyLookup]
    ) async throws -> KeyDeliveryOutcome {
        var released: [ReleasedKey] = []
        var firstDenial: DenialReason?
        for (keyID, decision) in decisions {
            switch decision {
            case .granted(let grant):
                guard let wrapped = lookups[keyID]?.key.wrapped else { return .unavailable }
                released.append(
                    ReleasedKey(keyID: keyID, key: try await unwrapper.unwrap(wrapped, for: .disclosure(grant))))
            case .denied(let reason):
                firstDenial = firstDenial ?? reason
            }
        }
        guard released.isEmpty else { return .released(released) }
        return firstDenial.map(KeyDeliveryOutcome.denied) ?? .unavailable
    }
}
