public import ContentKeys
public import Foundation
public import Policies

/// Which content keys a listing shows. Everything that is given must hold.
public struct KeyQuery: Sendable, Hashable {
    /// How many keys one page looks at, whether they match or not: so no page takes long, however rare the matches are.
    public static let maximumExamined = 20_000

    /// What the key's name starts with; such a listing is in order of name.
    public var namePrefix: String?
    public var type: ContentKeyType?
    public var authorizationPolicy: String?
    public var state: ContentKeyState?
    public var label: KeyLabel?
    /// With any of the two, a listing without a name is in order of creation.
    public var createdFrom: Date?
    /// This instant excluded.
    public var createdBefore: Date?
    /// `KeyPage.next` of the page before; nil for the first one. In a listing by KID, any KID will do.
    public var after: String?
    /// At most this many.
    public var limit: Int

    public init(
        namePrefix: String? = nil, type: ContentKeyType? = nil, authorizationPolicy: String? = nil,
        state: ContentKeyState? = nil, label: KeyLabel? = nil, createdFrom: Date? = nil, createdBefore: Date? = nil,
        after: String? = nil, limit: Int = 100
    ) {
        self.namePrefix = namePrefix
        self.type = type
        self.authorizationPolicy = authorizationPolicy
        self.state = state
        self.label = label
        self.createdFrom = createdFrom
        self.createdBefore = createdBefore
        self.after = after
        self.limit = limit
    }
}

/// A page of keys. It can be short, even empty, although more pages follow: only `next` says that.
public struct KeyPage: Sendable, Hashable {
    public var keys: [ContentKeyRecord]
    /// What the next page starts after; nil when this is the last one.
    public var next: String?

    public init(keys: [ContentKeyRecord], next: String?) {
        self.keys = keys
        self.next = next
    }
}
