import Catalog
import ContentKeys
import Foundation

/// Makes a random content key, wrapped under the KEK.
public struct CreateKey: OperatorVerb {
    /// `common`, `common-cbcs` or `envelope`.
    public var type: String
    public var name: String?
    /// Generated when absent.
    public var keyId: String?
    /// Without one nobody receives the key.
    public var authorizationPolicy: String?

    public init(type: String, name: String?, keyId: String?, authorizationPolicy: String?) {
        self.type = type
        self.name = name
        self.keyId = keyId
        self.authorizationPolicy = authorizationPolicy
    }

    public func run(in context: OperatorContext) async throws -> KeyReport {
        guard let type = ContentKeyType(rawValue: type), type.isDeliverable else {
            throw OperatorError(.invalid, "the type must be common, common-cbcs or envelope, not \(type.quoted)")
        }
        if let name, !AssetRecord.isName(name) {
            throw OperatorError(.invalid, "\(name.quoted) is not a name: letters, digits, '.', '_', '-', at most 128")
        }
        var record = try await context.makeKey(type, try keyID(), name)
        record.authorizationPolicy = authorizationPolicy
        var event = context.event(.keyCreated, detail: name)
        event.keyID = record.keyID
        event.policy = authorizationPolicy
        try await context.catalog.apply([.insertContentKey(record), .audit(event)])
        return KeyReport(record)
    }

    private func keyID() throws -> KeyID {
        guard let keyId else { return .random() }
        guard let keyID = KeyID(keyId), keyID.bytes.contains(where: { $0 != 0 }) else {
            throw OperatorError(.invalid, "the key's id is not a UUID, or all zero: \(keyId.quoted)")
        }
        return keyID
    }
}
