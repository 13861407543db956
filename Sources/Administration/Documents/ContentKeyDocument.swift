import ContentKeys
import Foundation
import Policies

/// `kind: ContentKey`: a key that shall exist, and who may receive it.
extension DocumentNode {
    func contentKey(_ references: inout [DocumentReference]) -> ContentKeyDeclaration? {
        let known = [
            "kind", "name", "type", "kid", "authorizationPolicy", "notBefore", "notAfter", "enabled", "label",
        ]
        guard let fields = DocumentFields(self, of: "a ContentKey", known: known) else { return nil }
        let name = fields.required("name")?.name("name")
        let type = fields.required("type")?.choice(ContentKeyType.self, "type")
        let keyID = fields["kid"]?.keyID("kid")
        var policy: String?
        if let node = fields["authorizationPolicy"], let text = node.name("authorizationPolicy") {
            policy = text
            references.append(DocumentReference(.authorizationPolicy, text, at: node.position))
            if type == .storage {
                node.report("a key of type 'storage' is never delivered: it takes no 'authorizationPolicy'")
            }
        }
        let notBefore = fields["notBefore"]?.time("notBefore")
        let notAfter = fields["notAfter"]?.time("notAfter")
        if let notBefore, let notAfter, notBefore >= notAfter {
            fields["notAfter"]?.report("'notAfter' lies before 'notBefore': the key would be valid for no time")
        }
        let isEnabled = fields["enabled"]?.flag("enabled")
        let label = fields["label"]?.choice(KeyLabel.self, "label")
        guard let name, let type else { return nil }
        return ContentKeyDeclaration(
            name: name, type: type, keyID: keyID, authorizationPolicy: policy, notBefore: notBefore,
            notAfter: notAfter, isEnabled: isEnabled, label: label)
    }

    private func keyID(_ field: String) -> KeyID? {
        guard let text = scalarText, let keyID = KeyID(text), keyID.bytes.contains(where: { $0 != 0 }) else {
            report("'\(field)' is a UUID: 32 hexadecimal digits, dashed 8-4-4-4-12 or not, and not all zero")
            return nil
        }
        return keyID
    }
}
