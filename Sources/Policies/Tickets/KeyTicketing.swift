public import ContentKeys

/// Who asks for a playlist, and with what.
public struct Viewer: Sendable {
    /// The token as it came. Never logged.
    public var credential: String?
    /// A ticket that an earlier playlist carried. Never logged.
    public var ticket: String?
    /// After trusted proxies.
    public var clientAddress: IPAddress
    /// Names the request in the audit log.
    public var requestID: String

    public init(credential: String?, ticket: String?, clientAddress: IPAddress, requestID: String) {
        self.credential = credential
        self.ticket = ticket
        self.clientAddress = clientAddress
        self.requestID = requestID
    }

    /// Whether there is anything to be checked.
    public var showsSomething: Bool { credential != nil || ticket != nil }
}

/// What a viewer gets to fetch keys with.
public enum KeyTicketOutcome: Sendable, Hashable {
    /// A sealed ticket, in characters that a query may have as they are.
    case ticket(String)
    /// The keys' policies ask for no token: nothing to stand in for.
    case notNeeded
    case denied(DenialReason)
    /// Too many requests.
    case limited
}

/// Checks a viewer's token and gives a ticket for it.
public protocol KeyTicketing: Sendable {
    /// - Parameters:
    ///   - keyIDs: the keys of the presentation, each once. The ticket opens those of them that are granted.
    ///   - asset: its name, for the audit log.
    ///   - place: where the playlist leaves.
    ///   - isBound: whether only the viewer's address may use the ticket.
    /// - Throws: `CatalogError`.
    func ticket(
        for keyIDs: [KeyID], of asset: String, at place: KeyTicket.Place, to viewer: Viewer, isBound: Bool
    ) async throws -> KeyTicketOutcome
}
