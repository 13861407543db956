import Catalog
public import ContentKeys
import Foundation
public import Policies

extension KeyDeliveryService: KeyTicketing {
    /// Decides as for the keys themselves, and gives a ticket instead of keys. In the audit log, durably, before it is given.
    public func ticket(
        for keyIDs: [KeyID], of asset: String, at place: KeyTicket.Place, to viewer: Viewer, isBound: Bool
    ) async throws -> KeyTicketOutcome {
        guard let seal = tickets else { return .notNeeded }
        let request = KeyRequest(
            keyIDs: keyIDs, delivery: .aes, credential: viewer.credential, ticket: viewer.ticket,
            clientAddress: viewer.clientAddress)
        if limit(request, requestID: viewer.requestID, at: .now) != nil { return .limited }
        var verdict = try await judge(request, requestID: viewer.requestID, countsSubject: false)
        if await renewKeys(after: verdict) {
            verdict = try await judge(request, requestID: viewer.requestID, countsSubject: false)
        }
        let granted = verdict.decisions.compactMap(\.grant)
        guard !granted.isEmpty else { return try await denied(nil, verdict, asset, viewer) }
        // A ticket that is still good is passed on as it is, so that the key URIs do not change.
        if viewer.credential == nil, let ticket = viewer.ticket, granted.contains(where: { $0.token != nil }) {
            let opened = seal.open(ticket)
            guard opened?.place == place else {
                return try await denied(DenialReason(.ticketRejected, detail: "otherPlace"), verdict, asset, viewer)
            }
            guard !isBound || opened?.clientAddress == viewer.clientAddress else {
                return try await denied(DenialReason(.ticketRejected, detail: "notBound"), verdict, asset, viewer)
            }
            return .ticket(ticket)
        }
        let revised = verdict.decisions.compactMap { decision in
            decision.grant.flatMap { grant in
                decision.lookup?.policy.map { (grant: grant, revision: seal.revision(of: $0)) }
            }
        }
        let address = isBound ? viewer.clientAddress : nil
        guard let ticket = KeyTicket(revised, place: place, clientAddress: address, at: verdict.time) else {
            return .notNeeded
        }
        // Without the secret, or for more keys than an address can hold: as where no tickets are given. The token still
        // opens the keys.
        guard let text = seal.seal(ticket) else { return .notNeeded }
        var event = AuditEvent(time: verdict.time, action: .ticketGiven)
        event.tokenKind = ticket.token.kind
        event.tokenIssuer = ticket.token.issuer
        event.tokenSubject = ticket.token.subject
        event.tokenID = ticket.token.tokenID
        try await write(event, ticket.entries.first, asset, viewer)
        return .ticket(text)
    }

    /// - Parameter reason: nil for that of the first key that was denied.
    private func denied(
        _ reason: DenialReason?, _ verdict: Verdict, _ asset: String, _ viewer: Viewer
    ) async throws -> KeyTicketOutcome {
        let reason =
            reason
            ?? verdict.decisions.lazy.compactMap { decision -> DenialReason? in
                if case .denied(let reason) = decision.outcome { reason } else { nil }
            }.first ?? DenialReason(.keyUnknown)
        var event = AuditEvent(time: verdict.time, action: .ticketDenied)
        event.reason = reason.code.rawValue
        event.steps = (verdict.decisions.first?.steps ?? []).map(AuditStep.init)
        try await write(event, nil, asset, viewer)
        return .denied(reason)
    }

    private func write(
        _ event: AuditEvent, _ entry: KeyTicket.Entry?, _ asset: String, _ viewer: Viewer
    ) async throws {
        var event = event
        event.policy = entry?.policy
        event.option = entry?.option
        event.keyID = entry?.keyIDs.first
        event.detail = "asset \(asset)"
        event.delivery = .aes
        event.requestID = viewer.requestID
        event.clientAddress = viewer.clientAddress.description
        _ = try await catalog.record(DecisionRecord(events: [event]))
    }
}
