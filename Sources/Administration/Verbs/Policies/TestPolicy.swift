import Catalog
import ContentKeys
import Policies

/// Would this request, from this address with this token, get this key, and why. Releases nothing and writes nothing.
public struct TestPolicy: OperatorVerb {
    public var keyId: String
    /// The client's address.
    public var ip: String
    public var delivery: String
    public var token: String?

    public init(keyId: String, ip: String, delivery: String, token: String?) {
        self.keyId = keyId
        self.ip = ip
        self.delivery = delivery
        self.token = token
    }

    public struct Report: Codable, Sendable {
        public var granted: Bool
        public var policy: String?
        public var option: String?
        public var reason: String?
        public var steps: [DecisionStep]
    }

    public func run(in context: OperatorContext) async throws -> Report {
        guard let keyID = KeyID(keyId) else {
            throw OperatorError(.invalid, "the key's id is not a UUID: \(keyId.quoted)")
        }
        guard let address = IPAddress(ip) else {
            throw OperatorError(.invalid, "the client's address is not an IP address: \(ip.quoted)")
        }
        guard let delivery = KeyDeliveryType(rawValue: delivery) else {
            let known = KeyDeliveryType.allCases.map(\.rawValue).joined(separator: ", ")
            throw OperatorError(.invalid, "the delivery type is one of \(known), not \(delivery.quoted)")
        }
        let lookup = try await context.catalog.keyLookup(keyID)
        let request = KeyRequest(keyIDs: [keyID], delivery: delivery, credential: token, clientAddress: address)
        let evaluator = AuthorizationEvaluator(verifier: context.verifier, revocations: context.revocations)
        var evaluation = evaluator.explain(
            keyID, in: request, facts: lookup?.facts, policy: lookup?.policy, at: context.now())
        if evaluation.mayBeStale, let policy = lookup?.policy {
            for restriction in policy.publishedKeyRestrictions {
                _ = await context.verifier.renewKeys(for: restriction)
            }
            evaluation = evaluator.explain(
                keyID, in: request, facts: lookup?.facts, policy: policy, at: context.now())
        }
        var steps = evaluation.steps.map(DecisionStep.init)
        switch evaluation.decision {
        case .granted(let grant):
            if let limit = grant.useLimit, !(try await context.catalog.tokenUses(limit)).isWithin(limit.maximum) {
                let reason = DenialReason(.useLimitReached, option: grant.option)
                steps.append(DecisionStep(EvaluationStep(option: grant.option, check: .uses, refusal: reason)))
                return Report(
                    granted: false, policy: nil, option: grant.option, reason: reason.code.explanation, steps: steps)
            }
            return Report(granted: true, policy: grant.policy, option: grant.option, reason: nil, steps: steps)
        case .denied(let reason):
            return Report(
                granted: false, policy: nil, option: reason.option, reason: reason.code.explanation, steps: steps)
        }
    }
}

/// One check of a decision, and what came of it.
public struct DecisionStep: Codable, Sendable, Hashable {
    public var option: String?
    public var check: String
    public var holds: Bool
    /// For people.
    public var outcome: String

    init(_ step: EvaluationStep) {
        option = step.option
        check = step.check.rawValue
        holds = step.holds
        outcome = step.outcome
    }

    init(_ step: AuditStep) {
        option = step.option
        check = step.check
        holds = step.refusal == nil
        let words = step.refusal.map { DenialReason.Code(rawValue: $0)?.explanation ?? $0 }
        outcome = words.map { words in step.detail.map { "\(words) (\($0))" } ?? words } ?? "holds"
    }
}
