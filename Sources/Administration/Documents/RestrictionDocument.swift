import Policies

/// One item of `restrictions`: a mapping with one field that names the kind, or the word `open`.
extension DocumentNode {
    func restriction(_ references: inout [DocumentReference]) -> Restriction? {
        if scalarText == "open" { return .open }
        let known = ["open", "ip", "token"]
        guard isMapping else {
            report("a restriction is 'open', 'ip: {…}' or 'token: {…}'")
            return nil
        }
        guard let fields = DocumentFields(self, of: "a restriction", known: known) else { return nil }
        let present = known.compactMap { kind in fields[kind].map { (kind, $0) } }
        guard let (kind, value) = present.first else { return nil }
        guard present.count == 1 else {
            report("a restriction has one kind: write each as an item of its own")
            return nil
        }
        switch kind {
        case "ip": return value.addressRestriction().map(Restriction.ip)
        case "token": return value.tokenRestriction(&references).map(Restriction.token)
        default: return value.openRestriction()
        }
    }

    /// `open` has no fields: `open:` and `open: {}` say the same.
    private func openRestriction() -> Restriction? {
        if isNull { return .open }
        guard DocumentFields(self, of: "'open'", known: []) != nil else { return nil }
        return .open
    }

    /// `ip: { allow: […], deny: […] }`.
    private func addressRestriction() -> AddressRestriction? {
        guard let fields = DocumentFields(self, of: "'ip'", known: ["allow", "deny"]) else { return nil }
        let allow = fields.required("allow")?.addressBlocks("allow")
        let deny = fields["deny"]?.addressBlocks("deny") ?? []
        return allow.map { AddressRestriction(allow: $0, deny: deny) }
    }

    func addressBlocks(_ field: String) -> [AddressBlock]? {
        list(field, limit: 1024)?.compactMap { item in
            guard let text = item.scalarText, let block = AddressBlock(text) else {
                item.report(item.scalarText.map(Self.whyNoBlock) ?? "'\(field)' lists addresses and blocks")
                return nil
            }
            return block
        }
    }

    private static func whyNoBlock(_ text: String) -> String {
        let parts = text.split(separator: "/", maxSplits: 1)
        if parts.count == 2, let address = IPAddress(String(parts[0])), let length = Int(parts[1]),
            (0...address.bitCount).contains(length)
        {
            return "\(text.quoted) has address bits below its prefix: the network's own address is meant"
        }
        return "\(text.quoted) is not an address or a block: 192.0.2.0/24, 2001:db8::/32"
    }
}
