public import ContentKeys
public import Policies

/// What exports give: things of Keyway, and findings about whatever they are not the same in.
public struct ImportedItems: Sendable {
    public var secrets: [ImportedSecret] = []
    public var authorizationPolicies: [AuthorizationPolicy] = []
    public var deliveryPolicies: [DeliveryPolicy] = []
    public var keys: [ImportedKey] = []
    public var findings: [ImportFinding] = []

    public init() {}

    /// What stands in the way of importing anything.
    public var errors: [ImportFinding] { findings.filter { $0.outcome == .error } }
}

/// A key that verifies tokens and is a secret.
public struct ImportedSecret: Sendable {
    public var name: String
    public var value: ZeroedBytes

    public init(name: String, value: ZeroedBytes) {
        self.name = name
        self.value = value
    }
}

/// A content key with its value.
public struct ImportedKey: Sendable {
    public var keyID: KeyID
    public var key: ContentKey
    /// Nil for a key that had none.
    public var name: String?
    /// Names that its authorization policy may have here: the first that is made of the same exports, and that gives no
    /// keys in the clear that Azure Media Services did not give. Empty for a key that had no policy.
    public var policies: [String]
    /// What the export says that the key's checksum is.
    public var checksum: KeyChecksum?
    public var place: ExportPlace

    public init(
        keyID: KeyID, key: ContentKey, name: String?, policies: [String], checksum: KeyChecksum?, place: ExportPlace
    ) {
        self.keyID = keyID
        self.key = key
        self.name = name
        self.policies = policies
        self.checksum = checksum
        self.place = place
    }

    /// Whether the key may stand under a policy. A ClearKey option of Azure Media Services gave keys of envelope
    /// encryption only, while `aes` and `clearkey` here also give those of `cenc` and `cbcs`.
    public func mayStand(under policy: AuthorizationPolicy) -> Bool {
        key.type == .envelope || policy.options.allSatisfy { $0.delivery.isDisjoint(with: [.aes, .clearkey]) }
    }
}
