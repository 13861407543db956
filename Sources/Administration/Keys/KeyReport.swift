public import Catalog
import ContentKeys
public import Foundation
import Policies

/// What is told of a content key: everything but its bytes.
public struct KeyReport: Sendable, Hashable, Codable {
    public var keyId: String
    public var name: String?
    public var type: String
    public var label: String?
    public var authorizationPolicy: String?
    /// `enabled`, `disabled` or `pendingDeletion`.
    public var state: String
    public var enabled: Bool
    public var notBefore: Date?
    public var notAfter: Date?
    /// When a key that is pending deletion will be removed.
    public var deletion: Date?
    /// The PlayReady checksum in base64; nil for an old key that was not opened since.
    public var checksum: String?
    /// The seed that the key derives from; nil when it has bytes of its own.
    public var seed: String?
    /// The key that took this one's place for newer asset versions.
    public var supersededBy: String?
    /// The KEK that the key, or its seed, is wrapped under.
    public var kekVersion: Int
    public var created: Date

    public init(_ record: ContentKeyRecord) {
        keyId = record.keyID.description
        name = record.name
        type = record.type.rawValue
        label = record.label?.rawValue
        authorizationPolicy = record.authorizationPolicy
        state = record.state.rawValue
        enabled = record.state == .enabled
        notBefore = record.notBefore
        notAfter = record.notAfter
        deletion = record.deletion
        checksum = record.checksum?.base64
        seed = record.seed
        supersededBy = record.supersededBy?.description
        kekVersion = record.wrapped.kek.rawValue
        created = record.created
    }
}

/// One page of a listing of keys.
public struct KeyPageReport: Sendable, Hashable, Codable {
    public var keys: [KeyReport]
    /// What the next page starts after; absent on the last one.
    public var next: String?

    public init(keys: [KeyReport], next: String?) {
        self.keys = keys
        self.next = next
    }

    init(_ page: KeyPage) {
        keys = page.keys.map(KeyReport.init)
        next = page.next
    }
}

/// What is told of a key seed: everything but its bytes.
public struct KeySeedReport: Sendable, Hashable, Codable {
    public var name: String
    public var type: String
    public var authorizationPolicy: String?
    public var kekVersion: Int
    public var created: Date

    init(_ record: KeySeedRecord) {
        name = record.name
        type = record.type.rawValue
        authorizationPolicy = record.authorizationPolicy
        kekVersion = record.wrapped.kek.rawValue
        created = record.created
    }
}

/// A key that took another's place.
public struct KeyRotationReport: Sendable, Hashable, Codable {
    /// Where a key encrypts from now on.
    public struct Place: Sendable, Hashable, Codable {
        public var asset: String
        public var encryption: String
        public var label: String
        /// The first asset version that the new key encrypts.
        public var sinceVersion: Int
        /// The crypto period, counted from 0; nil for the first.
        public var period: Int?
    }

    public var oldKeyId: String
    public var newKeyId: String
    /// Empty for a key that no asset uses.
    public var places: [Place]
}

/// A content key on its way out.
public struct KeyExportReport: Sendable, Hashable, Codable {
    public var kid: String
    public var type: String
    /// `RSA-OAEP-256` (RFC 7518, 4.3), or `none` for a key in the clear.
    public var algorithm: String
    /// SHA-256 of the recipient's SubjectPublicKeyInfo, in hexadecimal digits.
    public var recipient: String?
    /// Base64.
    public var ciphertext: String?
    /// The key itself in base64, only when it was asked for in the clear.
    public var key: String?
    /// The PlayReady checksum, by which the other side sees that it has read the key well.
    public var checksum: String
}
