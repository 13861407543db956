public import ContentKeys

/// What a player asks, taken from its transport and nothing decided yet.
public struct KeyRequest: Sendable {
    /// The keys asked for, in the request's order.
    public var keyIDs: [KeyID]
    public var delivery: KeyDeliveryType
    /// The token as it came, without `Bearer`. Never logged.
    public var credential: String?
    /// The client's address, after trusted proxies.
    public var clientAddress: IPAddress

    public init(keyIDs: [KeyID], delivery: KeyDeliveryType, credential: String?, clientAddress: IPAddress) {
        self.keyIDs = keyIDs
        self.delivery = delivery
        self.credential = credential
        self.clientAddress = clientAddress
    }
}

/// What the evaluator must know of a key.
public struct KeyFacts: Sendable, Hashable {
    public var keyID: KeyID
    public var type: ContentKeyType
    public var isEnabled: Bool

    public init(keyID: KeyID, type: ContentKeyType, isEnabled: Bool) {
        self.keyID = keyID
        self.type = type
        self.isEnabled = isEnabled
    }
}
