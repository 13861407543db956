public import ContentKeys

/// The protocols that a delivery policy can name.
public enum StreamingProtocol: String, Sendable, Hashable, Codable, CaseIterable {
    case hls
    case dash
    case smooth
    case progressive
}

/// How media leaves the origin.
public enum DeliveryEncryption: String, Sendable, Hashable, Codable, CaseIterable {
    /// In the clear: only when a policy says so.
    case none
    /// Whole segments under AES-128-CBC.
    case envelope
    case cenc
    case cbcs
    /// Not at all.
    case blocked

    /// The type of content key that it needs; nil for `none` and `blocked`.
    public var keyType: ContentKeyType? {
        switch self {
        case .none, .blocked: nil
        case .envelope: .envelope
        case .cenc: .common
        case .cbcs: .commonCbcs
        }
    }
}

/// How an asset may leave the origin: protocols × encryption × key acquisition.
public struct DeliveryPolicy: Sendable, Hashable, Codable {
    /// Unique among delivery policies.
    public var name: String
    public var protocols: Set<StreamingProtocol>
    public var encryption: DeliveryEncryption
    /// Which tracks share a key, by label; empty for one key for all.
    public var keyLabels: Set<KeyLabel>
    /// Where players ask for keys, with `{kid}` in place of the KID; nil for this service's own endpoint.
    public var keyAcquisitionURL: String?

    public init(
        name: String, protocols: Set<StreamingProtocol>, encryption: DeliveryEncryption,
        keyLabels: Set<KeyLabel> = [], keyAcquisitionURL: String? = nil
    ) {
        self.name = name
        self.protocols = protocols
        self.encryption = encryption
        self.keyLabels = keyLabels
        self.keyAcquisitionURL = keyAcquisitionURL
    }

    private enum CodingKeys: String, CodingKey {
        case name, protocols, encryption, keyLabels, keyAcquisitionURL
    }

    /// Written in a fixed order, so that equal policies have equal documents.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(protocols.sorted { $0.rawValue < $1.rawValue }, forKey: .protocols)
        try container.encode(encryption, forKey: .encryption)
        try container.encode(keyLabels.sorted { $0.rawValue < $1.rawValue }, forKey: .keyLabels)
        try container.encodeIfPresent(keyAcquisitionURL, forKey: .keyAcquisitionURL)
    }
}
