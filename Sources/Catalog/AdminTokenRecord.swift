public import Foundation

/// What the holder of an admin token may do. Each role may do all that the one before it may.
public enum AdminRole: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
    /// Sees everything but secrets: keys without bytes, policies, assets, locators, the audit log.
    case reader
    /// Changes policies, publishes assets, closes locators.
    case `operator`
    /// Makes and deletes keys, sets secrets, gives out admin tokens.
    case keyAdmin = "key-admin"

    private var rank: Int {
        switch self {
        case .reader: 0
        case .operator: 1
        case .keyAdmin: 2
        }
    }

    public static func < (left: AdminRole, right: AdminRole) -> Bool {
        left.rank < right.rank
    }
}

/// An admin token as the catalog holds it: its hash. The token itself is shown once, when it is made.
public struct AdminTokenRecord: Sendable, Hashable {
    /// Unique, also among revoked ones: it names who acted in the audit log.
    public var name: String
    public var role: AdminRole
    /// SHA-256 of the token. The token has 256 random bits, so a plain hash tells nothing of it.
    public var hash: [UInt8]
    public var created: Date
    /// Nil for a token that does not expire.
    public var expires: Date?
    /// When it was revoked; nil while it is not.
    public var revoked: Date?

    public init(
        name: String, role: AdminRole, hash: [UInt8], created: Date, expires: Date? = nil, revoked: Date? = nil
    ) {
        self.name = name
        self.role = role
        self.hash = hash
        self.created = created
        self.expires = expires
        self.revoked = revoked
    }

    /// Whether the token opens anything at a time.
    public func isValid(at now: Date) -> Bool {
        revoked == nil && expires.map { now < $0 } ?? true
    }
}
