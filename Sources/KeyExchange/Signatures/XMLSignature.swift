public import Cryptography
import Markup

/// An XML signature (XML Signature 1.1) on a CPIX document, that was verified.
///
/// Of the standard only what CPIX uses is understood, so that nothing else can be abused: `ds:Signature` as a child of the
/// root; references to the whole document or, by a unique id, to one of its lists; canonical XML and the enveloped
/// signature as the only transforms; RSA with SHA-2. What it covers is said in elements of the very tree that the document
/// is made of.
public struct XMLSignature: Sendable {
    /// Whose key verifies. The signature proves that this key signed; whether to trust it is the caller's question.
    public let certificate: Certificate
    /// The names of the root's children that are covered.
    public let covers: Set<String>

    /// Most signatures of one document.
    private static let most = 4

    /// Verifies every signature of a document.
    ///
    /// - Throws: `CPIXError` for one that does not verify, that uses an algorithm that is not allowed, or that stands where
    ///   nothing would look at it.
    static func verifyAll(in document: MarkupDocument) throws(CPIXError) -> [XMLSignature] {
        let isSignature = { (element: MarkupElement) in
            element.name == MarkupName(CPIXNames.signature, "Signature")
        }
        let signatures = document.root.children.filter(isSignature)
        guard signatures.count <= most else {
            throw CPIXError("there are more than \(most) signatures", at: document.root.position)
        }
        var all = 0
        document.root.visit { if isSignature($0) { all += 1 } }
        guard all == signatures.count else {
            throw CPIXError("a signature stands elsewhere than at the end of the document", at: document.root.position)
        }
        guard !signatures.isEmpty else { return [] }
        let targets = try SignedElements(document.root)
        var verified: [XMLSignature] = []
        for signature in signatures {
            verified.append(try SignatureVerification(document: document, targets: targets, signature).verified())
        }
        return verified
    }
}

/// What signatures can refer to: the root, and its children by their ids.
struct SignedElements {
    let root: MarkupElement
    private var byID: [String: MarkupElement] = [:]

    /// - Throws: `CPIXError` when an id stands twice anywhere in the document: it would be open which element was signed.
    init(_ root: MarkupElement) throws(CPIXError) {
        self.root = root
        var ids: Set<String> = []
        var twice: MarkupElement?
        root.visit { element in
            for attribute in element.attributes where attribute.name.local.lowercased() == "id" {
                if !ids.insert(attribute.value).inserted { twice = twice ?? element }
            }
        }
        if let twice { throw CPIXError("an id stands twice in a signed document", at: twice.position) }
        for element in [root] + root.children {
            if let id = element.attribute("id") { byID[id] = element }
        }
    }

    /// The element of a reference's URI; nil for everything but this document and its lists.
    func element(_ uri: String) -> MarkupElement? {
        if uri.isEmpty { return root }
        guard uri.first == "#" else { return nil }
        return byID[String(uri.dropFirst())]
    }
}
