import Catalog
import ContentKeys
import Foundation
import Policies

extension AuditEntry {
    /// The audit record of one decision: names and reasons, never a key or a token. Written without an event in between,
    /// because every key request waits for it.
    init(of decision: Verdict.Decision, in verdict: Verdict, keysTo recipient: String?) {
        let grant = decision.grant
        let denial: DenialReason? = if case .denied(let reason) = decision.outcome { reason } else { nil }
        var line = AuditLine(grant == nil ? .keyDenied : .keyGranted)
        line.add(.clientAddress, verdict.request.clientAddress.description)
        line.add(.delivery, verdict.request.delivery.rawValue)
        line.add(.detail, grant == nil ? denial?.detail : recipient.map { "key to \($0)" })
        line.add(decision.keyID)
        line.add(.option, grant?.option ?? denial?.option)
        line.add(.policy, grant == nil ? decision.lookup?.key.authorizationPolicy : grant?.policy)
        line.add(.reason, denial?.code.rawValue)
        line.add(.requestID, verdict.requestID)
        line.add(decision.steps)
        line.add(verdict.time)
        if let token = grant?.token {
            line.add(.tokenID, token.tokenID)
            line.add(.tokenIssuer, token.issuer)
            line.add(.tokenKind, token.kind.rawValue)
            line.add(.tokenSubject, token.subject)
        }
        self.init(time: verdict.time, line)
    }
}

extension AuditStep {
    init(_ step: EvaluationStep) {
        self.init(
            option: step.option, check: step.check.rawValue, refusal: step.refusal?.code.rawValue,
            detail: step.refusal?.detail)
    }
}
