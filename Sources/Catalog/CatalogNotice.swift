/// A kind of record that the log of changes tells of.
public enum CatalogSubject: String, Sendable, Hashable, CaseIterable {
    /// The id is the KID in hexadecimal digits.
    case contentKey
    case authorizationPolicy
    case secret
    case keySeed
    /// The id is the locator's.
    case locator
    case deliveryPolicy
    case accessPolicy
    case asset
    case revocation
    case streamingEndpoint
    /// An origin that runs alone was enrolled or revoked.
    case origin
}

/// Something was made, changed or deleted.
public struct CatalogNotice: Sendable, Hashable {
    public var subject: CatalogSubject
    /// The record's name or id.
    public var id: String

    public init(_ subject: CatalogSubject, id: String) {
        self.subject = subject
        self.id = id
    }
}

/// What was changed since a place in the log of changes. The log is short: whoever was away for too long must forget
/// everything that it keeps.
public struct CatalogNotices: Sendable, Hashable {
    /// The newest place.
    public var sequence: Int64
    /// Nil when the log no longer reaches back to the place that was asked for.
    public var notices: [CatalogNotice]?

    public init(sequence: Int64, notices: [CatalogNotice]?) {
        self.sequence = sequence
        self.notices = notices
    }
}
