import ContentKeys
import Markup
import Policies
import Tokens

/// What files hold, before anything has a name here. Owned by one import.
final class ExportReading {
    let findings = FindingList()
    var policies: [PolicyDraft] = []
    var deliveries: [DeliveryDraft] = []
    var keys: [KeyDraft] = []
    /// Predefined streaming policies that something names.
    var predefined: [String: ExportPlace] = [:]
    /// The addresses that an account's keys may be asked from; nil where no account is among the exports, or every
    /// address may.
    private(set) var addresses: AddressRestriction?

    /// Pages of lists within each other.
    private static let deepest = 4

    func read(_ source: ExportSource) {
        let place = ExportPlace(file: source.name)
        guard let bytes = source.bytes else {
            return findings.add(
                source.mayBeExport ? .error : .refused, source.problem ?? "cannot be read", at: place)
        }
        do throws(Refusal) {
            switch try ExportDocument.read(bytes, at: place) {
            case .json(let node): try read(node, stem: source.stem, depth: 0)
            case .xml(let root): readXML(root, at: place, stem: source.stem)
            case .other: findings.add(.refused, "is neither JSON nor XML", at: place)
            }
        } catch {
            // What cannot be read may restrict something that can, unless it is plainly of something else.
            let isExport = error.breaksOff || ExportDocument.speaksOfMediaServices(bytes)
            findings.add(
                isExport ? .error : .refused,
                isExport ? error.reason : error.reason + "; nothing in it is of Azure Media Services", at: error.place)
        }
    }

    private func readXML(_ root: MarkupElement, at place: ExportPlace, stem: String) {
        switch root.name.local {
        case TokenRestrictionTemplate.root:
            var draft = PolicyDraft(place: place, name: stem, fileName: stem)
            do throws(Refusal) {
                let terms = try TokenRestrictionTemplate(root, at: place, draft.findings).terms
                let (restriction, secrets) = try terms.restriction(draft.findings)
                draft.options = [
                    OptionDraft(
                        name: "token", delivery: .aes, restrictions: [.token(restriction)], secrets: secrets,
                        place: place)
                ]
                draft.findings.add(
                    .note, "a template alone says no delivery: it is taken for AES keys of envelope encryption",
                    at: place)
            } catch {
                draft.findings.add(.refused, error.reason, at: error.place)
            }
            policies.append(draft)
        case "PlayReadyLicenseResponseTemplate":
            let template = LicenceTemplate(system: .playReady, findings: findings)
            template.report(root, at: place)
        default: findings.add(.refused, "the XML is no TokenRestrictionTemplate", at: place)
        }
    }

    /// A document's value: one thing, a list, or a page of one.
    private func read(_ node: ExportNode, stem: String, depth: Int) throws(Refusal) {
        if let items = node.items {
            guard depth < Self.deepest else { throw Refusal("lists in lists", at: node.place) }
            for item in items { try read(item, stem: stem, depth: depth + 1) }
            return
        }
        guard let object = try node.object() else {
            return findings.add(.refused, "is no object of Azure Media Services", at: node.place)
        }
        if let page = Self.page(object) {
            guard depth < Self.deepest else { throw Refusal("lists in lists", at: node.place) }
            object.ignoreMetadata()
            if let next = object["nextlink", "odata.nextlink", "@odata.nextlink", "__next"] {
                findings.add(
                    .notTakenOver, "the list goes on at another address, which was not exported", at: next.place)
            }
            try read(page, stem: stem, depth: depth + 1)
            return object.reportUnread(to: findings, "is not known beside a list")
        }
        try object.flattenProperties()
        try readThing(object, stem: stem)
    }

    /// `{"value": […]}`, `{"results": […]}`, `{"d": …}`.
    private static func page(_ object: ExportObject) -> ExportNode? {
        if object.peek("value")?.items != nil { return object["value"] }
        if object.peek("results")?.items != nil { return object["results"] }
        if let node = object.peek("d"), case .object = node.value { return object["d"] }
        return nil
    }

    private func readThing(_ object: ExportObject, stem: String) throws(Refusal) {
        let name = object.peek("name")?.text
        if object.has("contentkeytype") {
            readKey(object)
        } else if object.has("assetdeliverypolicytype", "assetdeliveryprotocol") {
            readAssetDeliveryPolicy(object)
        } else if object.has("options") {
            try readPolicy(object, stem: stem)
        } else if object.has("keydeliverytype", "configuration") && object.has("restrictions", "restriction") {
            findings.add(.refused, "an option without its policy: export the policy with its options", at: object.place)
        } else if object.has("streamingpolicyname") || (object.has("contentkeys") && !Self.isStreamingPolicy(object)) {
            try readLocator(object)
        } else if Self.isStreamingPolicy(object) || name?.hasPrefix("Predefined_") == true {
            try readStreamingPolicy(object)
        } else if KeyDraft.isLocatorKey(object) {
            readLocatorKey(object, fallback: nil)
        } else if object.has("keydelivery") {
            try readAccount(object)
        } else if let value = object["rebindcontentkey"] ?? object["value"], value.text != nil {
            readRebound(value, stem: stem)
        } else if object.has("error") {
            findings.add(.error, "is the answer to a request that failed, not an export", at: object.place)
        } else {
            findings.add(.refused, "is nothing of Azure Media Services that is known here", at: object.place)
        }
    }

    private static func isStreamingPolicy(_ object: ExportObject) -> Bool {
        object.has("noencryption", "envelopeencryption", "commonencryptioncenc", "commonencryptioncbcs")
    }

    // MARK: Policies

    private func readPolicy(_ object: ExportObject, stem: String) throws(Refusal) {
        var draft = PolicyDraft(place: object.place, fileName: stem)
        draft.name = object["name"]?.text
        let id = object["policyid"]?.text ?? object.peek("id")?.text
        draft.id = id.flatMap(AzureIDs.keyID)?.description
        draft.lastModified = object["lastmodified"]?.text
        object.ignoreMetadata()
        if let text = object["description"] {
            draft.findings.add(.notTakenOver, "policies have no description here", at: text.place)
        }
        guard let options = object["options"], let items = options.results else {
            draft.findings.add(
                .refused, "the options were not exported: ask for them with $expand=Options", at: object.place)
            policies.append(draft)
            return
        }
        for item in items { readOption(item, into: &draft) }
        object.reportUnread(to: draft.findings, "is not known of a policy")
        policies.append(draft)
    }

    private func readOption(_ node: ExportNode, into draft: inout PolicyDraft) {
        do throws(Refusal) {
            guard let object = try node.object() else { throw Refusal("an option is no object", at: node.place) }
            if object.has("keydeliverytype", "restrictions") {
                draft.options.append(try AuthorizationPolicyOption.read(object, draft.findings))
            } else {
                draft.options.append(
                    try ContentKeyPolicyOption.read(object, draft.findings, lacksSecrets: &draft.lacksSecrets))
            }
        } catch {
            draft.findings.add(.refused, "the option: \(error.reason)", at: error.place)
        }
    }

    // MARK: The account

    /// - Throws: `Refusal` for one that is there and no object: it may restrict.
    private func member(_ name: String, of object: ExportObject) throws(Refusal) -> ExportObject? {
        guard let node = object[name] else { return nil }
        guard let member = try node.object() else {
            throw Refusal("the account's key delivery cannot be read", at: node.place)
        }
        return member
    }

    /// `keyDelivery.accessControl` holds for all keys of an account.
    private func readAccount(_ object: ExportObject) throws(Refusal) {
        guard let delivery = try member("keydelivery", of: object) else { return }
        guard let control = try member("accesscontrol", of: delivery) else { return }
        let list = control["ipallowlist"]
        guard let items = list?.items ?? (list == nil ? [] : nil) else {
            throw Refusal("the account's allow list is no list", at: control.place)
        }
        switch control["defaultaction"]?.text?.lowercased() {
        case "allow" where items.isEmpty: break
        case "deny":
            var blocks: [AddressBlock] = []
            for item in items {
                guard let block = item.text.flatMap({ AddressBlock($0) }) else {
                    throw Refusal("an address of the allow list cannot be read", at: item.place)
                }
                blocks.append(block)
            }
            guard !blocks.isEmpty, addresses == nil else {
                throw Refusal(
                    "the account allows no address, or another account does too: import one account at a time",
                    at: control.place)
            }
            addresses = AddressRestriction(allow: blocks)
            findings.add(.note, "every option asks for an address of the account's allow list", at: control.place)
        default: throw Refusal("the account's access control cannot be read", at: control.place)
        }
        try control.requireAllRead(of: "the account's access control")
        try delivery.requireAllRead(of: "the account's key delivery")
        object.ignoreMetadata()
        for node in object.unread where node.place.path.hasSuffix("name") == false {
            findings.add(.note, "is of the account, not of content protection", at: node.place)
        }
    }
}

/// Identifiers as both APIs write them.
enum AzureIDs {
    /// The UUID at the end of `nb:kid:UUID:…` and its siblings, or alone.
    static func keyID(_ text: String) -> KeyID? {
        guard let last = text.split(separator: ":").last else { return nil }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 1 || (parts.count == 4 && parts[0].lowercased() == "nb" && parts[2].lowercased() == "uuid")
        else { return nil }
        return KeyID(String(last))
    }
}
