import Catalog
import ContentKeys
import Foundation
import Policies

extension AuditEvent {
    /// The audit record of one decision: names and reasons, never a key or a token.
    init(
        of decision: AuthorizationDecision, steps: [EvaluationStep], key: (id: KeyID, policy: String?),
        _ request: KeyRequest, requestID: String, at time: Date
    ) {
        switch decision {
        case .granted(let grant):
            self.init(time: time, action: .keyGranted)
            policy = grant.policy
            option = grant.option
            tokenKind = grant.token?.kind
            tokenIssuer = grant.token?.issuer
            tokenSubject = grant.token?.subject
            tokenID = grant.token?.tokenID
        case .denied(let denial):
            self.init(time: time, action: .keyDenied)
            policy = key.policy
            option = denial.option
            reason = denial.code.rawValue
            detail = denial.detail
        }
        self.steps = steps.map(AuditStep.init)
        self.requestID = requestID
        keyID = key.id
        delivery = request.delivery
        clientAddress = request.clientAddress.description
    }
}

extension AuditStep {
    init(_ step: EvaluationStep) {
        self.init(
            option: step.option, check: step.check.rawValue, refusal: step.refusal?.code.rawValue,
            detail: step.refusal?.detail)
    }
}
