import ContentKeys
import Foundation
import Policies
import Tokens

/// A content key as one export has it; several may tell of one key.
struct KeyDraft {
    /// How the export names the policy.
    enum PolicyReference: Hashable {
        case name(String)
        /// In lower case.
        case id(String)
    }

    var place: ExportPlace
    var keyID: KeyID
    /// Nil where the export does not say.
    var type: ContentKeyType?
    var value: ContentKeyValue?
    var name: String?
    var policy: PolicyReference?
    var checksum: KeyChecksum?
    /// Why there is no value.
    var whyNoValue = "its value was not exported"

    private static let locatorTypes: [String: ContentKeyType] = [
        "commonencryptioncenc": .common, "commonencryptioncbcs": .commonCbcs, "envelopeencryption": .envelope,
    ]

    static func isLocatorKey(_ object: ExportObject) -> Bool {
        guard let type = object.peek("type")?.text?.lowercased(), object.has("id") else { return false }
        return locatorTypes[type] != nil
    }

    static func locatorType(_ text: String?) -> ContentKeyType? {
        text.flatMap { locatorTypes[$0.lowercased()] }
    }

    /// Types of the second API that are content keys of players; nil for others.
    static func type(_ text: String?) -> ContentKeyType? {
        switch text?.lowercased() {
        case "0", "commonencryption": .common
        case "4", "envelopeencryption": .envelope
        case "6", "commonencryptioncbcs": .commonCbcs
        default: nil
        }
    }

    /// What a type that is no content key of players is.
    static func whyNot(_ text: String?) -> String {
        switch text?.lowercased() {
        case "1", "storageencryption": "a key of storage encryption: files are to be decrypted before they come here"
        case "2", "configurationencryption": "a key of configuration encryption, which there is not here"
        case "3", "urlencryption": "a key of URL encryption, which there is not here"
        case "7", "fairplayask":
            "FairPlay's application secret key, neither shown nor stored: it is the licence server's"
        case "8", "fairplaypfxpassword": "FairPlay's password, neither shown nor stored: it is the licence server's"
        default: "the ContentKeyType is not known"
        }
    }
}

/// The bytes of a key of a type that is not known yet.
struct ContentKeyValue {
    let bytes: ZeroedBytes

    /// Nil unless it is base64 of 16 bytes.
    init?(_ text: String) {
        guard let bytes = SecretText.bytes(text), bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    func equals(_ other: ContentKeyValue) -> Bool {
        bytes.withUnsafeBytes { left in
            other.bytes.withUnsafeBytes { right in
                left.count == right.count && zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
            }
        }
    }

    func key(_ type: ContentKeyType) -> ContentKey? {
        bytes.withUnsafeBytes { ContentKey(type, copying: $0) }
    }
}

extension ExportReading {
    /// A `ContentKey` of the second API.
    func readKey(_ object: ExportObject) {
        guard let id = object["id"]?.text, let keyID = AzureIDs.keyID(id) else {
            return findings.add(.refused, "the key has no id nb:kid:UUID:…", at: object.place)
        }
        object.ignoreMetadata()
        let type = object["contentkeytype"]?.value.scalarText
        guard let keyType = KeyDraft.type(type) else {
            return findings.add(.refused, "key \(keyID): \(KeyDraft.whyNot(type))", at: object.place)
        }
        var draft = KeyDraft(place: object.place, keyID: keyID, type: keyType)
        draft.name = object["name"]?.text
        if let node = object["authorizationpolicyid"] {
            guard let policy = node.text.flatMap(AzureIDs.keyID) else {
                return findings.add(.refused, "key \(keyID): its policy's id cannot be read", at: node.place)
            }
            draft.policy = .id(policy.description)
        }
        if let node = object["checksum"] {
            guard let checksum = node.text.flatMap({ KeyChecksum(base64: $0) }) else {
                return findings.add(.refused, "key \(keyID): the checksum is not 8 bytes in base64", at: node.place)
            }
            draft.checksum = checksum
        }
        if let tracks = object["trackidentifiers"], tracks.value != .string("") {
            findings.add(.notTakenOver, "which tracks a key is for is said by labels here", at: tracks.place)
        }
        let value = object["rebindcontentkey", "contentkey", "clearkey", "keyvalue", "value"]
        let protection = object["protectionkeyid"]?.text
        _ = object["protectionkeytype"]
        if object["encryptedcontentkey"]?.text != nil {
            draft.whyNoValue =
                "its value is encrypted to the certificate \(protection?.shown ?? "of the service") and cannot be read: "
                + "take what RebindContentKey answers"
        }
        guard readValue(value, into: &draft) else { return }
        keys.append(draft)
        object.reportUnread(to: findings, "is not known of a content key")
    }

    /// False for a value that is no key, which is reported.
    private func readValue(_ node: ExportNode?, into draft: inout KeyDraft) -> Bool {
        guard let node else { return true }
        guard let value = node.text.flatMap(ContentKeyValue.init) else {
            findings.add(.refused, "key \(draft.keyID): its value is not 16 bytes in base64", at: node.place)
            return false
        }
        draft.value = value
        return true
    }

    /// The answer of `RebindContentKey` names no key: the file is named after it.
    func readRebound(_ node: ExportNode, stem: String) {
        guard let keyID = AzureIDs.keyID(String(stem.suffix(36))) else {
            return findings.add(
                .refused, "a value that no key id goes with: name the file after the key, UUID.json", at: node.place)
        }
        var draft = KeyDraft(place: node.place, keyID: keyID)
        if readValue(node, into: &draft) { keys.append(draft) }
    }

    /// A `StreamingLocator` of the third API, or what `listContentKeys` answers.
    func readLocator(_ object: ExportObject) throws(Refusal) {
        object.ignoreMetadata()
        let name = object["name"]?.text
        let fallback = object["defaultcontentkeypolicyname"]?.text
        if let policy = object["streamingpolicyname"]?.text, policy.hasPrefix("Predefined_") {
            predefined[policy] = predefined[policy] ?? object.place
        }
        if let keys = object["contentkeys"] {
            guard let items = keys.items else { throw Refusal("the content keys are no list", at: keys.place) }
            for item in items {
                guard let key = try item.object() else { throw Refusal("a content key is no object", at: item.place) }
                readLocatorKey(key, fallback: fallback)
            }
        }
        // Without an asset it is the answer to listContentKeys, and nothing is lost.
        if object.has("assetname", "streamingpolicyname") {
            let asset = object["assetname"]?.text?.shown ?? "unknown"
            _ = object["streaminglocatorid"]
            findings.add(
                .notTakenOver, "locator '\(name?.shown ?? "")' of asset '\(asset)': 'keyway publish' makes locators",
                at: object.place)
        }
        object.reportUnread(to: findings, "is of the locator, which is not taken over")
    }

    /// A content key of a locator.
    func readLocatorKey(_ object: ExportObject, fallback: String?) {
        guard let keyID = object["id"]?.text.flatMap(AzureIDs.keyID) else {
            return findings.add(.refused, "the key has no id", at: object.place)
        }
        guard let type = KeyDraft.locatorType(object["type"]?.text) else {
            return findings.add(.refused, "key \(keyID): its type is not known", at: object.place)
        }
        object.ignoreMetadata()
        var draft = KeyDraft(place: object.place, keyID: keyID, type: type)
        let policy = object["policyname"]
        // Another policy than the key's own may give it to more.
        if let policy, policy.value.string == nil {
            return findings.add(.refused, "key \(keyID): its policy's name is no text", at: policy.place)
        }
        draft.policy = (policy?.text ?? fallback).map { .name($0) }
        if let label = object["labelreferenceinstreamingpolicy"], label.value != .string("") {
            findings.add(
                .notTakenOver,
                "the key's label in the streaming policy: which tracks a key is for is said by labels here",
                at: label.place)
        }
        if let tracks = object["tracks"], tracks.items?.isEmpty != true {
            findings.add(.notTakenOver, "which tracks a key is for is said by labels here", at: tracks.place)
        }
        guard readValue(object["value"], into: &draft) else { return }
        keys.append(draft)
        object.reportUnread(to: findings, "is not known of a content key")
    }
}
