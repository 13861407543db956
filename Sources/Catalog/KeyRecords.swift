public import ContentKeys
public import Foundation
public import Policies

/// A content key as the catalog holds it: wrapped, or derived from a wrapped seed.
public struct ContentKeyRecord: Sendable, Hashable {
    public var wrapped: WrappedContentKey
    /// Unique among named keys; nil for keys that a publication or an asset made for itself.
    @Exact public var name: String?
    /// The authorization policy by name; nil denies every disclosure.
    @Exact public var authorizationPolicy: String?
    /// What the operator said; a key that waits for its deletion is not usable either way: see `state`.
    public var isEnabled: Bool
    public var created: Date
    /// From when on the key may be delivered; nil for always.
    public var notBefore: Date?
    /// Until when, this instant excluded; nil for ever.
    public var notAfter: Date?
    /// When the key will be removed; nil while nobody asked for it.
    public var deletion: Date?
    /// Nil for a key that was stored before checksums were, until it is next opened for one.
    public var checksum: KeyChecksum?
    /// Which tracks the key is for, for the operator to search by.
    public var label: KeyLabel?
    /// The key that took this one's place for newer versions.
    public var supersededBy: KeyID?
    /// Whether the catalog has a row for the key; false for one that a seed recognised by its KID alone.
    public var isStored: Bool
    /// Whether its bytes were drawn at random for this record, so that nothing was ever encrypted under them. Not kept.
    public var isNew: Bool

    public init(
        wrapped: WrappedContentKey, name: String?, authorizationPolicy: String?, isEnabled: Bool = true,
        created: Date, notBefore: Date? = nil, notAfter: Date? = nil, deletion: Date? = nil,
        checksum: KeyChecksum? = nil, label: KeyLabel? = nil, supersededBy: KeyID? = nil, isStored: Bool = true,
        isNew: Bool = false
    ) {
        self.wrapped = wrapped
        self.name = name
        self.authorizationPolicy = authorizationPolicy
        self.isEnabled = isEnabled
        self.created = created
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.deletion = deletion
        self.checksum = checksum
        self.label = label
        self.supersededBy = supersededBy
        self.isStored = isStored
        self.isNew = isNew
    }

    public var keyID: KeyID { wrapped.keyID }
    public var type: ContentKeyType { wrapped.type }
    /// The name of the seed that the key derives from; nil for a key with bytes of its own.
    public var seed: String? { wrapped.seed?.name }

    public var state: ContentKeyState {
        deletion != nil ? .pendingDeletion : isEnabled ? .enabled : .disabled
    }

    /// What the evaluator must know.
    public var facts: KeyFacts {
        KeyFacts(
            keyID: keyID, type: type, isEnabled: state == .enabled, notBefore: notBefore, notAfter: notAfter)
    }
}

/// One change of a stored content key. What is not here never changes: a key's KID, type and bytes.
public enum ContentKeyChange: Sendable, Hashable {
    case setEnabled(Bool)
    case setValidity(notBefore: Date?, notAfter: Date?)
    case setLabel(KeyLabel?)
    case setName(String?)
    /// When the key will be removed; nil restores it.
    case setDeletion(Date?)
    case setSupersededBy(KeyID)
    case setChecksum(KeyChecksum)
}

/// A key seed as the catalog holds it. The keys that it gives have its policy unless they have rows of their own.
public struct KeySeedRecord: Sendable, Hashable {
    /// Most seeds in one catalog: a KID without a row is held against each.
    public static let maximumCount = 256

    public var wrapped: WrappedKeySeed
    @Exact public var authorizationPolicy: String?
    public var created: Date

    public init(wrapped: WrappedKeySeed, authorizationPolicy: String?, created: Date) {
        self.wrapped = wrapped
        self.authorizationPolicy = authorizationPolicy
        self.created = created
    }

    public var name: String { wrapped.name }
    public var type: ContentKeyType { wrapped.type }

    /// The key that the seed gives a KID.
    public func key(_ keyID: KeyID, isStored: Bool = false) -> ContentKeyRecord {
        ContentKeyRecord(
            wrapped: WrappedContentKey(keyID: keyID, derivedFrom: wrapped), name: nil,
            authorizationPolicy: authorizationPolicy, created: created, isStored: isStored)
    }
}

/// Which key encrypts the tracks of a label, of one asset, under one encryption, in one crypto period, from an asset version
/// on.
public struct KeyAssignment: Sendable, Hashable {
    public var asset: String
    public var encryption: DeliveryEncryption
    public var label: KeyLabel
    public var keyID: KeyID
    /// The first asset version that the key encrypts; it does so until a later assignment of the same place.
    public var sinceVersion: Int
    /// Counted from 0: the only one of assets whose keys last from the start to the end.
    public var period: Int

    public init(
        asset: String, encryption: DeliveryEncryption, label: KeyLabel, keyID: KeyID, sinceVersion: Int = 1,
        period: Int = 0
    ) {
        self.asset = asset
        self.encryption = encryption
        self.label = label
        self.keyID = keyID
        self.sinceVersion = sinceVersion
        self.period = period
    }
}

extension Sequence<KeyAssignment> {
    /// The assignments of one asset that hold for a version: a version keeps its keys when later ones get others.
    public func inForce(at version: Int) -> [KeyAssignment] {
        var latest: [KeyAssignment] = []
        // An asset can have thousands.
        var places: [KeyAssignment.Place: Int] = [:]
        for assignment in self where assignment.sinceVersion <= version {
            if let held = places[assignment.place] {
                if latest[held].sinceVersion < assignment.sinceVersion { latest[held] = assignment }
            } else {
                places[assignment.place] = latest.count
                latest.append(assignment)
            }
        }
        return latest
    }
}

extension KeyAssignment {
    fileprivate struct Place: Hashable {
        var asset: String
        var encryption: DeliveryEncryption
        var label: KeyLabel
        var period: Int
    }

    fileprivate var place: Place { Place(asset: asset, encryption: encryption, label: label, period: period) }
}

/// What needs a key, so that it cannot be removed.
public struct KeyUses: Sendable, Hashable {
    /// Of assets, all versions.
    public var assignments: [KeyAssignment]
    /// The asset whose files are encrypted under it.
    public var storageOf: String?

    public init(assignments: [KeyAssignment], storageOf: String?) {
        self.assignments = assignments
        self.storageOf = storageOf
    }

    public var isEmpty: Bool { assignments.isEmpty && storageOf == nil }
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
    @Exact public var name: String
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
