/// The version of a key-encryption key (KEK). Versions count from 1.
public struct KEKVersion: RawRepresentable, Hashable, Sendable, Codable, Comparable {
    public let rawValue: Int

    public init(rawValue: Int) {
        self.rawValue = rawValue
    }

    public static func < (left: KEKVersion, right: KEKVersion) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// Where a KEK version is held.
public enum KEKProviderKind: String, Hashable, Sendable, Codable, CaseIterable {
    /// 32 bytes in a file of mode 0600.
    case file
    /// The environment of every process that uses it.
    case environment
    /// Encrypted by the transit engine of OpenBao or Vault, which decrypts it at start.
    case transit
}

/// A content key as it is stored: encrypted under a KEK, bound to its KID and type; or nothing but the wrapped seed that
/// it derives from. Knows nothing of the clear bytes.
public struct WrappedContentKey: Hashable, Sendable, Codable {
    public let keyID: KeyID
    public let type: ContentKeyType
    /// The KEK that it, or its seed, is wrapped under.
    public let kek: KEKVersion
    /// Nonce, ciphertext and tag, as the wrapping target writes them; empty for a derived key.
    public let ciphertext: [UInt8]
    /// The seed of a derived key; nil for a key that has bytes of its own.
    public let seed: WrappedKeySeed?

    public init(keyID: KeyID, type: ContentKeyType, kek: KEKVersion, ciphertext: [UInt8]) {
        self.keyID = keyID
        self.type = type
        self.kek = kek
        self.ciphertext = ciphertext
        seed = nil
    }

    /// The key that a seed gives a KID. It has the seed's type.
    public init(keyID: KeyID, derivedFrom seed: WrappedKeySeed) {
        self.keyID = keyID
        type = seed.type
        kek = seed.kek
        ciphertext = []
        self.seed = seed
    }
}
