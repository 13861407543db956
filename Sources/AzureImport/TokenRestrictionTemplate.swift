import ContentKeys
import Foundation
import Markup
import Policies
import Tokens

/// `TokenRestrictionTemplate` of the second API: a token restriction in XML of .NET's data contracts. Elements may come
/// in any order; one that is not known refuses the whole, since it may restrict.
struct TokenRestrictionTemplate {
    static let namespace =
        "http://schemas.microsoft.com/Azure/MediaServices/KeyDelivery/TokenRestrictionTemplate/v1"
    static let root = "TokenRestrictionTemplate"
    /// The second is how some documentation misprints the first.
    private static let instanceNamespaces = [
        "http://www.w3.org/2001/XMLSchema-instance", "https://www.w3.org/2001/XMLSchema-instance",
    ]

    private let place: ExportPlace
    private let findings: FindingList
    private(set) var terms: TokenTerms

    init(_ root: MarkupElement, at place: ExportPlace, _ findings: FindingList) throws(Refusal) {
        self.place = place
        self.findings = findings
        terms = TokenTerms(at: place)
        guard root.name == MarkupName(Self.namespace, Self.root) else {
            throw Refusal("the XML is no TokenRestrictionTemplate", at: place.text(at: root.position))
        }
        try requireNoText(in: root)
        // A document without the element is of the time when there was no other kind.
        terms.kind = .swt
        var seen: Set<String> = []
        var alternates: [MarkupElement] = []
        for element in root.children {
            guard element.name.namespace == Self.namespace, seen.insert(element.name.local).inserted else {
                throw Refusal("an element is foreign or there twice", at: place.text(at: element.position))
            }
            switch element.name.local {
            case "Audience": terms.audience = try text(of: element)
            case "Issuer": terms.issuer = try text(of: element)
            case "TokenType": terms.kind = try kind(try text(of: element), at: element)
            case "PrimaryVerificationKey": try addKey(element, role: "primary")
            case "AlternateVerificationKeys": alternates = Self.isNil(element) ? [] : element.children
            case "RequiredClaims":
                try requireNoText(in: element)
                for claim in element.children { try addClaim(claim) }
            case "OpenIdConnectDiscoveryDocument": try addDiscovery(element)
            default:
                throw Refusal(
                    "the element '\(element.name.local.shown)' is not known, and may restrict the option",
                    at: place.text(at: element.position))
            }
        }
        for (index, element) in alternates.enumerated() { try addKey(element, role: "alternate-\(index + 1)") }
    }

    private mutating func kind(_ text: String?, at element: MarkupElement) throws(Refusal) -> TokenKind {
        switch text {
        case "JWT": return .jwt
        case "SWT": return .swt
        case "Undefined":
            findings.add(.note, "the token type 'Undefined' is taken for SWT", at: place.text(at: element.position))
            return .swt
        default: throw Refusal("the token type is neither SWT nor JWT", at: place.text(at: element.position))
        }
    }

    private mutating func addClaim(_ element: MarkupElement) throws(Refusal) {
        let place = place.text(at: element.position)
        guard element.name == MarkupName(Self.namespace, "TokenClaim") else {
            throw Refusal("a required claim is no TokenClaim", at: place)
        }
        try requireNoText(in: element)
        var texts: [String: String?] = [:]
        for child in element.children {
            guard child.name.namespace == Self.namespace, ["ClaimType", "ClaimValue"].contains(child.name.local),
                texts.updateValue(Self.isNil(child) ? nil : try text(of: child) ?? "", forKey: child.name.local) == nil
            else { throw Refusal("a required claim has an element that is foreign or there twice", at: place) }
        }
        try terms.addClaim(texts["ClaimType"] ?? nil, texts["ClaimValue"] ?? nil, at: place)
    }

    private func requireNoText(in element: MarkupElement) throws(Refusal) {
        guard element.isTextBlank else {
            throw Refusal("text between elements, which may restrict", at: place.text(at: element.position))
        }
    }

    private mutating func addDiscovery(_ element: MarkupElement) throws(Refusal) {
        guard !Self.isNil(element) else { return }
        for child in element.children {
            guard child.name == MarkupName(Self.namespace, "OpenIdDiscoveryUri"), terms.discovery == nil else {
                throw Refusal("a discovery document has another element", at: place.text(at: child.position))
            }
            if let url = try text(of: child) { terms.discovery = (url, place.text(at: child.position)) }
        }
    }

    /// A key that cannot be read is left out: fewer keys verify fewer tokens.
    private mutating func addKey(_ element: MarkupElement, role: String) throws(Refusal) {
        guard !Self.isNil(element) else { return }
        do throws(Refusal) {
            terms.keys.append((role, try key(element)))
        } catch {
            findings.add(.notTakenOver, "the \(role) key: \(error.reason)", at: error.place)
        }
    }

    private func key(_ element: MarkupElement) throws(Refusal) -> TokenKey {
        let place = place.text(at: element.position)
        let type = element.attributes.first {
            $0.name.local == "type" && Self.instanceNamespaces.contains($0.name.namespace ?? "")
        }?.value.split(separator: ":").last.map(String.init)
        guard element.children.count == 1, let child = element.children.first, child.children.isEmpty,
            child.name.namespace == Self.namespace
        else { throw Refusal("has no value", at: place) }
        switch (type, child.name.local) {
        case ("SymmetricVerificationKey", "KeyValue"):
            guard let value = Self.bytes(of: child) else { throw Refusal("is not base64", at: place) }
            return .symmetric(value)
        case ("X509CertTokenVerificationKey", "RawBody"):
            guard let der = Self.bytes(of: child)?.withUnsafeBytes({ Array($0) }) else {
                throw Refusal("is not base64", at: place)
            }
            return try TokenKey(certificate: der, at: place)
        case ("RsaTokenVerificationKey", "RawBody"): return try rsaKey(child, at: place)
        default: throw Refusal("is of a kind that is not known", at: place)
        }
    }

    /// The raw body is JSON with `e` and `n` in base64.
    private func rsaKey(_ element: MarkupElement, at place: ExportPlace) throws(Refusal) -> TokenKey {
        guard let body = Self.bytes(of: element)?.withUnsafeBytes({ Array($0) }),
            let members = (try? JSONReader.read(body))?.members,
            let modulus = members["n"]?.string.flatMap(SecretText.publicBytes),
            let exponent = members["e"]?.string.flatMap(SecretText.publicBytes)
        else { throw Refusal("is not the JSON of an RSA key", at: place) }
        return try TokenKey(modulus: modulus, exponent: exponent, at: place)
    }

    private static func bytes(of element: MarkupElement) -> ZeroedBytes? {
        SecretText.bytes(element.text)
    }

    /// The text of an element that has no other elements in it; nil for none.
    private func text(of element: MarkupElement) throws(Refusal) -> String? {
        guard element.children.isEmpty else {
            throw Refusal("'\(element.name.local.shown)' is not a text", at: place.text(at: element.position))
        }
        return Self.isNil(element) || element.text.isEmpty ? nil : element.text
    }

    private static func isNil(_ element: MarkupElement) -> Bool {
        element.attributes.contains {
            $0.name.local == "nil" && instanceNamespaces.contains($0.name.namespace ?? "") && $0.value == "true"
        }
    }
}
