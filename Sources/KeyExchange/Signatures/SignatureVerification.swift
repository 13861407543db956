import ContentKeys
import Cryptography
import Markup

/// The verification of one signature (XML Signature 1.1, 3.2).
struct SignatureVerification {
    private static let mostReferences = 8
    private static let mostTransforms = 2
    private static let enveloped = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
    private static let exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#"

    let document: MarkupDocument
    let targets: SignedElements
    let signature: CPIXReading

    init(document: MarkupDocument, targets: SignedElements, _ signature: MarkupElement) {
        self.document = document
        self.targets = targets
        self.signature = CPIXReading(signature)
    }

    func verified() throws(CPIXError) -> XMLSignature {
        let names = ["SignedInfo", "SignatureValue", "KeyInfo"].map { MarkupName(CPIXNames.signature, $0) }
        try signature.children(names)
        let info = try signature.required(CPIXNames.signature, "SignedInfo")
        let certificate = try self.certificate()
        try verify(info, certificate)
        var covers: Set<String> = []
        let references = info.element.children.filter { $0.name == MarkupName(CPIXNames.signature, "Reference") }
        guard (1...Self.mostReferences).contains(references.count) else {
            throw info.fail("a signature has 1 to \(Self.mostReferences) references")
        }
        for reference in references { covers.formUnion(try verify(CPIXReading(reference))) }
        return XMLSignature(certificate: certificate, covers: covers)
    }

    /// The first certificate of the key info: the signer's.
    private func certificate() throws(CPIXError) -> Certificate {
        let info = try signature.required(CPIXNames.signature, "KeyInfo")
        let data = try info.required(CPIXNames.signature, "X509Data")
        let found = data.element.children.first { $0.name == MarkupName(CPIXNames.signature, "X509Certificate") }
        guard let found else { throw data.fail("an X509Certificate is missing") }
        do {
            return try Certificate(der: try CPIXReading(found).bytes())
        } catch let error as CPIXError {
            throw error
        } catch {
            throw data.fail("not an X.509 certificate")
        }
    }

    /// The signature over the canonical SignedInfo.
    private func verify(_ info: CPIXReading, _ certificate: Certificate) throws(CPIXError) {
        let names = ["CanonicalizationMethod", "SignatureMethod", "Reference"].map {
            MarkupName(CPIXNames.signature, $0)
        }
        try info.children(names)
        let form = try canonicalisation(try info.required(CPIXNames.signature, "CanonicalizationMethod"))
        let method = try info.required(CPIXNames.signature, "SignatureMethod")
        guard let digest = Self.signatureDigests[method.element.attribute("Algorithm") ?? ""] else {
            throw method.fail("the algorithm must be RSA with SHA-256, SHA-384 or SHA-512")
        }
        let value = try signature.required(CPIXNames.signature, "SignatureValue").bytes(limit: 1024)
        let canonical = try self.canonical(info.element, excluding: nil, form)
        guard canonical.withUnsafeBytes({ certificate.verifyPKCS1(value, of: $0, digest: digest) }) else {
            throw signature.fail("the signature does not verify")
        }
    }

    /// One reference; what it covers, by the names of the root's children.
    private func verify(_ reference: CPIXReading) throws(CPIXError) -> Set<String> {
        let names = ["Transforms", "DigestMethod", "DigestValue"].map { MarkupName(CPIXNames.signature, $0) }
        try reference.children(names)
        guard let uri = reference.element.attribute("URI"), let target = targets.element(uri) else {
            throw reference.fail("a signature refers to this document or by an id to one of its lists")
        }
        guard target.name.namespace == CPIXNames.cpix else {
            throw reference.fail("a signature refers to something that is not of CPIX")
        }
        var form = MarkupDocument.Canonicalisation.inclusive
        var isEnveloped = false
        let transforms = try reference.child(CPIXNames.signature, "Transforms")?.element.children ?? []
        guard transforms.count <= Self.mostTransforms else { throw reference.fail("too many transforms") }
        for (position, transform) in transforms.enumerated() {
            if transform.attribute("Algorithm") == Self.enveloped, position == 0 {
                isEnveloped = true
            } else {
                guard position == transforms.count - 1 else { throw reference.fail("transforms in another order") }
                form = try canonicalisation(CPIXReading(transform))
            }
        }
        let holdsSignature = target.contains(signature.element)
        guard isEnveloped || !holdsSignature else { throw reference.fail("a signature cannot cover itself") }
        let method = try reference.required(CPIXNames.signature, "DigestMethod")
        guard let digest = Self.digests[method.element.attribute("Algorithm") ?? ""] else {
            throw method.fail("the digest must be SHA-256, SHA-384 or SHA-512")
        }
        let expected = try reference.required(CPIXNames.signature, "DigestValue").bytes(limit: 64)
        let canonical = try self.canonical(target, excluding: isEnveloped ? signature.element : nil, form)
        let actual = canonical.withUnsafeBytes { try? digest.digest($0) }
        guard let actual, constantTimeEquals(actual, expected) else {
            throw reference.fail("what was signed is not what is here")
        }
        return Set(target.contains(targets.root) ? targets.root.children.map(\.name.local) : [target.name.local])
    }

    private func canonical(
        _ element: MarkupElement, excluding excluded: MarkupElement?, _ form: MarkupDocument.Canonicalisation
    ) throws(CPIXError) -> ZeroedBytes {
        do {
            return try document.canonical(element, excluding: excluded, by: form)
        } catch {
            throw CPIXError(error.reason, at: error.position)
        }
    }

    private func canonicalisation(_ method: CPIXReading) throws(CPIXError) -> MarkupDocument.Canonicalisation {
        switch method.element.attribute("Algorithm") {
        case "http://www.w3.org/TR/2001/REC-xml-c14n-20010315": return .inclusive
        case "http://www.w3.org/2006/12/xml-c14n11": return .inclusive11
        case Self.exclusive:
            let list = try method.child(Self.exclusive, "InclusiveNamespaces")?.element.attribute("PrefixList") ?? ""
            return .exclusive(prefixes: list.split(separator: " ").prefix(32).map(String.init))
        default: throw method.fail("the only transforms are canonical XML without comments and enveloped-signature")
        }
    }

    private static let signatureDigests: [String: MessageDigest] = [
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256": .sha256,
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384": .sha384,
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512": .sha512,
    ]

    private static let digests: [String: MessageDigest] = [
        "http://www.w3.org/2001/04/xmlenc#sha256": .sha256,
        "http://www.w3.org/2001/04/xmldsig-more#sha384": .sha384,
        "http://www.w3.org/2001/04/xmlenc#sha512": .sha512,
    ]
}
