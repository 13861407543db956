public import ContentKeys
public import MediaModel

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

/// The protection systems that manifests and init segments can speak to.
public enum SignalledSystem: String, Sendable, Hashable, Codable, CaseIterable {
    /// W3C ClearKey, and players without a protection system, which fetch the key itself.
    case clearkey
    case widevine
    case playready
    case fairplay

    /// The encryptions that the system's players can read.
    public var readable: Set<DeliveryEncryption> {
        self == .fairplay ? [.cbcs] : [.cenc, .cbcs]
    }
}

/// Whether the origin writes tickets into key URIs for viewers who show a token with the playlist.
public enum KeyTicketRule: String, Sendable, Hashable, Codable, CaseIterable {
    case off
    case on
    /// Each ticket is good for the viewer's address only.
    case address
}

/// Which still pictures of a film leave the origin beside it. They leave in the clear: no player decrypts them.
public enum PictureRule: String, Sendable, Hashable, Codable, CaseIterable {
    case none
    /// The poster alone.
    case poster
    /// Poster and thumbnails.
    case all

    /// Whether pictures of a role may leave.
    public func allows(_ role: ImageFormat.Role) -> Bool {
        switch self {
        case .none: false
        case .poster: role == .poster
        case .all: true
        }
    }
}

/// How an asset may leave the origin: protocols × encryption × key acquisition.
public struct DeliveryPolicy: Sendable, Hashable, Codable {
    /// Unique among delivery policies.
    @Exact public var name: String
    public var protocols: Set<StreamingProtocol>
    public var encryption: DeliveryEncryption
    /// Which tracks share a key, by label; empty for one key for all.
    public var keyLabels: Set<KeyLabel>
    /// Which tracks leave in the clear although others are encrypted, by label.
    public var clearLabels: Set<KeyLabel>
    /// Where players ask for keys, with `{kid}` in place of the KID; nil for this service's own endpoint.
    @Exact public var keyAcquisitionURL: String?
    /// Nil for `on` where keys are asked for at this service, `off` elsewhere: see `ticketRule`.
    public var keyTickets: KeyTicketRule?
    /// Which systems are told how to come by the keys of `cenc` and `cbcs`.
    public var signalling: Set<SignalledSystem>
    /// What of the time is encrypted, and how long each key lasts.
    public var times: ProtectionTimes
    /// Nil for all where the film leaves in the clear, and none elsewhere: see `pictureRule`.
    public var pictures: PictureRule?

    /// What is signalled unless a policy says otherwise.
    public static let usualSignalling: Set<SignalledSystem> = [.clearkey]

    public init(
        name: String, protocols: Set<StreamingProtocol>, encryption: DeliveryEncryption,
        keyLabels: Set<KeyLabel> = [], clearLabels: Set<KeyLabel> = [], keyAcquisitionURL: String? = nil,
        keyTickets: KeyTicketRule? = nil, signalling: Set<SignalledSystem> = usualSignalling,
        times: ProtectionTimes = .whole, pictures: PictureRule? = nil
    ) {
        self.name = name
        self.protocols = protocols
        self.encryption = encryption
        self.keyLabels = keyLabels
        self.clearLabels = clearLabels
        self.keyAcquisitionURL = keyAcquisitionURL
        self.keyTickets = keyTickets
        self.signalling = signalling
        self.times = times
        self.pictures = pictures
    }

    private enum CodingKeys: String, CodingKey {
        case name, protocols, encryption, keyLabels, clearLabels, keyAcquisitionURL, keyTickets, signalling, times,
            pictures
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        protocols = try container.decode(Set<StreamingProtocol>.self, forKey: .protocols)
        encryption = try container.decode(DeliveryEncryption.self, forKey: .encryption)
        keyLabels = try container.decode(Set<KeyLabel>.self, forKey: .keyLabels)
        clearLabels = try container.decodeIfPresent(Set<KeyLabel>.self, forKey: .clearLabels) ?? []
        keyAcquisitionURL = try container.decodeIfPresent(String.self, forKey: .keyAcquisitionURL)
        keyTickets = try container.decodeIfPresent(KeyTicketRule.self, forKey: .keyTickets)
        // Records of before there was a choice have no such field.
        signalling =
            try container.decodeIfPresent(Set<SignalledSystem>.self, forKey: .signalling) ?? Self.usualSignalling
        times = try container.decodeIfPresent(ProtectionTimes.self, forKey: .times) ?? .whole
        pictures = try container.decodeIfPresent(PictureRule.self, forKey: .pictures)
    }

    /// Written in a fixed order, so that equal policies have equal documents.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(protocols.sorted { $0.rawValue < $1.rawValue }, forKey: .protocols)
        try container.encode(encryption, forKey: .encryption)
        try container.encode(keyLabels.sorted { $0.rawValue < $1.rawValue }, forKey: .keyLabels)
        if !clearLabels.isEmpty {
            try container.encode(clearLabels.sorted { $0.rawValue < $1.rawValue }, forKey: .clearLabels)
        }
        try container.encodeIfPresent(keyAcquisitionURL, forKey: .keyAcquisitionURL)
        try container.encodeIfPresent(keyTickets, forKey: .keyTickets)
        if signalling != Self.usualSignalling {
            try container.encode(signalling.sorted { $0.rawValue < $1.rawValue }, forKey: .signalling)
        }
        if times != .whole { try container.encode(times, forKey: .times) }
        try container.encodeIfPresent(pictures, forKey: .pictures)
    }
}

extension DeliveryPolicy {
    /// Another key service cannot read our tickets, unless the policy says that it is one of ours.
    public var ticketRule: KeyTicketRule { keyTickets ?? (keyAcquisitionURL == nil ? .on : .off) }

    /// The label of the key of a track: the narrowest that covers it. Nil where it has none: text and pictures, a track that
    /// leaves in the clear by name, and one that no label covers, which is not served.
    public func keyLabel(of track: TrackDescription) -> KeyLabel? {
        let label = KeyLabel.covering(track, among: labels)
        return label.flatMap { clearLabels.contains($0) ? nil : $0 }
    }

    /// Whether a track leaves in the clear although the policy encrypts.
    public func leavesClear(_ track: TrackDescription) -> Bool {
        guard encryption.keyType != nil, !clearLabels.isEmpty else { return false }
        return KeyLabel.covering(track, among: labels).map(clearLabels.contains) ?? false
    }

    private var labels: Set<KeyLabel> {
        clearLabels.isEmpty || !keyLabels.isEmpty ? keyLabels.union(clearLabels) : clearLabels.union([.all])
    }

    /// Thumbnails are pictures of the film: who protects it shows none of it, unless the policy says so.
    public var pictureRule: PictureRule {
        switch encryption {
        case .blocked: .none
        case .none: pictures ?? .all
        case .envelope, .cenc, .cbcs: pictures ?? .none
        }
    }
}
