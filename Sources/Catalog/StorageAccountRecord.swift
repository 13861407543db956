public import Foundation

/// A storage account that was set up.
public struct StorageAccountRecord: Sendable, Hashable {
    public var name: String
    /// A UUID that is also written where its media is: another disk in its place is told apart.
    public var identity: String
    public var created: Date

    public init(name: String, identity: String, created: Date) {
        self.name = name
        self.identity = identity
        self.created = created
    }
}

/// What lies in a storage account.
public struct StorageAccountUse: Sendable, Hashable {
    /// Nil for the default account.
    public var account: String?
    public var versions: Int
    public var originals: Int
    /// In bytes, of media.
    public var size: UInt64

    public init(account: String?, versions: Int = 0, originals: Int = 0, size: UInt64 = 0) {
        self.account = account
        self.versions = versions
        self.originals = originals
        self.size = size
    }
}
