import ContentKeys
public import Markup

extension CPIX {
    /// Reads a document strictly: elements and attributes that the format does not have are refused, as are values that
    /// are not of their type, and two of what there may be one of. Elements and attributes of other namespaces are passed
    /// over where the format allows them.
    ///
    /// Signatures are not looked at: see `XMLSignature`.
    ///
    /// - Throws: `CPIXError`.
    public init(_ root: MarkupElement) throws(CPIXError) {
        guard root.name == MarkupName(CPIXNames.cpix, "CPIX") else {
            throw CPIXError("the document's element is not CPIX of \(CPIXNames.cpix)", at: root.position)
        }
        let reading = CPIXReading(root)
        try reading.attributes(["id", "contentId", "name", "version"])
        try reading.text(allowed: false)
        (id, contentID) = (root.attribute("id"), root.attribute("contentId"))
        (name, version) = (root.attribute("name"), root.attribute("version"))
        var seen: Set<String> = []
        for child in root.children {
            if child.name.namespace == CPIXNames.signature, child.name.local == "Signature" { continue }
            let list = CPIXReading(child)
            guard child.name.namespace == CPIXNames.cpix else { throw list.unknown() }
            guard seen.insert(child.name.local).inserted else {
                throw CPIXError("there are two elements \(child.name)", at: child.position)
            }
            switch child.name.local {
            case "DeliveryDataList": deliveries = try list.items("DeliveryData", CPIXReading.delivery)
            case "ContentKeyList": keys = try list.items("ContentKey", CPIXReading.contentKey)
            case "DRMSystemList": systems = try list.items("DRMSystem", CPIXReading.system)
            case "ContentKeyPeriodList": periods = try list.items("ContentKeyPeriod", CPIXReading.period)
            case "ContentKeyUsageRuleList": usageRules = try list.items("ContentKeyUsageRule", CPIXReading.usageRule)
            case "UpdateHistoryItemList": continue
            default: throw list.unknown()
            }
        }
        try requireOneOfEach(root.position)
    }

    /// One key a KID, one entry a system and KID, periods that exist.
    private func requireOneOfEach(_ position: MarkupPosition) throws(CPIXError) {
        var known: Set<KeyID> = []
        for key in keys where !known.insert(key.keyID).inserted {
            throw CPIXError("there are two keys \(key.keyID)", at: position)
        }
        var entries: Set<String> = []
        for system in systems {
            guard entries.insert("\(system.systemID) \(system.keyID)").inserted else {
                throw CPIXError(
                    "there are two entries of system \(system.systemID) for key \(system.keyID)", at: position)
            }
            guard known.contains(system.keyID) else {
                throw CPIXError("a DRMSystem names key \(system.keyID), which is not in the list of keys", at: position)
            }
        }
        let periods = Set(periods.compactMap(\.id))
        for rule in usageRules {
            guard known.contains(rule.keyID) else {
                throw CPIXError("a usage rule names key \(rule.keyID), which is not in the list of keys", at: position)
            }
            guard rule.periods.allSatisfy(periods.contains) else {
                throw CPIXError("a usage rule of key \(rule.keyID) names a period that there is not", at: position)
            }
        }
    }
}

/// One element, and the questions that a strict reader asks of it.
struct CPIXReading {
    let element: MarkupElement

    init(_ element: MarkupElement) {
        self.element = element
    }

    func fail(_ reason: String) -> CPIXError {
        CPIXError("\(element.name): \(reason)", at: element.position)
    }

    func unknown() -> CPIXError {
        CPIXError("an element '\(element.name.local.prefix(40))' does not belong here", at: element.position)
    }

    /// Refuses other attributes. Those of other namespaces (`xsi:schemaLocation`) mean nothing here.
    func attributes(_ allowed: Set<String>) throws(CPIXError) {
        for attribute in element.attributes where attribute.name.namespace == nil {
            guard allowed.contains(attribute.name.local) else {
                throw fail("an attribute '\(attribute.name.local.prefix(40))' does not belong here")
            }
        }
    }

    func text(allowed: Bool) throws(CPIXError) {
        if !allowed, !element.isTextBlank { throw fail("text does not belong here") }
    }

    /// The children of a list.
    func items<Item>(
        _ name: String, _ read: (CPIXReading) -> () throws(CPIXError) -> Item
    ) throws(CPIXError) -> [Item] {
        try attributes(["id", "updateVersion"])
        try text(allowed: false)
        guard element.children.count <= CPIX.longestList else { throw fail("more than \(CPIX.longestList) elements") }
        var items: [Item] = []
        for child in element.children {
            let reading = CPIXReading(child)
            guard child.name == MarkupName(CPIXNames.cpix, name) else { throw reading.unknown() }
            items.append(try read(reading)())
        }
        return items
    }

    /// The only child of a name; nil when there is none.
    func child(_ namespace: String, _ local: String) throws(CPIXError) -> CPIXReading? {
        let found = element.children.filter { $0.name == MarkupName(namespace, local) }
        guard found.count < 2 else { throw fail("there are two elements \(local)") }
        return found.first.map(CPIXReading.init)
    }

    func required(_ namespace: String, _ local: String) throws(CPIXError) -> CPIXReading {
        guard let child = try child(namespace, local) else { throw fail("an element \(local) is missing") }
        return child
    }

    /// Refuses children that are not named, except those of namespaces that are not named either when they may be there.
    func children(_ allowed: [MarkupName], others: Bool = false) throws(CPIXError) {
        for child in element.children where !allowed.contains(child.name) {
            let isForeign = child.name.namespace != CPIXNames.cpix
            guard others, isForeign else { throw CPIXReading(child).unknown() }
        }
    }

    func keyID(_ attribute: String) throws(CPIXError) -> KeyID? {
        guard let text = element.attribute(attribute) else { return nil }
        guard text.utf8.count == 36, let keyID = KeyID(text) else { throw fail("\(attribute) is not a UUID") }
        return keyID
    }

    func requiredKeyID(_ attribute: String) throws(CPIXError) -> KeyID {
        guard let keyID = try keyID(attribute) else { throw fail("an attribute \(attribute) is missing") }
        return keyID
    }

    func integer(_ attribute: String) throws(CPIXError) -> Int? {
        guard let text = element.attribute(attribute) else { return nil }
        guard let number = Int(text), number.magnitude < 1 << 53 else {
            throw fail("\(attribute) is not a whole number")
        }
        return number
    }

    func boolean(_ attribute: String) throws(CPIXError) -> Bool? {
        switch element.attribute(attribute) {
        case nil: return nil
        case "true", "1": return true
        case "false", "0": return false
        default: throw fail("\(attribute) is neither true nor false")
        }
    }

    /// The element's base64, which may be secret.
    func secret(limit: Int = 1 << 16) throws(CPIXError) -> ZeroedBytes {
        try children([])
        guard let bytes = element.textBytes.withUnsafeBytes({ Base64Text.decode($0, limit: limit) }) else {
            throw fail("not base64, or longer than \(limit) bytes")
        }
        return bytes
    }

    func bytes(limit: Int = 1 << 16) throws(CPIXError) -> [UInt8] {
        try secret(limit: limit).array
    }
}
