public import Catalog
import ContentKeys
public import Foundation

/// What is told of a content key: everything but its bytes.
public struct KeyReport: Codable, Sendable, Hashable {
    public var keyId: String
    public var name: String?
    public var type: String
    public var authorizationPolicy: String?
    public var enabled: Bool
    public var kekVersion: Int
    public var created: Date

    public init(_ record: ContentKeyRecord) {
        keyId = record.keyID.description
        name = record.name
        type = record.type.rawValue
        authorizationPolicy = record.authorizationPolicy
        enabled = record.isEnabled
        kekVersion = record.wrapped.kek.rawValue
        created = record.created
    }
}
