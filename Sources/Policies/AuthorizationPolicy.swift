/// How a key leaves the service: the endpoint that a player or licence server asks.
public enum KeyDeliveryType: String, Sendable, Hashable, Codable, CaseIterable {
    case aes
    case clearkey
    case widevine
    case playready
    case fairplay
}

/// Who may receive a content key: any option whose restrictions all hold is enough. A policy without options grants
/// nothing.
public struct AuthorizationPolicy: Sendable, Hashable, Codable {
    /// Unique among authorization policies.
    public var name: String
    public var options: [AuthorizationOption]

    public init(name: String, options: [AuthorizationOption]) {
        self.name = name
        self.options = options
    }
}

/// One way to be authorised: **all** restrictions must hold, for a request of one of the delivery types. An option
/// without restrictions grants nothing; `open` must be said.
public struct AuthorizationOption: Sendable, Hashable, Codable {
    /// Unique within the policy; named in the audit log.
    public var name: String
    public var delivery: Set<KeyDeliveryType>
    public var restrictions: [Restriction]

    public init(name: String, delivery: Set<KeyDeliveryType>, restrictions: [Restriction]) {
        self.name = name
        self.delivery = delivery
        self.restrictions = restrictions
    }

    private enum CodingKeys: String, CodingKey {
        case name, delivery, restrictions
    }

    /// Written in a fixed order, so that equal policies have equal documents.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(delivery.sorted { $0.rawValue < $1.rawValue }, forKey: .delivery)
        try container.encode(restrictions, forKey: .restrictions)
    }
}
