import Foundation
import Policies
import Tokens

/// One option of a content key policy of the third API: a configuration, which says how the key leaves, and exactly one
/// restriction.
struct ContentKeyPolicyOption {
    private let object: ExportObject
    private let findings: FindingList
    private var lacksSecret = false

    /// - Parameter lacksSecrets: set when a secret was left out of the export.
    static func read(
        _ object: ExportObject, _ findings: FindingList, lacksSecrets: inout Bool
    ) throws(Refusal) -> OptionDraft {
        var option = ContentKeyPolicyOption(object: object, findings: findings)
        defer { if option.lacksSecret { lacksSecrets = true } }
        return try option.draft()
    }

    private init(object: ExportObject, findings: FindingList) {
        self.object = object
        self.findings = findings
    }

    private mutating func draft() throws(Refusal) -> OptionDraft {
        object.ignoreMetadata()
        let name = object["name"]?.text
        _ = object["policyoptionid"]
        guard let restriction = try object["restriction"]?.object() else {
            throw Refusal("the option has no restriction", at: object.place)
        }
        let (rule, secrets) = try self.restriction(restriction)
        guard let configuration = try object["configuration"]?.object() else {
            throw Refusal("the option has no configuration", at: object.place)
        }
        let delivery = try delivery(of: configuration)
        try object.requireAllRead(of: "the option")
        return OptionDraft(
            name: name, delivery: delivery, restrictions: [rule], secrets: secrets, place: object.place)
    }

    private func delivery(of configuration: ExportObject) throws(Refusal) -> KeyDeliveryType {
        let delivery: (KeyDeliveryType, LicenceTemplate.KeyDeliveryName)
        switch configuration.odataType() {
        case "ContentKeyPolicyClearKeyConfiguration": delivery = (.aes, .clearKey)
        case "ContentKeyPolicyPlayReadyConfiguration": delivery = (.playready, .playReady)
        case "ContentKeyPolicyWidevineConfiguration": delivery = (.widevine, .widevine)
        case "ContentKeyPolicyFairPlayConfiguration": delivery = (.fairplay, .fairPlay)
        case let type:
            throw Refusal(
                "the configuration \(type.map { "'\($0.shown)'" } ?? "without a type") is not known",
                at: configuration.place)
        }
        let template = LicenceTemplate(system: delivery.1, findings: findings)
        if let widevine = configuration["widevinetemplate"] {
            template.report(text: widevine.text ?? "", at: widevine.place)
        }
        template.report(configuration.unread)
        return delivery.0
    }

    private mutating func restriction(_ object: ExportObject) throws(Refusal) -> (Restriction, [ImportedSecret]) {
        switch object.odataType() {
        case "ContentKeyPolicyOpenRestriction":
            try object.requireAllRead(of: "the open restriction")
            return (.open, [])
        case "ContentKeyPolicyTokenRestriction":
            var terms = TokenTerms(at: object.place)
            try read(object, into: &terms)
            lacksSecret = terms.lacksSecret
            try object.requireAllRead(of: "the token restriction")
            let (restriction, secrets) = try terms.restriction(findings)
            return (.token(restriction), secrets)
        case let type:
            throw Refusal(
                "the restriction \(type.map { "'\($0.shown)'" } ?? "without a type") is not known", at: object.place)
        }
    }

    private func read(_ object: ExportObject, into terms: inout TokenTerms) throws(Refusal) {
        terms.issuer = object["issuer"]?.text
        terms.audience = object["audience"]?.text
        switch object["restrictiontokentype"]?.text?.lowercased() {
        case "jwt": terms.kind = .jwt
        case "swt": terms.kind = .swt
        default: terms.kind = nil
        }
        if let node = object["openidconnectdiscoverydocument"], !(node.value.string ?? "-").isEmpty {
            guard let url = node.text else { throw Refusal("the discovery document is no text", at: node.place) }
            terms.discovery = (url, node.place)
        }
        if let node = object["primaryverificationkey"] {
            addKey(node, role: "primary", to: &terms)
        } else if terms.discovery == nil {
            terms.lacksSecret = true
        }
        if let node = object["alternateverificationkeys"] {
            guard let items = node.items else { throw Refusal("alternate keys are no list", at: node.place) }
            for (index, item) in items.enumerated() { addKey(item, role: "alternate-\(index + 1)", to: &terms) }
        }
        guard let claims = object["requiredclaims"] else { return }
        guard let items = claims.items else { throw Refusal("required claims are no list", at: claims.place) }
        for item in items {
            guard let claim = try item.object() else { throw Refusal("a required claim is no object", at: item.place) }
            claim.ignoreMetadata()
            let value = claim["claimvalue"]
            if let value, value.value.string == nil { throw Refusal("a claim's value is no text", at: value.place) }
            try terms.addClaim(claim["claimtype"]?.text, value?.value.string, at: item.place)
            try claim.requireAllRead(of: "a required claim")
        }
    }

    /// A key that cannot be read is left out: fewer keys verify fewer tokens.
    private func addKey(_ node: ExportNode, role: String, to terms: inout TokenTerms) {
        do throws(Refusal) {
            terms.keys.append((role, try key(node, &terms)))
        } catch {
            findings.add(.notTakenOver, "the \(role) key: \(error.reason)", at: error.place)
        }
    }

    private func key(_ node: ExportNode, _ terms: inout TokenTerms) throws(Refusal) -> TokenKey {
        guard let object = try node.object() else { throw Refusal("is no object", at: node.place) }
        let key = try key(object, &terms)
        object.ignoreMetadata()
        try object.requireAllRead(of: "the key")
        return key
    }

    private func key(_ object: ExportObject, _ terms: inout TokenTerms) throws(Refusal) -> TokenKey {
        func bytes(_ name: String) -> [UInt8]? { object[name]?.text.flatMap(SecretText.publicBytes) }
        switch object.odataType() {
        case "ContentKeyPolicySymmetricTokenKey":
            guard let text = object["keyvalue"]?.text else {
                terms.lacksSecret = true
                throw Refusal("its value was not exported", at: object.place)
            }
            guard let value = SecretText.bytes(text) else { throw Refusal("is not base64", at: object.place) }
            return .symmetric(value)
        case "ContentKeyPolicyRsaTokenKey":
            guard let modulus = bytes("modulus"), let exponent = bytes("exponent") else {
                if !object.has("modulus", "exponent") { terms.lacksSecret = true }
                throw Refusal("has no modulus and exponent in base64", at: object.place)
            }
            return try TokenKey(modulus: modulus, exponent: exponent, at: object.place)
        case "ContentKeyPolicyX509CertificateTokenKey":
            guard let certificate = bytes("rawbody") else {
                if !object.has("rawbody") { terms.lacksSecret = true }
                throw Refusal("has no certificate in base64", at: object.place)
            }
            return try TokenKey(certificate: certificate, at: object.place)
        default: throw Refusal("is of a kind that is not known", at: object.place)
        }
    }
}
