import ContentKeys
import Foundation
import Policies

/// The words of key verbs as values.
enum KeyWords {
    static func type(_ word: String?) throws -> ContentKeyType {
        guard let type = word.flatMap(ContentKeyType.init(rawValue:)), type.isDeliverable else {
            throw OperatorError(
                .invalid, "the type must be common, common-cbcs or envelope, not \((word ?? "none").quoted)")
        }
        return type
    }

    /// An encryption that has content keys.
    static func encryption(_ word: String) throws -> DeliveryEncryption {
        guard let encryption = DeliveryEncryption(rawValue: word), encryption.keyType != nil else {
            throw OperatorError(.invalid, "the encryption must be cenc, cbcs or envelope, not \(word.quoted)")
        }
        return encryption
    }

    static func keyID(_ text: String) throws -> KeyID {
        guard let keyID = KeyID(text) else {
            throw OperatorError(.invalid, "the key's id is not a UUID: \(text.quoted)")
        }
        return keyID
    }

    static func label(_ word: String) throws -> KeyLabel {
        guard let label = KeyLabel(rawValue: word) else {
            throw OperatorError(
                .invalid, "the label must be one of \(KeyLabel.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return label
    }

    static func properties(
        keyId: String?, name: String?, authorizationPolicy: String?, label: String?, notBefore: Date?, notAfter: Date?
    ) throws -> KeyProperties {
        KeyProperties(
            keyID: try keyId.map(keyID), name: name, authorizationPolicy: authorizationPolicy,
            label: try label.map(self.label), notBefore: notBefore, notAfter: notAfter)
    }
}
