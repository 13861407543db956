public import ContentKeys
public import Foundation

/// What a player asks, taken from its transport and nothing decided yet.
public struct KeyRequest: Sendable {
    /// The keys asked for, in the request's order.
    public var keyIDs: [KeyID]
    public var delivery: KeyDeliveryType
    /// The token as it came, without `Bearer`. Never logged.
    public var credential: String?
    /// A sealed `KeyTicket`, which counts where there is no token. Never logged.
    public var ticket: String?
    /// The client's address, after trusted proxies.
    public var clientAddress: IPAddress

    public init(
        keyIDs: [KeyID], delivery: KeyDeliveryType, credential: String?, ticket: String? = nil,
        clientAddress: IPAddress
    ) {
        self.keyIDs = keyIDs
        self.delivery = delivery
        self.credential = credential
        self.ticket = ticket
        self.clientAddress = clientAddress
    }
}

/// What the evaluator must know of a key.
public struct KeyFacts: Sendable, Hashable {
    public var keyID: KeyID
    public var type: ContentKeyType
    /// False also for a key that waits for its deletion.
    public var isEnabled: Bool
    /// Whether all assets that the key encrypts were taken down.
    public var isWithheld: Bool
    /// From when on the key may be delivered; nil for always.
    public var notBefore: Date?
    /// Until when, this instant excluded; nil for ever.
    public var notAfter: Date?

    public init(
        keyID: KeyID, type: ContentKeyType, isEnabled: Bool, isWithheld: Bool = false, notBefore: Date? = nil,
        notAfter: Date? = nil
    ) {
        self.keyID = keyID
        self.type = type
        self.isEnabled = isEnabled
        self.isWithheld = isWithheld
        self.notBefore = notBefore
        self.notAfter = notAfter
    }

    /// Whether an instant lies in the key's validity.
    func isValid(at now: Date) -> Bool {
        if let notBefore, now < notBefore { return false }
        if let notAfter, now >= notAfter { return false }
        return true
    }
}
