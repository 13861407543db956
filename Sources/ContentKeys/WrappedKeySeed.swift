/// A key seed as it is stored: the secret from which the keys of any number of KIDs are derived by PlayReady's key-seed
/// algorithm, encrypted under a KEK and bound to its name and type. A seed serves keys of one type only.
public struct WrappedKeySeed: Hashable, Sendable, Codable {
    /// What the algorithm uses of a seed, in bytes: a seed has these or more.
    public static let derivingSize = 30
    /// The longest seed that is taken, in bytes.
    public static let maximumSize = 64

    public let name: String
    public let type: ContentKeyType
    /// The KEK that it is wrapped under.
    public let kek: KEKVersion
    /// Nonce, ciphertext and tag, as the wrapping target writes them.
    public let ciphertext: [UInt8]

    public init(name: String, type: ContentKeyType, kek: KEKVersion, ciphertext: [UInt8]) {
        self.name = name
        self.type = type
        self.kek = kek
        self.ciphertext = ciphertext
    }
}
