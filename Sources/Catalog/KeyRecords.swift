public import ContentKeys
public import Foundation
public import Policies

/// A content key as the catalog holds it: wrapped.
public struct ContentKeyRecord: Sendable, Hashable {
    public var wrapped: WrappedContentKey
    /// Unique among named keys; nil for keys that a publication or an asset made for itself.
    public var name: String?
    /// The authorization policy by name; nil denies every disclosure.
    public var authorizationPolicy: String?
    public var isEnabled: Bool
    public var created: Date

    public init(
        wrapped: WrappedContentKey, name: String?, authorizationPolicy: String?, isEnabled: Bool = true,
        created: Date
    ) {
        self.wrapped = wrapped
        self.name = name
        self.authorizationPolicy = authorizationPolicy
        self.isEnabled = isEnabled
        self.created = created
    }

    public var keyID: KeyID { wrapped.keyID }
    public var type: ContentKeyType { wrapped.type }
}

/// Which key encrypts the tracks of a label, of one asset, under one encryption.
public struct KeyAssignment: Sendable, Hashable {
    public var asset: String
    public var encryption: DeliveryEncryption
    public var label: KeyLabel
    public var keyID: KeyID

    public init(asset: String, encryption: DeliveryEncryption, label: KeyLabel, keyID: KeyID) {
        self.asset = asset
        self.encryption = encryption
        self.label = label
        self.keyID = keyID
    }
}

/// A number that names one (asset version, track, crypto period) under one key and nothing else under that key: the
/// upper 32 bits of CENC IVs, and the root of every CBC starting IV.
public struct IVAllocation: Sendable, Hashable {
    public var keyID: KeyID
    public var number: UInt32
    public var asset: String
    public var version: Int
    public var track: String
    public var period: Int

    public init(keyID: KeyID, number: UInt32, asset: String, version: Int, track: String, period: Int = 0) {
        self.keyID = keyID
        self.number = number
        self.asset = asset
        self.version = version
        self.track = track
        self.period = period
    }
}

/// A named secret as the catalog holds it: wrapped under a KEK, bound to its name.
public struct SecretRecord: Sendable, Hashable {
    public var name: String
    public var kek: KEKVersion
    public var ciphertext: [UInt8]
    public var created: Date

    public init(name: String, kek: KEKVersion, ciphertext: [UInt8], created: Date) {
        self.name = name
        self.kek = kek
        self.ciphertext = ciphertext
        self.created = created
    }
}

/// A page of a listing.
public struct Page: Sendable, Hashable {
    /// The last name or KID of the page before; nil for the first page.
    public var after: String?
    /// At most this many.
    public var limit: Int

    public init(after: String? = nil, limit: Int = 100) {
        self.after = after
        self.limit = limit
    }
}
