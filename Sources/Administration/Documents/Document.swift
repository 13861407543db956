public import Catalog
public import ContentKeys
public import Foundation
public import Policies

/// What a declarative document declares.
public enum Document: Sendable, Hashable, Codable {
    case authorizationPolicy(AuthorizationPolicy)
    case deliveryPolicy(DeliveryPolicy)
    case accessPolicy(AccessPolicy)
    case filter(PresentationFilter)
    case streamingEndpoint(StreamingEndpointDeclaration)
    case notificationEndpoint(NotificationEndpoint)
    case transform(Transform)
    case ingestRules(IngestRules)
    case contentKey(ContentKeyDeclaration)

    /// The text of `kind`.
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        case authorizationPolicy = "AuthorizationPolicy"
        case deliveryPolicy = "DeliveryPolicy"
        case accessPolicy = "AccessPolicy"
        case filter = "Filter"
        case streamingEndpoint = "StreamingEndpoint"
        case notificationEndpoint = "NotificationEndpoint"
        case transform = "Transform"
        case ingestRules = "IngestRules"
        case contentKey = "ContentKey"
    }

    public var kind: Kind {
        switch self {
        case .authorizationPolicy: .authorizationPolicy
        case .deliveryPolicy: .deliveryPolicy
        case .accessPolicy: .accessPolicy
        case .filter: .filter
        case .streamingEndpoint: .streamingEndpoint
        case .notificationEndpoint: .notificationEndpoint
        case .transform: .transform
        case .ingestRules: .ingestRules
        case .contentKey: .contentKey
        }
    }

    /// Unique per kind.
    public var name: String {
        switch self {
        case .authorizationPolicy(let policy): policy.name
        case .deliveryPolicy(let policy): policy.name
        case .accessPolicy(let policy): policy.name
        case .filter(let filter): filter.identity
        case .streamingEndpoint(let declaration): declaration.endpoint.name
        case .notificationEndpoint(let endpoint): endpoint.name
        case .transform(let transform): transform.name
        case .ingestRules(let rules): rules.name
        case .contentKey(let key): key.name
        }
    }
}

/// A content key that shall exist. Its bytes are never in a document: they are random, and made when it is applied.
public struct ContentKeyDeclaration: Sendable, Hashable, Codable {
    public var name: String
    public var type: ContentKeyType
    /// Nil lets the first application choose.
    public var keyID: KeyID?
    /// Nil denies every disclosure.
    public var authorizationPolicy: String?
    /// From when on the key may be delivered; nil for always.
    public var notBefore: Date?
    /// Until when; nil for ever.
    public var notAfter: Date?
    /// Nil leaves the key as it is, so that a key that was disabled in haste stays so.
    public var isEnabled: Bool?
    public var label: KeyLabel?

    public init(
        name: String, type: ContentKeyType, keyID: KeyID?, authorizationPolicy: String?, notBefore: Date? = nil,
        notAfter: Date? = nil, isEnabled: Bool? = nil, label: KeyLabel? = nil
    ) {
        self.name = name
        self.type = type
        self.keyID = keyID
        self.authorizationPolicy = authorizationPolicy
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.isEnabled = isEnabled
        self.label = label
    }
}

/// A document, where it stands, and what it refers to.
public struct LocatedDocument: Sendable, Hashable, Codable {
    public var document: Document
    public var position: SourcePosition
    public var references: [DocumentReference]

    public init(_ document: Document, at position: SourcePosition, references: [DocumentReference] = []) {
        self.document = document
        self.position = position
        self.references = references
    }
}

/// A name in a document that something else must bear.
public struct DocumentReference: Sendable, Hashable, Codable {
    public enum Target: String, Sendable, Hashable, Codable {
        case authorizationPolicy
        case deliveryPolicy
        case accessPolicy
        case notificationEndpoint
        case secret
    }

    public var target: Target
    public var name: String
    public var position: SourcePosition

    public init(_ target: Target, _ name: String, at position: SourcePosition) {
        self.target = target
        self.name = name
        self.position = position
    }
}
