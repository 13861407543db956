import Catalog
import ContentKeys
import Foundation

/// What is told of a content key: everything but its bytes.
struct KeyReport: Encodable {
    var keyId: String
    var name: String?
    var type: String
    var authorizationPolicy: String?
    var enabled: Bool
    var kekVersion: Int
    var created: Date

    init(_ record: ContentKeyRecord) {
        keyId = record.keyID.description
        name = record.name
        type = record.type.rawValue
        authorizationPolicy = record.authorizationPolicy
        enabled = record.isEnabled
        kekVersion = record.wrapped.kek.rawValue
        created = record.created
    }

    static let heading = ["KEY ID", "TYPE", "NAME", "AUTHORIZATION POLICY", "STATE", "CREATED"]

    var row: [String] {
        [
            keyId, type, name ?? "-", authorizationPolicy ?? "-", enabled ? "enabled" : "disabled", created.rfc3339,
        ]
    }
}
