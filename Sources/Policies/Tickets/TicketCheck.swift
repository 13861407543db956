import ContentKeys
import Foundation

/// What a request's ticket says of one key under its policy.
enum TicketCheck {
    /// The option of this name needs no token; the ticket and its entry.
    case holds(KeyTicket, KeyTicket.Entry)
    case fails(DenialReason)

    /// Why a ticket is not taken; for the audit log.
    enum Rejection: String {
        case notSealedHere
        case expired
        case otherAddress
        case otherDelivery
        case otherKey
        case policyChanged
        case keyWithdrawn
        /// The locator that it was given at was revoked, or is past its time.
        case locatorClosed
        /// The delivery policy that it was given under gives none any more.
        case ticketsOff
        /// The delivery policy asks for tickets that are bound to an address.
        case notBound
    }

    static func check(
        _ text: String, _ keyID: KeyID, _ request: KeyRequest, _ policy: AuthorizationPolicy,
        with reader: any KeyTicketReader, _ revocations: any RevocationSource, at now: Date
    ) -> TicketCheck {
        guard let ticket = reader.open(text) else { return rejected(.notSealedHere) }
        guard request.delivery == .aes else { return rejected(.otherDelivery) }
        guard now < ticket.expires else { return rejected(.expired) }
        if let address = ticket.clientAddress, address != request.clientAddress { return rejected(.otherAddress) }
        if let rejection = ticket.rejection(by: reader.terms(of: ticket.place.locator), at: now) {
            return rejected(rejection)
        }
        let entries = ticket.entries.filter { $0.policy.isExactly(policy.name) && $0.keyIDs.contains(keyID) }
        guard let entry = entries.first else { return rejected(.otherKey) }
        guard !entry.revision.isEmpty, entry.revision == reader.revision(of: policy) else {
            return rejected(.policyChanged)
        }
        guard reader.isInForce(ticket.token.signer, under: policy) else { return rejected(.keyWithdrawn) }
        if let reason = ticket.token.refusal(by: revocations) { return .fails(reason) }
        return .holds(ticket, entry)
    }

    private static func rejected(_ rejection: Rejection) -> TicketCheck {
        .fails(DenialReason(.ticketRejected, detail: rejection.rawValue))
    }
}

extension KeyTicket {
    /// What the terms of the place where it was given have against it now.
    fileprivate func rejection(by terms: LocatorTerms?, at now: Date) -> TicketCheck.Rejection? {
        guard let terms, terms.locator.id == place.locator, terms.streams(at: now) else { return .locatorClosed }
        return switch terms.ticketRule(under: place.deliveryPolicy) {
        case .off: .ticketsOff
        case .on: nil
        case .address: clientAddress == nil ? .notBound : nil
        }
    }
}

extension KeyTicket.Entry {
    /// The limit of uses that the token had, remembered beyond the token's end by more than any skew of clocks.
    func useLimit(of token: VerifiedToken) -> UseLimit? {
        maximumUses.map {
            UseLimit(
                tokenIdentity: token.identity, maximum: $0, expires: token.expires.addingTimeInterval(3600),
                unusedBefore: unusedBefore)
        }
    }
}
