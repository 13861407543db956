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
    @Exact public var name: String
    public var options: [AuthorizationOption]
    /// Out of force, the policy grants nothing.
    public var availability: Availability

    public init(name: String, options: [AuthorizationOption], availability: Availability = .always) {
        self.name = name
        self.options = options
        self.availability = availability
    }

    private enum CodingKeys: String, CodingKey {
        case name, options, availability
    }

    /// A policy that was written before there were times is always in force.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        options = try container.decode([AuthorizationOption].self, forKey: .options)
        availability = try container.decodeIfPresent(Availability.self, forKey: .availability) ?? .always
    }
}

/// One way to be authorised: **all** restrictions must hold, for a request of one of the delivery types. An option
/// without restrictions grants nothing; `open` must be said.
public struct AuthorizationOption: Sendable, Hashable, Codable {
    /// Unique within the policy; named in the audit log.
    @Exact public var name: String
    public var delivery: Set<KeyDeliveryType>
    public var restrictions: [Restriction]
    /// Out of force, the option grants nothing; the others are not touched.
    public var availability: Availability

    public init(
        name: String, delivery: Set<KeyDeliveryType>, restrictions: [Restriction],
        availability: Availability = .always
    ) {
        self.name = name
        self.delivery = delivery
        self.restrictions = restrictions
        self.availability = availability
    }

    private enum CodingKeys: String, CodingKey {
        case name, delivery, restrictions, availability
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        delivery = try container.decode(Set<KeyDeliveryType>.self, forKey: .delivery)
        restrictions = try container.decode([Restriction].self, forKey: .restrictions)
        availability = try container.decodeIfPresent(Availability.self, forKey: .availability) ?? .always
    }

    /// Written in a fixed order, so that equal policies have equal documents.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(delivery.sorted { $0.rawValue < $1.rawValue }, forKey: .delivery)
        try container.encode(restrictions, forKey: .restrictions)
        if availability != .always { try container.encode(availability, forKey: .availability) }
    }
}
