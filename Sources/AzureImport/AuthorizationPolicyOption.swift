import Markup
import Policies
import Tokens

/// One option of a content key authorization policy of the second API: a delivery type, and restrictions that all must
/// hold.
struct AuthorizationPolicyOption {
    private static let mostRestrictions = 32

    static func read(_ object: ExportObject, _ findings: FindingList) throws(Refusal) -> OptionDraft {
        object.ignoreMetadata()
        let name = object["name"]?.text
        let (delivery, system) = try delivery(of: object)
        guard let items = object["restrictions"]?.results, !items.isEmpty else {
            throw Refusal("the option has no restrictions in the export", at: object.place)
        }
        guard items.count <= mostRestrictions else {
            throw Refusal("the option has more than \(mostRestrictions) restrictions", at: object.place)
        }
        var draft = OptionDraft(name: name, delivery: delivery, restrictions: [], secrets: [], place: object.place)
        for (index, item) in items.enumerated() {
            guard let restriction = try item.object() else {
                throw Refusal("a restriction is no object", at: item.place)
            }
            try read(restriction, into: &draft, roles: index == 0 ? "" : "\(index + 1).", findings)
        }
        if let template = object["keydeliveryconfiguration"] {
            if let text = template.value.string {
                if !text.isEmpty {
                    LicenceTemplate(system: system, findings: findings).report(text: text, at: template.place)
                }
            } else {
                LicenceTemplate(system: system, findings: findings).report([template])
            }
        }
        try object.requireAllRead(of: "the option")
        return draft
    }

    private static func delivery(
        of object: ExportObject
    ) throws(Refusal) -> (KeyDeliveryType, LicenceTemplate.KeyDeliveryName) {
        guard let node = object["keydeliverytype"] else {
            throw Refusal("the option has no KeyDeliveryType", at: object.place)
        }
        switch node.value.scalarText?.lowercased() {
        case "1", "playreadylicense": return (.playready, .playReady)
        case "2", "baselinehttp": return (.aes, .clearKey)
        case "3", "widevine": return (.widevine, .widevine)
        case "4", "fairplay": return (.fairplay, .fairPlay)
        default: throw Refusal("the KeyDeliveryType is not known", at: node.place)
        }
    }

    private static func read(
        _ object: ExportObject, into draft: inout OptionDraft, roles: String, _ findings: FindingList
    ) throws(Refusal) {
        object.ignoreMetadata()
        _ = object["name"]
        let requirements = object["requirements"]
        let text = requirements?.text
        let kind = object["keyrestrictiontype"]?.value.scalarText?.lowercased()
        try object.requireAllRead(of: "the restriction")
        switch kind {
        case "0", "open":
            guard requirements == nil || requirements?.value == .string("") else {
                throw Refusal("an open restriction has requirements", at: object.place)
            }
            draft.restrictions.append(.open)
        case "1", "tokenrestricted":
            guard let requirements, let text else {
                throw Refusal("the token's requirements are missing", at: object.place)
            }
            let terms = try template(text, at: requirements.place, findings).terms
            let (restriction, secrets) = try terms.restriction(findings)
            draft.restrictions.append(.token(restriction.renamingSecrets { roles + $0 }))
            draft.secrets += secrets.map { ImportedSecret(name: roles + $0.name, value: $0.value) }
        case "2", "iprestricted":
            throw Refusal(
                "IPRestricted was never in service and no form of its requirements was published: say the addresses in "
                    + "the policy here", at: object.place)
        default: throw Refusal("the KeyRestrictionType is not known", at: object.place)
        }
    }

    private static func template(
        _ text: String, at place: ExportPlace, _ findings: FindingList
    ) throws(Refusal) -> TokenRestrictionTemplate {
        let document: MarkupDocument
        do throws(MarkupError) {
            document = try ExportDocument.markup(Array(text.utf8))
        } catch {
            throw Refusal("the requirements are not read: \(error.reason)", at: place.text(at: error.position))
        }
        return try TokenRestrictionTemplate(document.root, at: place, findings)
    }
}

extension ExportNode {
    /// The items of a list, or of `{"results": […]}` as verbose OData writes it.
    var results: [ExportNode]? {
        if let items { return items }
        guard case .object(let members) = value, let results = members.first(where: { $0.name == "results" }) else {
            return nil
        }
        return ExportNode(value: results.value, place: place.member("results")).items
    }
}

extension TokenRestriction {
    /// The restriction with other names of its secrets.
    func renamingSecrets(_ name: (String) -> String) -> TokenRestriction {
        var renamed = self
        renamed.verificationKeys = verificationKeys.map { key in
            guard case .secret(let old) = key.source else { return key }
            return VerificationKey(source: .secret(name(old)), algorithms: key.algorithms)
        }
        return renamed
    }
}
